"""Interim answers: what a client hears while its body is still on its way.

Only some servers can send them: where the extension `rushes.interim` is not offered, nothing is
sent, and nobody notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import Request

from rushes.http.wire_exchange import INTERIM
from rushes.uploads.tus import Answer
from rushes.uploads.upload import Upload

REST_SECONDS: Final = 1.0
"""How long nothing is said after something was."""


class Interim:
    """The way to a client that is still sending."""

    def __init__(self, request: Request) -> None:
        self._is_open = INTERIM in request.scope.get("extensions", {})
        self._send = request._send  # noqa: SLF001 - no public name; requests push with it too
        self._latest: Upload | None = None
        self._moved = asyncio.Event()

    async def tell(self, answer: Answer) -> None:
        """Send an interim answer, where that can be done."""
        if not self._is_open:
            return
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        await self._send({"type": INTERIM, "status": answer.status, "headers": headers})

    def note(self, upload: Upload) -> None:
        """Take down that more of an upload is kept; it is told when its turn comes."""
        self._latest = upload
        self._moved.set()

    @asynccontextmanager
    async def telling(self, form: Callable[[Upload], Answer] | None) -> AsyncIterator[None]:
        """Tell what is noted meanwhile, at most once in a second; None: tell nothing."""
        if form is None or not self._is_open:
            yield
            return
        teller = asyncio.create_task(self._keep_telling(form))
        try:
            yield
        finally:
            teller.cancel()
            with suppress(asyncio.CancelledError):
                await teller

    async def _keep_telling(self, form: Callable[[Upload], Answer]) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._latest is not None:
                await self.tell(form(self._latest))
            await asyncio.sleep(REST_SECONDS)
