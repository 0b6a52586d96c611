"""Make what is wanted: runs of segments, sound, files; each deed may run again after a crash.

1. What stands on a shelf is made, whoever made it: a viewer's segments are the ladder's. A repeated
   run makes only what is missing.
2. A rendition is `ready` when its file is kept, so whoever sees `ready` can have it.
3. The whole ladder comes from one decode: one run makes its segments of every rung that lacks them.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.jobs import records as job_records
from rushes.jobs.job import JobState
from rushes.jobs.records import JobFilter
from rushes.library import records as library_records
from rushes.media.assembly import PicturePart, SoundPart, assemble
from rushes.media.facts import MediaInfo
from rushes.media.failures import DecodeFailed
from rushes.media.grid import Grid
from rushes.media.layout import Layout, format_layout
from rushes.media.studio import BREAKS
from rushes.media.timecode import Timecode, parse_timecode
from rushes.media.tracks import SOUND, is_sound
from rushes.renditions import records
from rushes.renditions.outcome import Outcomes
from rushes.renditions.plan import Stretch, plan_runs
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.segments import Segments
from rushes.renditions.subject import ContentGone, Subject, read_subject

OnShare = Callable[[float], Awaitable[None]]
"""Told how much of the whole is done, from 0 to 1."""

LONGEST_SOUND = 1_000_000
"""Sound is made in one stream as far as it is missing: a start costs more than what may be lost."""

LADDER: Final = "ladder"
"""The name of the workflow whose jobs make a ladder."""

JOBS_AT_MOST: Final = 10

CLEAR_ROUNDS = 10
"""A program has 5 s to end when it is asked, and its last writes land after that."""


@dataclass(frozen=True, slots=True)
class Making:
    """Makes ladders and sounds in `folder`, one folder for each content."""

    database: Database
    segments: Segments
    outcomes: Outcomes
    run_segments: int

    async def plan(
        self, content_id: str, job_id: str, failed: Sequence[str] = ()
    ) -> tuple[list[str], list[tuple[int, int]]]:
        """Begin what is due; return its ids, and the runs (first segment, count) it lacks.

        What another job is making is left to it, and what failed in this one stays so. Ids, not
        names: where other colours are chosen meanwhile, rows of the same names are another job's.
        """
        due = (await self._subject(content_id)).due
        if await self._is_making_elsewhere(content_id, job_id):
            due = tuple(row for row in due if row.state is not State.MAKING)
        chosen = [row.id for row in due if row.id not in failed]
        subject = await self._begun(content_id, chosen)
        missing = await self._list_missing(subject)
        wanted = sorted({index for indices in missing.values() for index in indices})
        runs = plan_runs(wanted, self.run_segments)
        return chosen, [(each.first, each.count) for each in runs]

    async def encode(
        self, on_share: OnShare, content_id: str, chosen: Sequence[str], first: int, count: int
    ) -> None:
        """Make what these renditions lack among segments first .. first+count-1, from one decode.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tool could not do (`media.*`, `tool.*`, `render.*`).
        """
        subject = await self._begun(content_id, chosen)
        missing = await self._list_missing(subject)
        whole = 0 if subject.stream is None or subject.stream.grid is None else first + count
        for lacking, run in _plan_groups(missing, range(first, whole)):
            share = _Share(subject, lacking[-1], on_share)
            outcome = await self.segments.make_some(
                subject, lacking, run.first, run.count, on_segment=share.note
            )
            if outcome.damage is not None:
                await self._note_damage(content_id, outcome.damage)
        await self._note_progress(subject, first + count)

    async def encode_sound(self, content_id: str, chosen: Sequence[str]) -> list[str]:
        """Make what is missing of the sounds of these, each stretch in one stream.

        Return the ids of further sounds that failed, which keeps no other from being made.
        """
        subject, failed = await self._begun(content_id, chosen), list[str]()
        for name in filter(is_sound, subject.names):
            try:
                await self._encode_one(subject, name)
            except (DecodeFailed, *BREAKS):
                if name == SOUND:
                    raise
                failed += await self._encode_again(subject, name)
        return failed

    async def _encode_one(self, subject: Subject, name: str) -> None:
        missing = await self.segments.list_missing(subject, name)
        for run in plan_runs(missing, LONGEST_SOUND):
            await self.segments.make_some(subject, [name], run.first, run.count)

    async def _encode_again(self, subject: Subject, name: str) -> list[str]:
        """Try a further sound once more; return the ids of what failed with it."""
        try:
            await self._encode_one(subject, name)
        except (DecodeFailed, *BREAKS) as error:
            rows = [row for row in subject.due if row.kind is Kind.TRACK and row.name == name]
            await self.outcomes.fail_some(rows, error.code, error.message)
            return [row.id for row in rows]
        return []

    async def _list_missing(self, subject: Subject) -> dict[str, set[int]]:
        names = [name for name in subject.names if not is_sound(name)]
        return {name: set(await self.segments.list_missing(subject, name)) for name in names}

    async def finish(self, content_id: str, rendition_id: str) -> None:
        """Put a rendition's file together, keep it, and say that it is ready.

        A rendition that is ready or failed already stays as it is.
        """
        subject = await self._subject(content_id)
        rendition = next((each for each in subject.renditions if each.id == rendition_id), None)
        if rendition is None or rendition.state is not State.MAKING:
            return
        target = self.folder / subject.content.id / rendition.file_name
        layout = await self._assemble(subject, rendition, target)
        await self.outcomes.finish(rendition, target, _made(layout))

    @property
    def folder(self) -> Path:
        """Return where segments stand, a folder for each content."""
        return self.segments.folder

    async def list_unfinished(self, content_id: str, chosen: Sequence[str]) -> list[str]:
        """Return the ids of those of these that are to be put together, lowest first."""
        subject = await self._begun(content_id, chosen)
        return [each.id for each in subject.due if each.state is State.MAKING]

    async def sweep(self, content_id: str) -> None:
        """Remove segments of a content that are in its files now, or that nobody wants.

        While other qualities wait or are made, theirs stay, and those of the sound.
        """
        kept = await self._list_wanted(content_id)
        await asyncio.to_thread(_sweep, self.folder / content_id, kept)

    async def _list_wanted(self, content_id: str) -> set[str]:
        """Return the names of shelves and files that somebody may want still."""
        try:
            subject = await self._subject(content_id)
        except ContentGone:
            return set()
        wanted = [row for row in subject.renditions if row.state is not State.FAILED]
        if not wanted or subject.stream is None:
            return set()
        names = {SOUND, *(row.name for row in wanted)}
        shelves = {self.segments.shelf(subject, name).folder.name for name in names}
        return shelves | {row.file_name for row in wanted}

    async def clear(self, content_id: str) -> None:
        """Remove the segments of a deleted content; a program that is ended just now may write on.

        What still comes after `CLEAR_ROUNDS` seconds goes with the leftovers.
        """
        for _ in range(CLEAR_ROUNDS):
            await self.sweep(content_id)
            await asyncio.sleep(1)
            if not (self.folder / content_id).exists():
                return

    async def _assemble(self, subject: Subject, rendition: Rendition, target: Path) -> Layout:
        stream, picture, part, timecode = subject.stream, None, None, None
        name = rendition.name if rendition.kind is Kind.TRACK else SOUND
        sound = None if stream is None else stream.find_sound(name)
        if sound is not None:
            part = SoundPart(self.segments.shelf(subject, name), sound.cuts)
        if stream is not None and stream.grid is not None and rendition.kind is Kind.PROXY:
            picture = PicturePart(self.segments.shelf(subject, rendition.name), stream.grid)
            timecode = _timecode(subject.info, stream.grid)
        return await assemble(rendition.name, target, picture, part, timecode)

    async def _begun(self, content_id: str, chosen: Sequence[str]) -> Subject:
        """Return these of a content, begun; what failed in an earlier try is begun again."""
        await self.outcomes.begin((await self._subject(content_id)).narrowed(chosen).due)
        return (await self._subject(content_id)).narrowed(chosen)

    async def _is_making_elsewhere(self, content_id: str, job_id: str) -> bool:
        """Say whether another job makes something of this content now."""
        wanted = JobFilter(states=(JobState.RUNNING,), workflow=LADDER, subject=content_id)
        async with self.database.reading() as connection:
            jobs = await job_records.list_jobs(connection, wanted, JOBS_AT_MOST)
        return any(job.id != job_id for job in jobs)

    async def _subject(self, content_id: str) -> Subject:
        return await read_subject(self.database, content_id, self.segments.top)

    async def _note_progress(self, subject: Subject, done: int) -> None:
        async with self.database.transaction() as connection:
            for rendition in subject.renditions:
                await records.record_progress(connection, rendition.id, done)

    async def _note_damage(self, content_id: str, words: str) -> None:
        async with self.database.transaction() as connection:
            await library_records.record_trouble(
                connection, content_id, "media.damaged", f"Parts of it cannot be read: {words}"
            )


class _Share:
    """Tells how much of a picture is made, by the segments of its highest rung."""

    def __init__(self, subject: Subject, name: str, on_share: OnShare) -> None:
        self._name, self._on_share = name, on_share
        stream = subject.stream
        self._whole = max(1, 0 if stream is None else stream.count_of(name))

    async def note(self, name: str, index: int) -> None:
        """Take note of a segment that landed."""
        if name == self._name:
            await self._on_share((index + 1) / self._whole)


def _plan_groups(
    missing: Mapping[str, set[int]], indices: Iterable[int]
) -> Iterator[tuple[list[str], Stretch]]:
    """Yield stretches of these segments with the rungs that lack all of each, lowest first."""
    for names, group in groupby(
        indices, lambda index: [name for name in missing if index in missing[name]]
    ):
        found = list(group)
        if names:
            yield names, Stretch(found[0], len(found))


def _sweep(folder: Path, kept: set[str]) -> None:
    """Remove a folder, or all in it but the shelves that are kept."""
    if not kept or not folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path.name in kept or path.name.startswith("."):  # attempts of whoever is at work
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _timecode(info: MediaInfo, grid: Grid) -> Timecode | None:
    """Return the number of the first picture, where each picture has one."""
    same = info.video is not None and info.video.frame_rate == grid.rate
    return parse_timecode(info.timecode, grid.rate) if same else None


def _made(layout: Layout) -> Made:
    tracks: Sequence[int] = [track.average for track in layout.tracks]
    return Made(
        size_bytes=layout.size_bytes,
        digest=bytes.fromhex(layout.digest),
        width=layout.width or None,
        height=layout.height or None,
        bitrate=sum(tracks),
        layout=format_layout(layout),
    )
