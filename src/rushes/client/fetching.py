"""Fetches one file in pieces, several at once, and goes on where an earlier run stopped.

Bytes go to their place in a `.part` file beside the target, and a ledger says which are there. Each
piece is asked for with the tag of the first answer, so that pieces of two different files never
meet. The target appears when the last byte is there, is on the disk, and has the digest it should.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from rushes.client.appending import Told
from rushes.client.board import Board
from rushes.client.crew import carry
from rushes.client.failures import (
    FileChanged,
    Refused,
    Unreachable,
    Unsettled,
    WrongDigest,
)
from rushes.client.files import READ_BYTES, digest_of
from rushes.client.ledger import Ledger, load_ledger
from rushes.client.pace import MOST, Pace
from rushes.client.parts import Part
from rushes.client.wire import Wire, refusal, unreachable

EXPIRED: Final = frozenset({401, 403, 404, 410})
"""What a signed address answers when its time is over."""

SAVE_SECONDS: Final = 1.0
_TOTAL: Final = re.compile(r"bytes \d+-\d+/(\d+)", re.ASCII)

FindUrl = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches from signed addresses, so `wire` shows no token; at most `most` pieces at once."""

    wire: Wire
    most: int = MOST

    async def fetch(
        self, find_url: FindUrl, target: Path, part: Path, *, digest: str | None, told: Told
    ) -> None:
        """Write a file; `part` is where its bytes gather, `digest` as the server writes it.

        Raises:
            Refused, Unreachable: the bytes cannot be had.
            WrongDigest: they are not those of the digest; the part is gone.
            OSError: the file cannot be written.
        """
        beside = part.with_name(f"{part.name}.json")
        fetch = await self._begin(find_url, part, beside, told)
        with fetch.open_part() as fetch.out:
            told(fetch.ledger.done, fetch.ledger.size_bytes)
            board = Board(fetch.ledger.list_missing(), fetch.pace, self.wire.offline_seconds)
            try:
                await carry(board, lambda piece: self._get(fetch, piece), self.wire.moments)
            finally:
                fetch.ledger.save(beside)
            await asyncio.to_thread(os.fsync, fetch.out)
        await asyncio.to_thread(_land, part, beside, target, digest)

    async def _begin(self, find_url: FindUrl, part: Path, beside: Path, told: Told) -> _Fetch:
        async def ask() -> tuple[str, Ledger]:
            url = await find_url()
            try:
                async with self.wire.http.stream(
                    "GET", url, headers={"Range": "bytes=0-0"}
                ) as response:
                    return url, await _read_first(response)
            except httpx.TransportError as error:
                raise Unreachable(unreachable(self.wire.http.base_url, error)) from error

        url, fresh = await self.wire.patiently(ask)
        ledger = load_ledger(beside, part, fresh)
        return _Fetch(find_url, url, ledger, Pace(self.most), told, part, beside)

    async def _get(self, fetch: _Fetch, piece: Part) -> None:
        have = fetch.ledger.here.get(piece.index, 0)
        start, end = piece.start + have, piece.start + piece.length
        headers = {"Range": f"bytes={start}-{end - 1}"}
        if fetch.ledger.etag:
            headers["If-Range"] = fetch.ledger.etag
        url = fetch.url
        try:
            async with self.wire.http.stream("GET", url, headers=headers) as response:
                await _require_range(response, start)
                async for taken in response.aiter_raw(READ_BYTES):
                    await fetch.write(piece, start, taken[: end - start], self.wire.moments.now())
                    start += len(taken)
        except httpx.TransportError as error:
            raise Unreachable(unreachable(self.wire.http.base_url, error)) from error
        except Refused as refused:
            if refused.status not in EXPIRED:
                raise
            if fetch.url == url:
                fetch.url = await fetch.find_url()
            raise Unsettled.of(refused) from refused
        if start < end:
            raise Unreachable("The server ended a piece too early. The download can go on.")


@dataclass(slots=True)
class _Fetch:
    """A download under way."""

    find_url: FindUrl
    url: str
    ledger: Ledger
    pace: Pace
    told: Told
    part: Path
    beside: Path
    out: int = -1
    _saved: float = 0.0

    def open_part(self) -> _Descriptor:
        """Open the part; one that begins anew is emptied, and has its whole length at once."""
        flags = os.O_RDWR | os.O_CREAT | (0 if self.ledger.here else os.O_TRUNC)
        descriptor = os.open(self.part, flags, 0o666)
        os.ftruncate(descriptor, self.ledger.size_bytes)
        return _Descriptor(descriptor)

    async def write(self, piece: Part, at: int, taken: bytes, now: float) -> None:
        """Put bytes where they belong, then count them."""
        await asyncio.to_thread(_write_all, self.out, taken, at)
        self.ledger.here[piece.index] = at + len(taken) - piece.start
        self.pace.move(len(taken))
        self.told(self.ledger.done, self.ledger.size_bytes)
        if now - self._saved > SAVE_SECONDS:
            self._saved = now
            self.ledger.save(self.beside)


@dataclass(frozen=True, slots=True)
class _Descriptor:
    """An open file that is closed on leaving."""

    number: int

    def __enter__(self) -> int:
        """Give its number."""
        return self.number

    def __exit__(self, *_failure: object) -> None:
        os.close(self.number)


async def _read_first(response: httpx.Response) -> Ledger:
    """Return what the first answer says of the whole file."""
    if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Ledger("", 0)  # it is empty
    if not response.is_success:
        await response.aread()
        raise refusal(response)
    found = _TOTAL.fullmatch(response.headers.get("content-range", ""))
    if response.status_code != httpx.codes.PARTIAL_CONTENT or found is None:
        raise Refused(
            response.status_code,
            "download.no_ranges",
            "The server gives no ranges of this file. Fetch its address with another program.",
        )
    etag = response.headers.get("etag", "")
    return Ledger("" if etag.startswith("W/") else etag, int(found[1]))


async def _require_range(response: httpx.Response, start: int) -> None:
    """Return if the answer is the range that was asked for."""
    if not response.is_success:
        await response.aread()
        raise refusal(response)
    told = response.headers.get("content-range", "")
    if response.status_code != httpx.codes.PARTIAL_CONTENT or not told.startswith(
        f"bytes {start}-"
    ):
        raise FileChanged("The file on the server changed while it was fetched. Fetch it again.")


def _write_all(descriptor: int, taken: bytes, at: int) -> None:
    rest = memoryview(taken)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count


def _land(part: Path, beside: Path, target: Path, digest: str | None) -> None:
    """Give the whole file its name, if it is what it should be."""
    is_right = digest is None or digest_of(part) == digest
    beside.unlink(missing_ok=True)
    if not is_right:
        part.unlink()
        raise WrongDigest(f"{target.name} did not arrive as it is on the server. Fetch it again.")
    part.replace(target)
