"""The studio: an original goes in; facts, segments and sound come out.

Every tool runs in its box. Segments land on shelves one by one while the run goes on, so whatever
ends a run, only what is missing has to be made. Damage is met twice: the first run stops at it,
the second carries on and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media import ffmpeg
from rushes.media.box import LIMITS, Work, limits_for
from rushes.media.encoding import with_hardware
from rushes.media.facts import MediaInfo, parse_media_info
from rushes.media.failures import (
    DecodeFailed,
    InitMismatch,
    InvalidMedia,
    NoDecoder,
    NoStream,
    SourceUnreadable,
    ToolCrashed,
    ToolOutOfMemory,
    ToolTimedOut,
    TruncatedMedia,
)
from rushes.media.ffmpeg import SegmentRun
from rushes.media.fragment import Defaults, PieceReader, format_fragment, parse_fragment, place
from rushes.media.ladder import Rung
from rushes.media.movie import aac_track, format_init, parse_track
from rushes.media.shelf import Shelf, recipe_of, shelf_of
from rushes.media.sound import (
    SAMPLE_RATE,
    AdtsReader,
    SoundGrid,
    bit_rate_of,
    pack_sound,
    plan_stretch,
)
from rushes.media.standby import Standby
from rushes.media.tool import Outlet, Pulse, Sink, open_outlets, open_table, run
from rushes.media.toolbox import Toolbox
from rushes.media.tracks import SOUND, STEREO

OnSegment = Callable[[str, int], Awaitable[None]]
"""Told of each segment that is on its shelf: the rung's or the sound's name, and its index."""

REFUSALS: Final[Mapping[object, tuple[type[RushesError], str]]] = {
    70: (TruncatedMedia, "Its header cannot be read: it is cut short, or not what it seems."),
    71: (NoStream, "There is neither a picture nor a sound in it that can be decoded."),
    72: (NoDecoder, "The tools here have no decoder for it; the original can be downloaded."),
    73: (InvalidMedia, "It does not follow its own format; the original can be downloaded."),
    75: (ToolOutOfMemory, "Looking into it needs more memory than the box grants."),
}
"""The exit statuses of `media.probe`."""

BREAKS: Final = (ToolCrashed, ToolTimedOut, ToolOutOfMemory, InitMismatch)
"""What a smaller run may get by."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: how many segments are new, and what was broken in the original."""

    made: int
    damage: str | None = None


@dataclass(frozen=True, slots=True)
class SoundRun:
    """Segments first .. first+count-1 of a sound, and the shelf on which they land.

    `track` is which of the original's it is made of (None: the first), `channels` what it gets.
    """

    cuts: SoundGrid
    shelf: Shelf
    first: int
    count: int
    name: str = SOUND
    track: int | None = None
    channels: int = STEREO


@dataclass(frozen=True, slots=True)
class Studio:
    """Makes things out of originals; keeps nothing but its tools and its folder for segments.

    `niceness` 0: a viewer waits, so a run has the time of a viewer (`Work.FIRST`).
    """

    tools: Toolbox
    folder: Path
    niceness: int = 10
    standby: Standby | None = None
    """Has a probe that waits; None: each is begun when it is needed."""

    async def probe(self, original: Path, sniffed: str, all_bytes: int | None = None) -> MediaInfo:
        """Return the facts of an original of this sniffed format.

        `all_bytes` is how many it will have, where the file holds only the first of them.

        Raises FormatNotAllowed, TruncatedMedia, NoStream, NoDecoder, InvalidMedia, and what
        `tool.run` raises.
        """
        demuxer = ffmpeg.demuxer_of(sniffed)
        try:
            size_bytes = all_bytes or (await asyncio.to_thread(original.stat)).st_size
        except OSError as error:
            raise SourceUnreadable("The original is not there just now.") from error
        answer = bytearray()

        async def keep(arrived: bytes) -> None:
            """Collect the answer within its bound."""
            answer.extend(arrived)
            if len(answer) > LIMITS[Work.PROBE].file_bytes:
                raise InvalidMedia("The probe's answer is longer than any facts are.")

        arguments = [demuxer, str(size_bytes)]
        job = self.tools.child_run(self.tools.probe, arguments, Work.PROBE, original)
        try:
            begun = None if self.standby is None else self.standby.take()
            await run(job, keep, begun=begun)
        except DecodeFailed as error:
            raise _refusal(error) from error
        return parse_media_info(bytes(answer))

    async def encode_run(
        self, original: Path, wanted: SegmentRun, on_segment: OnSegment
    ) -> Outcome:
        """Make segments of several rungs in one process, from one decode.

        What is on a shelf already stays. A run whose tool breaks is made again, each segment by
        itself and on one thread. Raises InitMismatch, DecodeFailed, and what `tool.run` raises;
        all that landed before stays on its shelf.
        """
        try:
            return await self._encode_twice(original, wanted, on_segment)
        except BREAKS:
            if wanted.count == 1:
                raise
        made, damage, end = 0, None, wanted.first + wanted.count
        shelves = [self.shelf(wanted, rung) for rung in wanted.rungs]
        missing = {index for shelf in shelves for index in shelf.list_missing(end)}
        for index in sorted(missing.intersection(range(wanted.first, end))):
            alone = replace(wanted, first=index, count=1, threads=1)
            outcome = await self._encode_twice(original, alone, on_segment)
            made, damage = made + outcome.made, damage or outcome.damage
        return Outcome(made, damage)

    async def _encode_twice(
        self, original: Path, wanted: SegmentRun, on_segment: OnSegment
    ) -> Outcome:
        """Make a run; where it stops at damage, once more, carrying on through it."""
        made: list[Path] = []
        try:
            await self._encode(original, wanted, on_segment, made)
        except DecodeFailed as error:
            damage = str(error.facts.get("last_words") or error.message)
        else:
            return Outcome(len(made))
        await self._encode(original, replace(wanted, forgiving=True), on_segment, made)
        return Outcome(len(made), damage)

    async def _encode(
        self, original: Path, wanted: SegmentRun, on_segment: OnSegment, made: list[Path]
    ) -> None:
        width, height = wanted.video.width, wanted.video.height
        work = Work.RUN if self.niceness else Work.FIRST
        pulse = Pulse(0.0)
        hald = wanted.grade.hald
        table_of = open_table(None if hald is None else hald.content)
        with open_outlets(len(wanted.rungs)) as outlets, table_of as table:
            landings = [
                _Landing(wanted, rung, self.shelf(wanted, rung), on_segment, made)
                for rung in wanted.rungs
            ]
            sinks: list[tuple[Outlet, Sink]] = [
                (outlet, landing.take) for outlet, landing in zip(outlets, landings, strict=True)
            ]
            targets = [outlet.target for outlet in outlets]
            arguments = ffmpeg.segment_arguments(wanted, targets, table)
            tool, limits = with_hardware(
                self.tools.ffmpeg, limits_for(work, width * height), wanted.encoder
            )
            job = self.tools.ffmpeg_run(arguments, limits, original, self.niceness)
            job = replace(job, tool=tool, held=() if table < 0 else (table,))
            words = await run(job, _Progress(pulse).take, sinks, pulse)
        for landing in landings:
            landing.check_complete(words)

    def shelf(self, wanted: SegmentRun, rung: Rung) -> Shelf:
        """Return the shelf on which a rung's segments land."""
        recipe = recipe_of(wanted.grade.treatment, wanted.recipe)
        return shelf_of(self.folder, rung.quality, wanted.grid.name, recipe)

    async def encode_sound(
        self, original: Path, facts: MediaInfo, wanted: SoundRun, on_segment: OnSegment
    ) -> Outcome:
        """Make a stretch of a sound as fragments on its own grid.

        Where nothing of it can be decoded, a picture gets silence, and the outcome says so; a sound
        alone raises DecodeFailed.
        """
        stretch = plan_stretch(wanted.cuts, wanted.first, wanted.count)
        channels = wanted.channels
        track = aac_track(SAMPLE_RATE, channels, bit_rate_of(channels))
        wanted.shelf.put_init(format_init([track]))
        landing = _SoundLanding(wanted, stretch.dropped, on_segment)
        arguments = ffmpeg.audio_arguments(
            facts, stretch.begin, stretch.end, wanted.track, channels
        )
        try:
            words = await self._sound(original, arguments, landing)
            return Outcome(landing.made, words or None)
        except DecodeFailed as error:
            if facts.video is None:
                raise
            damage = f"The sound cannot be decoded: {error.facts.get('last_words') or error}"
        landing = _SoundLanding(wanted, stretch.dropped, on_segment)
        silence = ffmpeg.silence_arguments(stretch.end - stretch.begin, channels)
        await self._sound(original, silence, landing)
        return Outcome(landing.made, damage)

    async def _sound(self, original: Path, arguments: list[str], landing: _SoundLanding) -> str:
        limits = LIMITS[Work.SOUND if self.niceness else Work.FIRST]
        job = self.tools.ffmpeg_run(arguments, limits, original, self.niceness)
        words = await run(job, landing.take)
        await landing.finish()
        return words


def _refusal(error: DecodeFailed) -> RushesError:
    known = REFUSALS.get(error.facts.get("exit_code"))
    return known[0](known[1], retry_after=None, **error.facts) if known else error


class _Progress:
    """Reads ffmpeg's `-progress`: the pulse beats when a new frame is out."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse, self._kept, self._frame = pulse, b"", b""

    async def take(self, arrived: bytes) -> None:
        """Take what ffmpeg reports."""
        *lines, self._kept = (self._kept + arrived).split(b"\n")
        for line in lines:
            if line.startswith((b"frame=", b"out_time_us=")) and line != self._frame:
                self._frame = line
                self._pulse.beat()


class _Landing:
    """Puts one rung of a run on its shelf, piece by piece as they arrive."""

    def __init__(
        self,
        wanted: SegmentRun,
        rung: Rung,
        shelf: Shelf,
        on_segment: OnSegment,
        made: list[Path],
    ) -> None:
        self._run, self._quality, self._shelf = wanted, rung.quality, shelf
        self._on_segment, self._reader = on_segment, PieceReader()
        self._defaults = Defaults()
        self._lead: int | None = None
        self._init = b""
        self._next = wanted.first
        self._made = made

    async def take(self, arrived: bytes) -> None:
        """Take what the tool wrote for this rung."""
        for kind, piece in self._reader.feed(arrived):
            if kind == "init":
                self._init = piece
                _, self._defaults = parse_track(piece)
            else:
                await self._land(piece)

    async def _land(self, piece: bytes) -> None:
        grid, index = self._run.grid, self._next
        if index >= self._run.first + self._run.count:
            raise InvalidMedia("A run wrote more segments than it was asked for.")
        fragment = parse_fragment(piece, self._defaults)
        frames = grid.frames_of(index)
        if not fragment.samples[0].is_sync or (frames and len(fragment.samples) != frames):
            raise DecodeFailed(
                f"Segment {index} of {self._quality} has {len(fragment.samples)} pictures instead "
                f"of {frames}."
            )
        self._check_lead(fragment.samples[0].composition)
        placed = place(
            fragment,
            sequence=index + 1,
            decode_time=grid.begin_of(index),
            ticks=grid.ticks_of(index),
        )
        content = format_fragment(placed)
        self._next += 1
        if await asyncio.to_thread(self._shelf.put_segment, index, content):
            self._made.append(self._shelf.segment(index))
        await self._on_segment(self._quality, index)

    def _check_lead(self, lead: int) -> None:
        """Store the init with the first segment: its edit list cuts what pictures wait."""
        if self._lead is None:
            track, _ = parse_track(self._init)
            self._shelf.put_init(format_init([replace(track, lead=lead)]))
            self._lead = lead
        if lead != self._lead:
            raise InitMismatch("Segments of one run wait differently for their first picture.")

    def check_complete(self, words: str) -> None:
        """Raise DecodeFailed where segments are missing after the run has ended."""
        missing = self._run.first + self._run.count - self._next
        if missing:
            raise DecodeFailed(
                f"Pictures end before the file says: {missing} segments of {self._quality} could "
                "not be made.",
                last_words=words,
            )


class _SoundLanding:
    """Cuts the encoder's frames into fragments on the sound's grid."""

    def __init__(self, wanted: SoundRun, dropped: int, on_segment: OnSegment) -> None:
        self._cuts, self._shelf, self._on_segment = wanted.cuts, wanted.shelf, on_segment
        self._reader, self._frames, self._name = AdtsReader(), list[bytes](), wanted.name
        self._next, self._end = wanted.first, wanted.first + wanted.count
        self._dropped = dropped
        self.made = 0

    async def take(self, arrived: bytes) -> None:
        """Take what the encoder wrote."""
        self._frames += self._reader.feed(arrived)
        dropped = min(self._dropped, len(self._frames))
        del self._frames[:dropped]
        self._dropped -= dropped
        while self._next < self._end and len(self._frames) >= self._cuts.frames_of(self._next):
            await self._land(self._cuts.frames_of(self._next))

    async def finish(self) -> None:
        """Put what is left in the last fragment, which may be a frame short of its place."""
        if self._next + 1 == self._cuts.count == self._end and self._frames:
            await self._land(len(self._frames))
        if self._next < self._end:
            raise DecodeFailed("The sound ends before its time; it could not be made whole.")

    async def _land(self, count: int) -> None:
        index = self._next
        taken, self._frames = self._frames[:count], self._frames[count:]
        fragment = pack_sound(taken, index, self._cuts.begin_of(index))
        self._next += 1
        content = format_fragment(fragment)
        if await asyncio.to_thread(self._shelf.put_segment, index, content):
            self.made += 1
        await self._on_segment(self._name, index)
