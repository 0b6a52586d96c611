"""Segments: where those of a content stand, and the deed that makes some of one quality.

`{folder}/{content}/{quality}.{recipe}.{grid}/{index}.m4s`: each name says all that its bytes depend
on. A segment appears whole under its name or not at all, and the first writer wins, so whoever
makes one twice does no harm, and what stands there is never made again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.library.originals import Original
from rushes.media.copier import Copier, Copies, picture_init, sound_init
from rushes.media.copying import NotCopied
from rushes.media.encoder import Encoder
from rushes.media.failures import DecodeFailed, InitMismatch, SegmentMissing
from rushes.media.ffmpeg import SegmentRun
from rushes.media.ladder import Quality
from rushes.media.shelf import Shelf, shelf_of
from rushes.media.studio import BREAKS, OnSegment, Outcome, SoundRun, Studio
from rushes.media.tracks import SOUND
from rushes.renditions.falling_back import fall_back
from rushes.renditions.grading import Grading
from rushes.renditions.reaching import Stretch
from rushes.renditions.stream import Stream
from rushes.renditions.subject import Subject, read_subject

log = logging.getLogger(__name__)


def find_shelf(folder: Path, content_id: str, stream: Stream, name: str) -> Shelf:
    """Return where the segments of a quality, or of a sound, stand."""
    return shelf_of(folder / content_id, name, stream.grid_name, stream.recipe_of(name))


@dataclass(frozen=True, slots=True)
class Segments:
    """Makes segments below `folder`; `threads` of one encoder, 0 leaves it to the program.

    `encoder` is what works here; what other hardware was to encode falls back to x264.
    """

    database: Database
    clock: Clock
    studio: Studio
    copier: Copier
    original: Original
    grading: Grading
    folder: Path
    top: Quality
    threads: int = 0
    encoder: Encoder = Encoder.SOFTWARE
    stretch: Stretch | None = None
    """Gives a part of what nobody has read through; None where all is read."""

    async def make(self, content_id: str, name: str, first: int, count: int = 1) -> None:
        """Make segments first .. first+count-1 of one quality, or of a sound, for a viewer.

        What has its file already is left alone.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tool could not do (`media.*`, `tool.*`, `render.*`).
        """
        subject = await read_subject(self.database, content_id, self.top)
        names = {row.name for row in subject.renditions}
        if await asyncio.to_thread(self._is_made, subject, name, first, count):
            return
        if name in names or (names and name == SOUND):
            await self.make_some(subject, [name], first, count, niceness=0)
            log.info("A viewer's segment was made: %s %s %d", content_id, name, first)

    async def make_some(
        self,
        subject: Subject,
        names: Sequence[str],
        first: int,
        count: int,
        *,
        niceness: int = 10,
        on_segment: OnSegment | None = None,
    ) -> Outcome:
        """Make a stretch of several qualities, those that are encoded from one decode."""
        stream, told = _streamed(subject), on_segment or _ignore
        copied = [name for name in names if stream.is_copied(name)]
        for name in copied:
            await self._copy(subject, stream, name, first, count)
            await told(name, first + count - 1)
        studio = replace(self.studio, folder=self.folder / subject.content.id, niceness=niceness)
        for sound in stream.sounds:
            if sound.name in names and sound.name not in copied:
                shelf = self.shelf(subject, sound.name)
                run = SoundRun(
                    sound.cuts, shelf, first, count, sound.name, sound.track, sound.channels
                )
                _tell_begin(subject, [sound.name], first, count)
                original = await self._reach(subject, sound.name, first, count)
                await studio.encode_sound(original, subject.info, run, told)
        rungs = [rung for rung in subject.rungs if rung.quality in names]
        encoded = tuple(rung for rung in rungs if rung.quality not in copied)
        if not encoded or stream.grid is None:
            return Outcome(0)
        grade = await self.grading.grade(stream.treatment, subject.info.video)
        wanted = SegmentRun(
            subject.info,
            stream.grid,
            encoded,
            first,
            count,
            threads=self.threads,
            grade=grade,
            recipe=stream.recipe,
        )
        _tell_begin(subject, [rung.quality for rung in encoded], first, count)
        try:
            self._require_encoder(wanted)
            original = await self._reach(subject, encoded[0].quality, first, count)
            return await studio.encode_run(original, wanted, told)
        except (DecodeFailed, *BREAKS) as error:
            if wanted.encoder is Encoder.SOFTWARE:
                raise
            reason = str(error.facts.get("last_words") or error.message)
        await fall_back(self.database, self.clock, subject.content.id, reason)
        again = await read_subject(self.database, subject.content.id, self.top)
        chosen = [rung.quality.value for rung in encoded]
        return await self.make_some(
            again, chosen, first, count, niceness=niceness, on_segment=on_segment
        )

    def _require_encoder(self, wanted: SegmentRun) -> None:
        if wanted.encoder not in {self.encoder, Encoder.SOFTWARE}:
            raise DecodeFailed(f"The encoder {wanted.encoder} does not work here.")

    def _is_made(self, subject: Subject, name: str, first: int, count: int) -> bool:
        """Say whether somebody else, a run of the ladder, was faster."""
        shelf = self.shelf(subject, name)
        wanted = range(first, first + count)
        return shelf.init.exists() and all(shelf.segment(at).exists() for at in wanted)

    def shelf(self, subject: Subject, name: str) -> Shelf:
        """Return where the segments of a quality of a content stand."""
        return find_shelf(self.folder, subject.content.id, _streamed(subject), name)

    async def list_missing(self, subject: Subject, name: str) -> list[int]:
        """Return the segments of a quality that are not there."""
        count = _streamed(subject).count_of(name)
        return await asyncio.to_thread(self.shelf(subject, name).list_missing, count)

    async def _copy(
        self, subject: Subject, stream: Stream, name: str, first: int, count: int
    ) -> None:
        original = await self._reach(subject, name, first, count)
        shelf, copies = self.shelf(subject, name), await self._plan(subject, stream, original)
        is_sound = name == SOUND
        if is_sound and copies.sound is None:
            raise InitMismatch("The sound cannot be copied any more.")
        if is_sound and copies.sound is not None:
            await asyncio.to_thread(shelf.put_init, sound_init(copies.sound))
        else:
            await asyncio.to_thread(shelf.put_init, picture_init(copies.picture))
        for index in range(first, first + count):
            if shelf.segment(index).exists():
                continue
            if is_sound and copies.sound is not None:
                piece = await self.copier.sound(original, copies.sound, index)
            else:
                piece = await self.copier.picture(original, copies.picture, index)
            await asyncio.to_thread(shelf.put_segment, index, piece)

    async def _reach(self, subject: Subject, name: str, first: int, count: int) -> Path:
        """Return the original; of one that nobody has read, what these segments are made of."""
        if self.stretch is None or not subject.content.is_unread:
            return await self.original(subject.content.id)
        stream = _streamed(subject)
        sound = stream.find_sound(name)
        clock = stream.grid if sound is None else sound.cuts
        lengths = [clock.seconds_of(index) for index in range(first + count)] if clock else []
        begin, end = sum(lengths[:first], Fraction(0)), sum(lengths, Fraction(0))
        return await self.stretch(subject.content, begin, end)

    async def _plan(self, subject: Subject, stream: Stream, original: Path) -> Copies:
        """Return how the original is copied: as it was planned when it was looked at."""
        grid, audio = stream.grid, subject.info.audio
        track = audio[0].track if audio else -1
        rate = None if grid is None else grid.rate
        try:
            copies = await self.copier.plan(subject.content.id, original, rate, track)
        except NotCopied as why:
            raise InitMismatch(f"The original cannot be copied any more: {why}.") from why
        if grid is None or copies.picture.grid.name != grid.name:
            raise InitMismatch("The original is cut otherwise than it was when it was looked at.")
        return copies


def _streamed(subject: Subject) -> Stream:
    if subject.stream is None:
        raise SegmentMissing("Nothing of it is watched in segments.")
    return subject.stream


def _tell_begin(subject: Subject, names: Sequence[str], first: int, count: int) -> None:
    """Log what an encoder is asked for: who looks for work done twice finds it there."""
    facts = {"content_id": subject.content.id, "names": list(names), "first": first, "count": count}
    log.info("A run of segments begins", extra=facts)


async def _ignore(_name: str, _index: int) -> None:
    """Take no notice."""
