"""Files on their way in by tus, from a sender who outlives the server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import httpx

TUS = {"Tus-Resumable": "1.0.0"}
PIECE_BYTES = 64 * 1024
MIB = 2**20
GOING_DOWN = 503


@dataclass(slots=True)
class Parcel:
    """A file to send; `acknowledged` is the highest offset that a server has answered."""

    name: str
    content: bytes = field(repr=False)
    path: str = ""
    acknowledged: int = 0

    @property
    def digest(self) -> str:
        """Return the digest as the API tells it."""
        return f"sha-256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def is_sent(self) -> bool:
        """Say whether a server has acknowledged every byte."""
        return self.acknowledged == len(self.content)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends through an upload link; `pause` seconds after each piece of 64 KiB."""

    http: httpx.AsyncClient
    files: str
    chance: random.Random
    pause: float = 0.0

    async def begin(self, parcel: Parcel) -> None:
        """Begin an upload."""
        name = base64.b64encode(parcel.name.encode()).decode()
        told = {"Upload-Length": str(len(parcel.content)), "Upload-Metadata": f"filename {name}"}
        answer = await self.http.post(self.files, headers=TUS | told)
        assert answer.status_code == 201, answer.text
        parcel.path = httpx.URL(answer.headers["Location"]).path

    async def ask(self, parcel: Parcel) -> int:
        """Return the offset that the server tells."""
        answer = await self.http.head(parcel.path, headers=TUS)
        assert answer.status_code == 200, f"{parcel.name}: HEAD {answer.status_code}"
        return int(answer.headers["Upload-Offset"])

    async def append(self, parcel: Parcel, start: int, end: int) -> httpx.Response:
        """Send the bytes from `start` to before `end`."""
        told = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
        body = self._pieces(parcel.content[start:end])
        return await self.http.patch(parcel.path, content=body, headers=TUS | told)

    async def send(self, parcel: Parcel) -> None:
        """Send the rest in appends of any size, until the end or until the server goes.

        What a server answers is never less than what one has acknowledged before.
        """
        size = len(parcel.content)
        try:
            offset = await self.ask(parcel)
            assert parcel.acknowledged <= offset <= size
            while offset < size:
                end = min(size, offset + self.chance.randrange(1, 4 * MIB))
                answer = await self.append(parcel, offset, end)
                if answer.status_code == GOING_DOWN:
                    return
                assert answer.status_code == 204, answer.text
                offset = int(answer.headers["Upload-Offset"])
                assert end == offset
                parcel.acknowledged = offset
            parcel.acknowledged = offset
        except httpx.TransportError:
            return

    async def send_all(self, parcels: Sequence[Parcel]) -> None:
        """Send all of them at once."""
        async with asyncio.TaskGroup() as group:
            for parcel in parcels:
                group.create_task(self.send(parcel))

    async def _pieces(self, body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), PIECE_BYTES):
            yield body[at : at + PIECE_BYTES]
            await asyncio.sleep(self.pause)
