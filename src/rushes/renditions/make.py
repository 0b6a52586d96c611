"""Make what is wanted: runs of segments, sound, files; each deed may run again after a crash.

1. What stands on a shelf is made; a repeated run makes only what is missing.
2. A rendition is `ready` when its file is kept, so whoever sees `ready` can have it.
3. The whole ladder comes from one decode: one run makes its segments of every rung.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.assembly import PicturePart, SoundPart, assemble
from rushes.media.facts import MediaInfo, MediaKind, parse_media_info
from rushes.media.ffmpeg import SegmentRun
from rushes.media.grid import Grid, parse_grid
from rushes.media.ladder import Quality, Rung
from rushes.media.layout import Layout, format_layout
from rushes.media.shelf import common_missing
from rushes.media.sound import SoundGrid, plan_sound, plan_sound_alone, sound_duration
from rushes.media.studio import Studio
from rushes.renditions import records
from rushes.renditions.look import ContentGone
from rushes.renditions.outcome import Outcomes
from rushes.renditions.plan import Stretch, plan_rungs, plan_runs
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind, State

OnShare = Callable[[float], Awaitable[None]]
"""Told how much of the whole is done, from 0 to 1."""

LEFTOVERS_REST = timedelta(hours=1)
"""A folder this young may belong to a run that has not heard yet that its content is gone."""

CLEAR_ROUNDS = 10
"""A program has 5 s to end when it is asked, and its last writes land after that."""

SOUND_ONLY_GRID = "alone"
"""The name of the grid of a sound without picture, which needs no other."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A content with what is known of it; `rungs` are those that are still to be made."""

    content: Content
    info: MediaInfo
    grid: Grid | None
    rungs: tuple[Rung, ...]
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class Making:
    """Makes ladders and sounds in `folder`, one folder for each content."""

    database: Database
    studio: Studio
    outcomes: Outcomes
    original: Original
    folder: Path
    top: Quality
    run_segments: int
    threads: int = 0

    async def plan(self, content_id: str) -> list[tuple[int, int]]:
        """Return the runs (first segment, count) that are missing, and begin the renditions."""
        subject = await self._begun(content_id)
        if subject.grid is None or not subject.rungs:
            return []
        studio = self._studio(subject)
        run = _run(subject, Stretch(0, subject.grid.count), self.threads)
        shelves = [studio.shelf(run, rung) for rung in subject.rungs]
        missing = await asyncio.to_thread(common_missing, shelves, subject.grid)
        return [(each.first, each.count) for each in plan_runs(missing, self.run_segments)]

    async def encode(self, content_id: str, first: int, count: int, on_share: OnShare) -> None:
        """Make segments first .. first+count-1 of every rung that is wanted.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tool could not do (`media.*`, `tool.*`, `render.*`).
        """
        subject = await self._begun(content_id)
        if subject.grid is None or not subject.rungs:
            return
        top, whole = subject.rungs[-1].quality, subject.grid.count

        async def note(name: str, index: int) -> None:
            if name == top:
                await on_share((index + 1) / whole)

        run = _run(subject, Stretch(first, count), self.threads)
        original = await self.original(content_id)
        outcome = await self._studio(subject).encode_run(original, run, note)
        await self._note_progress(subject, first + count)
        if outcome.damage is not None:
            await self._note_damage(content_id, outcome.damage)

    async def encode_sound(self, content_id: str) -> None:
        """Make the sound, where there is any, in one stream."""
        subject = await self._begun(content_id)
        cuts = _cuts(subject)
        if cuts is None or not subject.renditions:
            return
        studio = self._studio(subject)
        shelf = studio.sound_shelf(_grid_name(subject))
        if shelf.list_missing(cuts.count):
            original = await self.original(content_id)
            await studio.encode_sound(original, subject.info, cuts, shelf, _ignore)

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

    async def list_unfinished(self, content_id: str) -> list[str]:
        """Return the ids of proxies and sounds that are to be put together, lowest first."""
        subject = await self._begun(content_id)
        return [each.id for each in subject.renditions if each.state is State.MAKING]

    async def sweep(self, content_id: str) -> None:
        """Remove the segments of a content: they are in its files now, or nobody wants them."""
        await asyncio.to_thread(shutil.rmtree, self.folder / content_id, ignore_errors=True)

    async def clear(self, content_id: str) -> None:
        """Remove the segments of a deleted content; a program that is ended just now may write on.

        What still comes after `CLEAR_ROUNDS` seconds goes with the leftovers.
        """
        for _ in range(CLEAR_ROUNDS):
            await self.sweep(content_id)
            await asyncio.sleep(1)
            if not (self.folder / content_id).exists():
                return

    async def sweep_leftovers(self, now: datetime) -> int:
        """Remove old folders of contents that nobody has any more; return how many."""
        old = await asyncio.to_thread(_list_older, self.folder, now - LEFTOVERS_REST)
        async with self.database.reading() as connection:
            known = await library_records.list_known_contents(connection, old)
        gone = set(old) - known
        for content_id in gone:
            await self.sweep(content_id)
        return len(gone)

    async def _assemble(self, subject: Subject, rendition: Rendition, target: Path) -> Layout:
        studio, cuts = self._studio(subject), _cuts(subject)
        sound = None
        if cuts is not None:
            sound = SoundPart(studio.sound_shelf(_grid_name(subject)), cuts)
        picture = None
        if rendition.kind is Kind.PROXY and subject.grid is not None:
            rung = next(rung for rung in subject.rungs if rung.quality == rendition.name)
            run = _run(subject, Stretch(0, subject.grid.count), self.threads)
            picture = PicturePart(studio.shelf(run, rung), subject.grid)
        return await assemble(rendition.name, target, picture, sound)

    async def _begun(self, content_id: str) -> Subject:
        """Return what is to be made, begun; what failed in an earlier try is begun again."""
        await self.outcomes.begin((await self._subject(content_id)).renditions)
        return await self._subject(content_id)

    async def _subject(self, content_id: str) -> Subject:
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, content_id)
            rows = await records.list_of_content(connection, content_id)
        if content is None or content.facts is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        info = parse_media_info(json.dumps(content.facts["media"]))
        stored = content.facts.get("grid")
        grid = parse_grid(stored) if isinstance(stored, dict) else None
        open_rows = tuple(
            row
            for row in rows
            if row.kind in {Kind.PROXY, Kind.AUDIO} and row.state is not State.READY
        )
        names = {row.name for row in open_rows}
        rungs = plan_rungs(info, self.top) if info.kind is MediaKind.VIDEO else ()
        wanted = tuple(rung for rung in rungs if rung.quality in names)
        return Subject(content, info, grid, wanted, open_rows)

    async def _note_progress(self, subject: Subject, done: int) -> None:
        async with self.database.transaction() as connection:
            for rendition in subject.renditions:
                await records.record_progress(connection, rendition.id, done)

    async def _note_damage(self, content_id: str, words: str) -> None:
        async with self.database.transaction() as connection:
            await library_records.record_trouble(
                connection, content_id, "media.damaged", f"Parts of it cannot be read: {words}"
            )

    def _studio(self, subject: Subject) -> Studio:
        return replace(self.studio, folder=self.folder / subject.content.id)


def _run(subject: Subject, stretch: Stretch, threads: int) -> SegmentRun:
    if subject.grid is None:
        raise ValueError("There is no run without a grid.")
    return SegmentRun(
        subject.info, subject.grid, subject.rungs, stretch.first, stretch.count, threads=threads
    )


def _cuts(subject: Subject) -> SoundGrid | None:
    if not subject.info.audio:
        return None
    if subject.grid is not None:
        return plan_sound(subject.grid)
    return plan_sound_alone(sound_duration(subject.info))


def _grid_name(subject: Subject) -> str:
    return SOUND_ONLY_GRID if subject.grid is None else subject.grid.name


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


def _list_older(folder: Path, before: datetime) -> list[str]:
    with os.scandir(folder) as entries:
        return [each.name for each in entries if each.stat().st_mtime < before.timestamp()]


async def _ignore(_name: str, _index: int) -> None:
    """Take no notice."""
