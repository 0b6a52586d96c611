"""Opens an upload link that has a password, once for all files that go through it."""

from __future__ import annotations

import asyncio

from rushes.client.wire import Wire


class Lock:
    """The password of one link; what it opens is good for some hours."""

    def __init__(self, wire: Wire, link: str, password: str) -> None:
        self._wire = wire
        self._address = f"{link.rstrip('/')}/unlock"
        self._password = password
        self._turn = asyncio.Lock()
        self._is_open = False

    async def open(self) -> None:
        """Take the right to send into every request from now on.

        Raises:
            Refused: that is not the password, or there were too many tries.
            Unreachable: the server did not answer.
        """
        async with self._turn:
            if self._is_open:
                return
            answer = await self._wire.json("POST", self._address, body={"password": self._password})
            self._wire.http.headers["Rushes-Link"] = answer["token"]
            self._is_open = True
