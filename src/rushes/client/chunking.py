"""Sends one file in numbered chunks, several at once, each with its own digest.

The server says how long a chunk is. Chunks are handed out in order, so that the server's own
digest is complete with the last of them. What it has is asked for whenever it is not known.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rushes.client.appending import Sending
from rushes.client.board import Board
from rushes.client.crew import carry
from rushes.client.failures import Refused, Unsettled, WrongDigest
from rushes.client.files import BLOCK_BYTES, digest_span, read_span
from rushes.client.pace import MOST, Pace, guess_width
from rushes.client.parts import Part, Tally, find_missing, pick
from rushes.client.wire import API, Wire, find_place

UNKNOWN_HERE: Final = frozenset({404, 405, 501})
"""What a server answers that takes no chunks."""

LOOK_FIRST: Final = frozenset({409, 423})
ROUNDS: Final = 3
"""How often a server may say at the end that chunks are missing."""


@dataclass(frozen=True, slots=True)
class Chunked:
    """An upload in chunks, as the server tells it; ranges name their first and last chunk."""

    address: str
    part_bytes: int
    received: tuple[tuple[int, int], ...]
    state: str
    parallel: int = MOST

    @classmethod
    def parse(cls, address: str, answer: Mapping[str, Any]) -> Chunked:
        """Read the answer of the creation, or of the upload."""
        return cls(
            address,
            int(answer.get("chunk_size") or 0),
            _parse_ranges(answer.get("received_chunks") or ()),
            answer.get("state", "receiving"),
            int(answer.get("parallel") or MOST),
        )

    def has(self, part: Part) -> bool:
        """Say whether a chunk is there."""
        return any(first <= part.index <= last for first, last in self.received)


@dataclass(frozen=True, slots=True)
class Chunker:
    """Sends files in chunks; at most `most` of them at once."""

    wire: Wire
    most: int = MOST

    async def create(self, sending: Sending, mbit: float | None) -> Chunked | None:
        """Begin an upload; None where this server takes no chunks.

        `mbit` is the speed of the line in Mbit/s, where it is known.
        """
        told: dict[str, Any] = {
            "file_name": sending.file.path.name,
            "size_bytes": sending.file.size,
            "media_type": sending.media_type,
        }
        if sending.project is not None:
            told["project"] = sending.project
        if sending.labels:
            told["metadata"] = sending.labels
        if mbit is not None:
            told["mbit"] = round(mbit, 3)
        try:
            response = await self.wire.patiently(
                lambda: self.wire.once("POST", f"{API}/uploads", json=told)
            )
        except Refused as refused:
            if refused.status in UNKNOWN_HERE:
                return None
            raise
        answer = response.json()
        own = f"{API}/uploads/{answer['id']}"
        return Chunked.parse(find_place(response, response.headers.get("location", own)), answer)

    async def look(self, address: str) -> Chunked:
        """Return what the server has."""
        response = await self.wire.patiently(lambda: self.wire.once("GET", address))
        return Chunked.parse(address, response.json())

    async def send(self, sending: Sending, upload: Chunked, mbit: float | None = None) -> None:
        """Send what is missing, and complete the upload; `mbit` is the line, where it is known.

        Raises:
            ClientFailure: the server refused it, or a chunk failed three times without hope.
            OSError: the file cannot be read.
        """
        size, part_bytes = sending.file.size, upload.part_bytes
        missing = find_missing(size, part_bytes, upload.received)
        tally = Tally(size, size - sum(part.length for part in missing))
        pace = Pace(min(self.most, upload.parallel), guess_width(mbit))
        sending.told(tally.done, size)
        for _ in range(ROUNDS):
            await self._send_parts(_Run(sending, upload.address, tally, pace), missing)
            sending.file.require_same()
            told = await self._complete(upload.address)
            if not told:
                return
            missing = pick(size, part_bytes, told)
        raise WrongDigest("The server keeps asking for chunks that it has. Send the file again.")

    async def _send_parts(self, run: _Run, missing: Iterable[Part]) -> None:
        board = Board(missing, run.pace, self.wire.offline_seconds)
        await carry(board, lambda part: self._put(run, part), self.wire.moments)

    async def _complete(self, address: str) -> tuple[tuple[int, int], ...]:
        """Return the ranges that are missing, none where the upload is complete."""
        try:
            await self.wire.patiently(
                lambda: self.wire.once("POST", f"{address}/complete", json={})
            )
        except Refused as refused:
            missing = _parse_ranges(refused.problem.get("missing") or ())
            if refused.status not in LOOK_FIRST or not missing:
                raise
            return missing
        return ()

    async def _put(self, run: _Run, part: Part) -> None:
        sending, tally = run.sending, run.tally
        sending.file.require_same()
        digest = await asyncio.to_thread(run.digest, part)
        tally.drop(part.index)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(part.length),
            "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        }
        body = read_span(
            sending.file, part.start, part.length, lambda sent: run.move(part.index, sent)
        )
        try:
            await self.wire.once(
                "PUT", f"{run.address}/chunks/{part.index}", headers=headers, content=body
            )
        except Refused as refused:
            await self._weigh(run, part, refused)
        tally.settle(part.index, part.length)
        sending.told(tally.done, tally.whole)

    async def _weigh(self, run: _Run, part: Part, refused: Refused) -> None:
        """Return if the chunk is there all the same; else raise what was said."""
        if refused.code == "chunk.differs":
            raise WrongDigest(
                f"The server has other bytes of {run.sending.file.path.name}. Cancel the upload, "
                "and send the file again."
            ) from refused
        if refused.status in LOOK_FIRST:
            if (await self.look(run.address)).has(part):
                return
            raise Unsettled.of(refused) from refused
        if refused.code == "chunk.hash_mismatch":
            run.sending.file.require_same()
            raise Unsettled.of(refused) from refused
        raise refused


@dataclass(frozen=True, slots=True)
class _Run:
    """One round of chunks on their way."""

    sending: Sending
    address: str
    tally: Tally
    pace: Pace

    def move(self, index: int, size_bytes: int) -> None:
        """Count bytes that went out."""
        self.tally.move(index, size_bytes)
        self.pace.move(size_bytes)
        self.sending.told(self.tally.done, self.tally.whole)

    def digest(self, part: Part) -> bytes:
        """Return the SHA-256 of a chunk; keep those of its blocks, if it consists of some."""
        file, blocks = self.sending.file, self.sending.blocks
        digest = digest_span(file.path, part.start, part.length)
        is_whole = part.length == BLOCK_BYTES or part.start + part.length == file.size
        if part.start % BLOCK_BYTES == 0 and part.length <= BLOCK_BYTES and is_whole:
            blocks[part.start // BLOCK_BYTES] = digest
        return digest


def _parse_ranges(told: Iterable[Iterable[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(first), int(last)) for first, last in told)
