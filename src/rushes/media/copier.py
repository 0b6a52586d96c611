"""Copies segments out of an original: its tables are read once, then byte ranges.

No tool is started. What is written holds samples of the original and heads of ours.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

from rushes.media import mp4
from rushes.media.copying import (
    NotCopied,
    PictureCopy,
    SoundCopy,
    check_gaps,
    picture_span,
    plan_picture,
    plan_sound,
    sound_fragment,
    sound_span,
)
from rushes.media.failures import InvalidMedia, SourceUnreadable
from rushes.media.fragment import PIECE_AT_MOST, format_fragment
from rushes.media.h264 import IDR, find_picture, parse_entry, unit_bytes_of
from rushes.media.movie import aac_track, format_init
from rushes.media.samples import MOOV_AT_MOST, SampleTable, Span, parse_tracks
from rushes.media.sound import BIT_RATE

KEPT: Final = 8
"""Originals whose tables are kept at hand."""

TOP_BOXES_AT_MOST: Final = 1_000

SAMPLE_HEAD_BYTES: Final = 4_096
SAMPLE_AT_MOST: Final = 2**20
"""What is read of a key frame to find its picture: few have more before it than the first."""

KEYS_AT_MOST: Final = 20_000
"""Key frames that are looked at one by one: those of 22 hours, where a segment has 4 s."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What is copied of an original; `sound` is None where its sound is encoded, or missing."""

    picture: PictureCopy
    sound: SoundCopy | None


Guess: TypeAlias = tuple[Fraction, int, Copies] | None
"""What is copied of an original if its pictures come at this rate, and with this sound."""


@dataclass(slots=True)
class Copier:
    """Plans copies and makes their segments."""

    _kept: OrderedDict[str, Copies] = field(default_factory=OrderedDict)
    _ahead: dict[str, asyncio.Task[Guess]] = field(default_factory=dict)

    @contextmanager
    def planning_ahead(self, key: str, original: Path) -> Iterator[None]:
        """Plan what may be copied while its facts are not known yet: its tables mostly say them."""
        self._ahead[key] = asyncio.create_task(asyncio.to_thread(_guess, original))
        try:
            yield
        finally:
            if (unused := self._ahead.pop(key, None)) is not None:
                unused.cancel()

    async def plan(self, key: str, original: Path, rate: Fraction | None, track: int) -> Copies:
        """Return what is copied of an original; `key` names its content.

        Args:
            key: names the content; what was planned for it is kept at hand.
            original: its bytes.
            rate: pictures a second, None where it varies.
            track: the sound that is wanted, counted among the sounds; -1 for none.

        Raises:
            NotCopied: its pictures are not copied; it says why.
            SourceUnreadable: it cannot be read now.
        """
        known = self._kept.get(key)
        if known is None:
            ahead = self._ahead.pop(key, None)
            guess = None if ahead is None else await ahead
            if guess is not None and guess[:2] == (rate, track):
                known = guess[2]
            else:
                known = await asyncio.to_thread(_plan, original, rate, track)
            self._kept[key] = known
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return known

    async def picture(self, original: Path, copy: PictureCopy, index: int) -> bytes:
        """Return segment `index` of the picture; raises SourceUnreadable."""
        spans = copy.table.list_spans(*picture_span(copy, index))
        payload = await asyncio.to_thread(_read, original, spans)
        return format_fragment(copy.fragment(index, payload))

    async def sound(self, original: Path, copy: SoundCopy, index: int) -> bytes:
        """Return segment `index` of the sound; raises SourceUnreadable."""
        spans = copy.table.list_spans(*sound_span(copy, index))
        payload = await asyncio.to_thread(_read, original, spans)
        return format_fragment(sound_fragment(copy, index, payload))


def picture_init(copy: PictureCopy) -> bytes:
    """Return the init of a copied picture."""
    return format_init([copy.track])


def sound_init(copy: SoundCopy) -> bytes:
    """Return the init of copied sound."""
    track = aac_track(copy.cuts.rate, copy.channels, BIT_RATE, copy.cuts.lead)
    return format_init([track])


def _guess(original: Path) -> Guess:
    """Return how H.264 of an even rate is copied; None: it is planned when all is known."""
    try:
        moov = _read_moov(original)
        tracks = {each.handler: each for each in parse_tracks(moov)} if b"avc1" in moov else {}
        steps = tracks["vide"].list_steps() if "vide" in tracks else set()
        if len(steps) != 1:
            return None
        rate, track = Fraction(tracks["vide"].timescale, *steps), 0 if "soun" in tracks else -1
        return rate, track, _plan_tracks(original, [*tracks.values()], rate, track)
    except (NotCopied, InvalidMedia, SourceUnreadable, ArithmeticError, OSError):
        return None  # steps of nothing make no rate


def _plan(original: Path, rate: Fraction | None, track: int) -> Copies:
    try:
        tracks = parse_tracks(_read_moov(original), max(track, 0))
        return _plan_tracks(original, tracks, rate, track)
    except OverflowError:
        raise NotCopied("its samples lie beyond the end of every file") from None
    except InvalidMedia as error:
        raise NotCopied(error.message[:1].lower() + error.message[1:].rstrip(".")) from None


def _plan_tracks(
    original: Path, tracks: Sequence[SampleTable], rate: Fraction | None, track: int
) -> Copies:
    pictures = [each for each in tracks if each.handler == "vide"]
    if not pictures:
        raise NotCopied("there is no picture")
    _check_whole(original, pictures[0])
    copy = _plan_picture(original, pictures[0], rate)
    check_gaps(copy)
    return Copies(copy, _plan_sound(original, tracks, copy, track))


def _plan_picture(original: Path, table: SampleTable, rate: Fraction | None) -> PictureCopy:
    """Return how pictures are copied; each segment begins with an IDR picture.

    Where groups are open, a table also names pictures as key frames after which others may refer
    to what was before them: a browser that goes there waits for one that it can begin with.
    """
    copy = plan_picture(table, rate)
    if len(copy.bounds) > KEYS_AT_MOST:
        raise NotCopied("it has too many key frames")
    unit_bytes = unit_bytes_of(parse_entry(copy.track.description)[1])
    with original.open("rb") as file:
        if all(_is_idr(file.fileno(), table, cut, unit_bytes) for cut in copy.bounds[:-1]):
            return copy
        if len(table.list_sync()) > KEYS_AT_MOST:
            raise NotCopied("its groups of pictures are open")
        keys = [key for key in table.list_sync() if _is_idr(file.fileno(), table, key, unit_bytes)]
    return plan_picture(replace(table, sync=keys), rate)


def _is_idr(file: int, table: SampleTable, number: int, unit_bytes: int) -> bool:
    size = table.sizes[number]
    for size_bytes in (min(SAMPLE_HEAD_BYTES, size), min(SAMPLE_AT_MOST, size)):
        head = os.pread(file, size_bytes, table.offsets[number])
        found = find_picture(head, unit_bytes)
        if found is not None:
            return found == IDR
    return False


def _plan_sound(
    original: Path, tracks: Sequence[SampleTable], copy: PictureCopy, track: int
) -> SoundCopy | None:
    sounds = [each for each in tracks if each.handler == "soun"]
    if track < 0 or not sounds:
        return None
    try:
        sound = plan_sound(sounds[0], copy.table, copy.grid)
        _check_whole(original, sound.table)
    except (NotCopied, InvalidMedia, OverflowError):
        return None
    return sound


def _check_whole(original: Path, table: SampleTable) -> None:
    """Raise NotCopied where samples lie beyond the end of the file."""
    if not table.offsets.lie_before(original.stat().st_size):
        raise NotCopied("it is cut short")


def _read_moov(original: Path) -> bytes:
    """Return the `moov` box, wherever it stands among the boxes of the file."""
    try:
        with original.open("rb") as file:
            size, at = os.fstat(file.fileno()).st_size, 0
            for _ in range(TOP_BOXES_AT_MOST):
                head = os.pread(file.fileno(), mp4.WIDE_HEADER_BYTES, at)
                box = mp4.read_header(head, 0, len(head))
                length = size - at if box is None or head[:4] == bytes(4) else box.end
                if box is None or at + length > size:
                    raise InvalidMedia("Its boxes do not end where the file does.")
                if box.kind == "moov":
                    if length > MOOV_AT_MOST:
                        raise InvalidMedia("Its header is too long.")
                    return os.pread(file.fileno(), length, at)
                at += length
    except OSError as error:
        raise SourceUnreadable("The original is not there just now.") from error
    raise InvalidMedia("It has no header among its first boxes.")


def _read(original: Path, spans: Sequence[Span]) -> bytes:
    if sum(span.size_bytes for span in spans) > PIECE_AT_MOST:
        raise InvalidMedia("A segment of it is larger than any should be.")
    try:
        with original.open("rb") as file:
            parts = [os.pread(file.fileno(), span.size_bytes, span.offset) for span in spans]
    except OSError as error:
        raise SourceUnreadable("The original is not there just now.") from error
    if any(len(part) != span.size_bytes for part, span in zip(parts, spans, strict=True)):
        raise SourceUnreadable("The original is shorter than it was.")
    return b"".join(parts)
