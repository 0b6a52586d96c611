"""The mirror: what editors find in their tree follows what the library holds, by itself.

    folders      follow the names of projects, and move to Archives/ when one is finished
    files        the best proxy of each asset; a better one takes the place of the lesser
    deleted      goes, unless somebody else wrote it

1. It compares rows with what is wanted, and does what differs; so work that could not be done (a
   mount that is away) waits as what it is, and is done when it can be.
2. One process writes at a time: its lease stands in the database, and is asked again before a file
   gets its name.
3. Bytes that are not the ones we wrote are somebody's work: never replaced, never removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.media.layout import find_plain
from rushes.renditions import records as rendition_records
from rushes.tiers import editing_records as rows
from rushes.tiers import records
from rushes.tiers.editing_names import Given, Place, choose_folder, fold, free_name, wished_name
from rushes.tiers.editing_pen import Hand, OpenHand, TreeTrouble
from rushes.tiers.editing_records import Due, FileRow, FolderRow, ProjectRow, TreeRow
from rushes.tiers.editing_tree import MountAway
from rushes.tiers.locate import Locator
from rushes.tiers.noting import noting
from rushes.tiers.piecing import stream_parts
from rushes.tiers.placement import Tier

LOOK_SECONDS: Final = 10.0
LOOK_ANYWAY_SECONDS: Final = 300.0
"""How often everything is compared though no event told of a change."""

RESTED: Final = timedelta(seconds=90)
"""How long a proxy waits for a better one that is being made just now."""

AGAIN: Final = timedelta(seconds=30)
AGAIN_AT_MOST: Final = timedelta(hours=1)
PAGE: Final = 50
NAMES_AT_MOST: Final = 1_000

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mirroring:
    """Keeps the tree that `opens` gives a hand on; one of all that run writes."""

    database: Database
    clock: Clock
    locator: Locator
    opens: OpenHand
    holder: str

    async def run(self) -> None:
        """Look for what differs until cancelled."""
        seen, looked_at = -1, 0.0
        while True:
            now = asyncio.get_running_loop().time()
            if now - looked_at > LOOK_ANYWAY_SECONDS:
                seen = -1
            latest = await self.round(seen)
            if latest != seen:
                seen, looked_at = latest, now
            await asyncio.sleep(LOOK_SECONDS)

    async def round(self, seen: int = -1) -> int:
        """Do what differs, unless the last event is still the one `seen`; return the last one.

        Returns -1 where nothing could be done, or something is left for another try.
        """
        try:
            return await self._round(seen)
        except (MountAway, TreeTrouble) as trouble:
            await self._park(trouble)
        except RushesError as error:
            LOG.warning("the tree of the editors does not follow for now: %s", error)
        return -1

    async def _round(self, seen: int) -> int:
        async with self.database.reading() as connection:
            known = await rows.find_tree(connection)
            latest = await rows.find_last_event(connection)
        if known is None:
            return -1
        async with self.opens(known.tree_id, self._beat) as pen:
            held = await self._take()
            if held is None:
                return -1
            if latest == seen:
                return seen
            pen.hold(held.fence)
            await self._move_folders(pen)
            await self._remove_files(pen)
            is_done = await self._write_files(pen)
        return latest if is_done else -1

    async def _take(self) -> TreeRow | None:
        """Become the one writer, or stay it; say that the mount is back where it was away."""
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            before = await rows.find_tree(connection)
            held = await rows.take_lease(connection, self.holder, now)
            if held is not None and before is not None and before.trouble is not None:
                await self._tell(connection, EventType.TIER_MOUNT_BACK, reason=before.trouble)
        return held

    async def _park(self, trouble: RushesError) -> None:
        """Note why nothing is written; who looks sees it, and webhooks are told once."""
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            words = trouble.message
            before = await rows.record_trouble(connection, self.holder, words, now)
            if before is not None and before.trouble is None:
                LOG.warning("nothing is written for editors: %s", words)
                await self._tell(connection, EventType.TIER_MOUNT_LOST, reason=words)

    async def _beat(self, fence: int) -> bool:
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            return await rows.beat(connection, fence, now)

    async def _move_folders(self, pen: Hand) -> None:
        """Let folders follow the names of their projects, and whether these are finished."""
        async with self.database.reading() as connection:
            folders = await rows.list_folders(connection)
            projects = await rows.list_projects_of_folders(connection)
        by_project = {folder.project_id: folder for folder in folders}
        for project in projects:
            folder = by_project[project.id]
            if folder.moving_to is not None:
                folder = await self._move(pen, folder, folder.moving_to)
            others = _given(by_project.values(), but=project.id)
            wished = choose_folder(_place(project), folder.path, others)
            if wished != folder.path:
                folder = await self._move(pen, folder, wished)
            by_project[project.id] = folder

    async def _move(self, pen: Hand, folder: FolderRow, target: str) -> FolderRow:
        """Rename a folder with all that is in it; a name that somebody else has gets a number."""
        above, _, wished = target.rpartition("/")
        for number in range(1, NAMES_AT_MOST):
            name = wished if number == 1 else f"{wished} ({number})"
            moving = replace(folder, moving_to=f"{above}/{name}")
            async with self.database.transaction() as connection:
                await rows.record_folder(connection, moving)
            try:
                with noting("moved", Tier.EDITING, folder.path, to=f"{above}/{name}"):
                    await pen.move(folder.path, f"{above}/{name}")
            except FileExistsError:
                continue
            moved = replace(folder, path=f"{above}/{name}", moving_to=None)
            async with self.database.transaction() as connection:
                await rows.record_folder(connection, moved)
            return moved
        raise TreeTrouble("Too many folders of the editing tier have one name. Rename some.")

    async def _remove_files(self, pen: Hand) -> None:
        while True:
            async with self.database.reading() as connection:
                leaving = await rows.list_leaving(connection, PAGE)
                folders = {one.project_id: one for one in await rows.list_folders(connection)}
            if not leaving:
                return
            for file in leaving:
                folder = folders.get(file.project_id)
                if folder is not None and await _is_ours(pen, folder.path, file):
                    with noting("deleted", Tier.EDITING, f"{folder.path}/{file.name}"):
                        await pen.delete(folder.path, file.name)
                async with self.database.transaction() as connection:
                    await rows.delete_file(connection, file.asset_id)
                await pen.beat()

    async def _write_files(self, pen: Hand) -> bool:
        """Bring what is due; say whether nothing of it waits for another try."""
        is_done = True
        while True:
            async with self.database.reading() as connection:
                now = await records.read_clock(connection, self.clock.now())
                due = await rows.list_due(connection, now, self.clock.now() - RESTED, PAGE)
                waiting, _ = await rows.count_due(connection)
            if not due:
                return is_done and not waiting
            for each in due:
                is_done = await self._try(pen, each) and is_done

    async def _try(self, pen: Hand, due: Due) -> bool:
        """Let the trouble of one file stop no other."""
        try:
            await self._write(pen, due)
        except (MountAway, TreeTrouble):
            raise
        except RushesError as error:
            LOG.warning("%s is not written for editors now: %s", due.asset_id, error)
            await self._postpone(due, error)
            return False
        return True

    async def _postpone(self, due: Due, error: RushesError) -> None:
        async with self.database.transaction() as connection:
            now = await records.read_clock(connection, self.clock.now())
            file = await rows.find_file(connection, due.asset_id)
            file = file or _named(due, await rows.list_folded(connection, due.project_id))
            tried = replace(file, tries=file.tries + 1)
            wait = min(AGAIN * 2 ** min(file.tries, 10), AGAIN_AT_MOST)
            again = now + wait
            await rows.record_file(connection, tried, error=error.message, next_try_at=again)

    async def _write(self, pen: Hand, due: Due) -> None:
        due, parts = await self._find_plain(due)
        folder, project = await self._find_folder(due.project_id)
        foreign: set[str] = set()
        while True:
            file = await self._find_name(due, foreign)
            found = await pen.look(folder.path, file.name)
            if found is None or await _is_ours(pen, folder.path, file):
                break
            if await pen.read_digest(folder.path, file.name) == due.digest:
                await self._record(due, file, found.version, folder, project)
                return
            foreign.add(file.folded)
        source = stream_parts(self.locator, due.rendition_id, parts)
        place = f"{folder.path}/{file.name}"
        with noting("written", Tier.EDITING, place, due.size_bytes, object_id=due.rendition_id):
            version = await pen.write((folder.path, file.name), found, due, source)
        await self._record(due, file, version, folder, project)

    async def _find_plain(self, due: Due) -> tuple[Due, list[tuple[int, int]]]:
        """Return a proxy as programs of editors open it, and where its parts lie."""
        async with self.database.reading() as connection:
            made = await rendition_records.find_rendition(connection, due.rendition_id)
        plain = find_plain(made.layout) if made is not None else None
        if plain is None:
            return due, [(0, due.size_bytes)]
        size_bytes = plain.overlay.size_of(due.size_bytes)
        parts = plain.overlay.parts_of(0, size_bytes)
        return replace(due, size_bytes=size_bytes, digest=bytes.fromhex(plain.digest)), parts

    async def _find_folder(self, project_id: str) -> tuple[FolderRow, ProjectRow]:
        """Return a project's folder, given to it now where it had none."""
        async with self.database.transaction() as connection:
            project = await rows.find_project(connection, project_id)
            folders = await rows.list_folders(connection)
            if project is None:
                raise TreeTrouble("A project of an asset is unknown. This is our mistake.")
            mine = next((one for one in folders if one.project_id == project_id), None)
            if mine is None:
                path = choose_folder(_place(project), None, _given(folders))
                mine = FolderRow(project_id, project.client_slug, path, None)
                await rows.record_folder(connection, mine)
        return mine, project

    async def _find_name(self, due: Due, foreign: AbstractSet[str]) -> FileRow:
        """Return the row of a file, with a name that neither another of ours nor a foreign one has.

        A file that gets another name leaves the one before to whoever changed it.
        """
        async with self.database.transaction() as connection:
            file = await rows.find_file(connection, due.asset_id)
            if file is not None and file.folded not in foreign:
                return file
            taken = await rows.list_folded(connection, due.project_id)
            named = _named(due, taken | foreign)
            await rows.record_file(connection, named)
        return named

    async def _record(
        self, due: Due, file: FileRow, version: str, folder: FolderRow, project: ProjectRow
    ) -> None:
        """Say that a file is there, and tell of it."""
        written = replace(
            file,
            rendition_id=due.rendition_id,
            size_bytes=due.size_bytes,
            digest=due.digest,
            version=version,
            written_at=self.clock.now(),
            tries=0,
        )
        async with self.database.transaction() as connection:
            await rows.record_file(connection, written)
            await self._tell(
                connection,
                EventType.PLACEMENT_PRESENT,
                due,
                client=project.client_slug,
                project=project.project_slug,
                kind="rendition",
                name=due.quality,
                key=f"{folder.path}/{file.name}",
                size_bytes=due.size_bytes,
            )

    async def _tell(
        self, connection: Connection, what: EventType, due: Due | None = None, **facts: object
    ) -> None:
        now = self.clock.now()
        place: dict[str, object] = {}
        if due is not None:
            place = {"asset_id": due.asset_id, "content_id": due.content_id}
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=SYSTEM_ACTOR,
            subject=Tier.EDITING.value if due is None else due.rendition_id,
            project_id=None if due is None else due.project_id,
            asset_id=None if due is None else due.asset_id,
            data={**place, "tier": Tier.EDITING.value, **facts},
        )
        await outbox.record(connection, event)


async def _is_ours(pen: Hand, folder: str, file: FileRow) -> bool:
    """Say whether a file is there as we wrote it."""
    if file.digest is None:
        return False
    with contextlib.suppress(FileNotFoundError):
        found = await pen.look(folder, file.name)
        if found is None or found.size_bytes != file.size_bytes:
            return False
        if found.version == file.version:
            return True
        return await pen.read_digest(folder, file.name) == file.digest
    return False


def _named(due: Due, taken: set[str]) -> FileRow:
    extension = due.proxy_name.rpartition(".")[2]
    name = free_name(wished_name(due.file_name, extension, due.asset_id), taken)
    return FileRow(due.asset_id, due.project_id, name, fold(name))


def _place(project: ProjectRow) -> Place:
    return Place(
        client_slug=project.client_slug,
        client_name=project.client_name,
        project_slug=project.project_slug,
        project_name=project.project_name,
        is_finished=project.finished_at is not None,
    )


def _given(folders: Iterable[FolderRow], but: str | None = None) -> list[Given]:
    return [Given(one.client_slug, one.path) for one in folders if one.project_id != but]
