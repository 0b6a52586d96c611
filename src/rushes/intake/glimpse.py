"""Glimpses: stretches of a film that lies in a store, before anybody has read it through.

    heads of boxes ──> tables ──> first pictures, heads of key frames ──> stretches that are watched

A tool needs a file, and a store gives ranges: the file is as long as the object, with a hole
wherever nobody looked. The tables of a plain MP4 or MOV say of which bytes a stretch of time is
made; those are there before a tool begins.

1. No digest proves these bytes: what is made of them is shown to members, and kept by nobody.
2. What its tables do not tell plainly is not glimpsed; it waits until it was read.
3. A file that nobody asked for in 15 minutes is swept away like any other part of a copy.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media import mp4
from rushes.media.copying import NotCopied, plan_picture
from rushes.media.failures import InvalidMedia
from rushes.media.samples import MOOV_AT_MOST, SampleTable, Span, parse_tracks
from rushes.stores.scratch import Scratch
from rushes.stores.store import Full, Get
from rushes.uploads.direct import Direct, require_store

GRAIN: Final = 2**20
"""Bytes that are fetched at once, and counted as there or not."""

STREAMS: Final = 8
KEPT: Final = 8
BOXES_AT_MOST: Final = 64
SOUNDS_AT_MOST: Final = 8
KEYS_AT_MOST: Final = 5_000
KEY_BYTES: Final = 4_096
"""What of a key frame tells which kind it is (`Copier`)."""

FIRST_BYTES: Final = 8 * GRAIN
"""What a probe may read of the first samples, of all tracks."""

MARGIN: Final = Fraction(3)
"""Seconds around a stretch: a decoder begins before it, and reads ahead of it."""

LATE_AT_MOST: Final = Fraction(2)
"""Seconds that a track may begin later than the film."""


@dataclass(slots=True)
class _Opened:
    """The file of an object; `grains` of it are there."""

    path: Path
    key: str
    size_bytes: int
    tracks: tuple[SampleTable, ...] = ()
    grains: set[int] = field(default_factory=set)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Glimpses:
    """Keeps files of objects in one store, with holes, for this process alone."""

    store: Get
    name: str
    """Of the store, in the settings."""
    scratch: Scratch
    _opened: OrderedDict[str, _Opened] = field(default_factory=OrderedDict)

    async def begin(self, direct: Direct, size_bytes: int) -> Path:
        """Return a file in which the facts of an object can be found.

        Raises:
            InvalidMedia: its tables do not tell plainly where a stretch of it lies.
            StoreChanged: it lies in another store than the archive's.
            Full: the disk has no room.
            Broken, NotFound, Unreachable, Busy, Refused: the store failed; call again.
        """
        return (await self._open(direct, size_bytes)).path

    async def stretch(
        self, direct: Direct, size_bytes: int, begin: Fraction, end: Fraction
    ) -> Path:
        """Return a file that holds what is seen and heard from `begin` to `end`, in seconds.

        Raises:
            InvalidMedia, StoreChanged, Full: see `begin`.
            Broken, NotFound, Unreachable, Busy, Refused: the store failed; call again.
        """
        opened = await self._open(direct, size_bytes)
        async with opened.turn:
            spans = [span for each in opened.tracks for span in _list_spans(each, begin, end)]
            await self._bring_grains(opened, spans)
        return opened.path

    async def _open(self, direct: Direct, size_bytes: int) -> _Opened:
        require_store(direct, self.name)
        known = self._opened.get(direct.upload_id)
        if known is None or not await asyncio.to_thread(known.path.exists):
            path = self.scratch.folder / f"{direct.upload_id}.{secrets.token_hex(8)}.peek.part"
            known = self._opened[direct.upload_id] = _Opened(path, direct.key, size_bytes)
            await asyncio.to_thread(_make, path, size_bytes)
        self._opened[direct.upload_id] = known  # others may have let it go meanwhile
        self._opened.move_to_end(direct.upload_id)
        while len(self._opened) > KEPT:
            _, oldest = self._opened.popitem(last=False)
            await asyncio.to_thread(oldest.path.unlink, missing_ok=True)
        async with known.turn:
            if not known.tracks:
                tracks = await self._read_tables(known)
                await self._bring_grains(known, _list_first(tracks))
                await self._bring(known, await asyncio.to_thread(_list_keys, tracks))
                known.tracks = tracks
        return known

    async def _read_tables(self, opened: _Opened) -> tuple[SampleTable, ...]:
        """Bring the heads of all boxes and the `moov`, and return its tables."""
        at, moov = 0, b""
        for _ in range(BOXES_AT_MOST):
            if at >= opened.size_bytes:
                break
            head = await self._fetch(opened, at, at + mp4.WIDE_HEADER_BYTES)
            box = mp4.read_header(head, 0, len(head))
            length = opened.size_bytes - at if box is None or head[:4] == bytes(4) else box.end
            if box is not None and box.kind == "moov" and not moov:
                if length > MOOV_AT_MOST:
                    raise InvalidMedia("Its header is too long.")
                moov = await self._fetch(opened, at, at + length)
            at += length
        if not moov:
            raise InvalidMedia("It has no header among its first boxes.")
        return await asyncio.to_thread(_parse, moov)

    async def _fetch(self, opened: _Opened, start: int, end: int) -> bytes:
        """Return bytes of the object, and leave them in the file."""
        end = min(end, opened.size_bytes)
        data = b"".join([piece async for piece in self.store.get(opened.key, start, end)])
        await asyncio.to_thread(_put, opened.path, data, start)
        return data

    async def _bring_grains(self, opened: _Opened, spans: Iterable[Span]) -> None:
        missing = sorted(set(_grains_of(spans)) - opened.grains)
        await asyncio.to_thread(self.scratch.require_free, len(missing) * GRAIN)
        await self._bring(opened, [(at * GRAIN, (at + 1) * GRAIN) for at in missing])
        opened.grains.update(missing)

    async def _bring(self, opened: _Opened, ranges: Collection[tuple[int, int]]) -> None:
        waiting = iter([each for each in ranges if each[0] < opened.size_bytes])

        async def bring_some() -> None:
            for start, end in waiting:
                await self._fetch(opened, start, end)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(STREAMS, len(ranges))):
                    group.create_task(bring_some())
        except* (RushesError, OSError) as failed:
            raise failed.exceptions[0] from None  # one failure speaks for all


def _make(path: Path, size_bytes: int) -> None:
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(file, size_bytes)
    finally:
        os.close(file)


def _put(path: Path, data: bytes, at: int) -> None:
    try:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(data)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full("The disk has no room to show this before it is read.") from error
        raise


def _parse(moov: bytes) -> tuple[SampleTable, ...]:
    """Return the picture and all sounds.

    Raises:
        InvalidMedia: there is no picture, there are too many sounds, or times are not told plainly.
    """
    tracks = list(parse_tracks(moov))
    while any(each.handler == "soun" for each in tracks) and len(tracks) <= SOUNDS_AT_MOST:
        sounds = sum(each.handler == "soun" for each in tracks)
        more = [each for each in parse_tracks(moov, sounds) if each.handler == "soun"]
        if not more:
            break
        tracks += more
    if not any(each.handler == "vide" for each in tracks) or len(tracks) > SOUNDS_AT_MOST:
        raise InvalidMedia("It has no picture, or too many sounds.")
    for each in tracks:
        find_shift(each)
    return tuple(tracks)


def find_shift(table: SampleTable) -> Fraction:
    """Return by how many seconds the times of a track's samples are ahead of the film's.

    Raises:
        InvalidMedia: edits do more than let a track begin later, or cut its beginning.
    """
    late, shown = Fraction(0), None
    for edit in table.edits:
        if edit.media_time is None and shown is None:
            late += edit.duration
        elif shown is None and edit.is_plain:
            shown = edit.media_time
        else:
            raise InvalidMedia("It is put together by a list of edits.")
    if late > LATE_AT_MOST:
        raise InvalidMedia("A track of it begins late.")
    return Fraction(shown or 0, table.timescale) - late


def _list_spans(table: SampleTable, begin: Fraction, end: Fraction) -> list[Span]:
    """Return where the samples of a stretch lie, from the key frame before it on."""
    shift, times = find_shift(table), table.decode_times
    low = int((begin - MARGIN + shift) * table.timescale)
    high = int((end + MARGIN + shift) * table.timescale)
    first = max(0, bisect_right(times, low) - 1)
    if table.sync is not None:
        first = max([0, *table.sync[: bisect_right(table.sync, first)][-1:]])
    last = max(first + 1, bisect_left(times, high))
    return table.list_spans(first, last - first)


def _list_first(tracks: Sequence[SampleTable]) -> Iterator[Span]:
    """Yield what a probe reads: the first samples of all tracks, and the last ones."""
    yield Span(min(each.offsets[0] for each in tracks), FIRST_BYTES)
    for each in tracks:
        ends = Fraction(each.end, each.timescale)
        yield from _list_spans(each, Fraction(0), Fraction(0))
        yield from _list_spans(each, ends, ends)


def _list_keys(tracks: Sequence[SampleTable]) -> list[tuple[int, int]]:
    """Return where the heads of those key frames lie at which a picture that is copied is cut."""
    table = next(each for each in tracks if each.handler == "vide")
    steps = table.list_steps()
    rate = Fraction(table.timescale, *steps) if len(steps) == 1 and 0 not in steps else None
    try:
        keys = plan_picture(table, rate).bounds[:-1]
    except (NotCopied, InvalidMedia, ArithmeticError):
        return []  # it is not copied anyway
    if len(keys) > KEYS_AT_MOST:
        return []
    heads = ((table.offsets[key], min(KEY_BYTES, table.sizes[key])) for key in keys)
    return [(at, at + size) for at, size in heads]


def _grains_of(spans: Iterable[Span]) -> Iterator[int]:
    for span in spans:
        yield from range(span.offset // GRAIN, -(-(span.offset + span.size_bytes) // GRAIN))
