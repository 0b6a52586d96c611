"""Movements between tiers while workers are killed and stores fail, and the reckoning.

    keep, recall, evict, repair ──> a worker that is killed ──> proxies that lie ──> real stores

1. A life is a worker with a few moves at once. It ends by itself, or by kill -9 after so many
   requests as chance says; the next one comes when the claims of the dead have run out.
2. Meanwhile each store slows down, hangs, is full, cuts and changes what it gives, gets changed
   bytes, and does what it never answers for.
3. At the end faults cease, what is not made is made, and everything is read from the stores
   themselves: each object is where its row says, with its bytes, and nothing is left over.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from rushes.clock import Clock
from rushes.db.engine import Database, open_database
from rushes.db.migrate import migrate
from rushes.db.movement_tables import movements
from rushes.db.tables import placements
from rushes.sections import StoreSettings
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import NotFound
from rushes.tiers.placement import State, Tier
from tests.faults.long.journal import KIB, MIB, Lost
from tests.support.filed import Files
from tests.support.handing import layout_of
from tests.support.lying_proxy import (
    Lie,
    LyingProxy,
    Request,
    change_body,
    error,
    flip,
)
from tests.support.object_stores import BUCKET, ObjectServer, create_bucket
from tests.support.radosgw import serve_radosgw
from tests.support.stored import FOUND, read
from tests.support.swift import serve_swift

HOUSE = Path(__file__).parents[3]
AT_ONCE = 4
KILLS = 0.75
"""So many lives end by a kill."""
REQUESTS_A_MOVE = 5
DAMAGES = 0.3
"""So often an object is damaged before a life, where another copy is left."""
CALM_LIVES = 12
LIFE_SECONDS = 600
SHIFT_SECONDS = 120
"""Later each life: longer than a claim, and than the rest of what has left."""
WEEK_SECONDS = 8 * 86_400

Store = FolderStore | S3Store


def is_read(request: Request) -> bool:
    """Say whether bytes of an object are asked for."""
    return request.method == "GET" and "range" in request.headers


def is_sent(request: Request) -> bool:
    """Say whether bytes are sent."""
    return request.method == "PUT" and bool(request.body)


def is_change(request: Request) -> bool:
    """Say whether the store is to change something."""
    return request.method in {"PUT", "POST", "DELETE"}


def is_any(_request: Request) -> bool:
    """Say yes."""
    return True


FAULTS: dict[str, Callable[[int], Lie]] = {
    "slow down": lambda times: Lie(is_any, times, instead=error(503, "SlowDown")),
    "time-out": lambda _: Lie(is_any, 1),
    "truncated": lambda times: Lie(
        is_read, times, after=lambda told: replace(told, cut=max(1, len(told.body) // 2))
    ),
    "altered": lambda times: Lie(
        is_read, times, after=lambda told: change_body(told) if told.body else told
    ),
    "altered on the way": lambda times: Lie(
        is_sent, times, before=lambda asked: replace(asked, body=flip(asked.body))
    ),
    "lost answer": lambda times: Lie(is_change, times, after=lambda _: None),
    "full": lambda times: Lie(is_change, times, instead=error(507, "InsufficientStorage")),
}


@dataclass(frozen=True, slots=True)
class Item:
    """An object whose bytes we know, and where it is given from: its path in the depot."""

    object_id: str
    content: bytes = field(repr=False)
    path: Path


@dataclass(frozen=True, slots=True)
class Move:
    """Something that was asked for."""

    kind: str
    object_id: str


@dataclass(slots=True)
class Story:
    """What happened, in figures."""

    begun: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    damages: int = 0
    lives: int = 0
    kills: int = 0
    objects: int = 0
    bytes: int = 0
    swept: int = 0


@dataclass(slots=True)
class Depot:
    """Two tiers, what lies on them, and what moves between them."""

    folder: Path
    database: Database
    stores: dict[Tier, Store]
    """As they are, with no proxy before them."""
    proxies: dict[Tier, LyingProxy]
    worker: asyncio.subprocess.Process
    chance: random.Random
    largest: int = 40 * MIB
    story: Story = field(default_factory=Story)
    items: dict[str, Item] = field(default_factory=dict)
    open: list[Move] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    project_id: str = ""

    @property
    def begun(self) -> int:
        """Return how many movements were asked for."""
        return self.story.begun.total()

    async def play(self, count: int, tell: Callable[[str], object] = lambda _: None) -> None:
        """Make so many movements under faults, then look at everything.

        Raises:
            Lost: something is not where it should be.
        """
        self.project_id = await self._files.project()
        while self.begun < count:
            if self.chance.random() < DAMAGES:
                await self._damage()
            while len(self.open) < AT_ONCE and self.begun < count:
                await self._begin(await self._choose())
            for proxy in self.proxies.values():
                self._strike(proxy)
            await self._live(self.open[:AT_ONCE], is_hasty=True)
            tell(f"{self.begun}: {self.story.kills} kills, {self.story.faults.total()} faults")
        await self._come_to_rest()
        await self.reckon()

    @property
    def _files(self) -> Files:
        return Files(self.database, Clock())

    async def _begin(self, move: Move) -> None:
        self.open.append(move)
        self.story.begun[move.kind] += 1

    async def _choose(self) -> Move:
        busy = {move.object_id for move in self.open}
        if broken := sorted(self.damaged - busy):
            return Move("repair", self.chance.choice(broken))
        both, far = await self._list_renditions(busy)
        if both and self.chance.random() < 0.35:
            return Move("evict", self.chance.choice(both))
        if far and self.chance.random() < 0.5:
            return Move("recall", self.chance.choice(far))
        return Move("keep", await self._make())

    async def _list_renditions(self, busy: set[str]) -> tuple[list[str], list[str]]:
        """Return renditions that are on both tiers, and those in the archive alone."""
        rows = await self._list_rows()
        there = {place for place, row in rows.items() if row.state == State.PRESENT.value}
        ours = [
            each
            for each in sorted(set(self.items) - busy - self.damaged)
            if each.startswith("rnd_") and (each, Tier.ARCHIVE) in there
        ]
        both = [each for each in ours if (each, Tier.EDGE) in there]
        return both, [each for each in ours if each not in both]

    async def _make(self) -> str:
        """Lay down an original or a rendition that is to be kept; return its id."""
        size = self.chance.randrange(1_000, 64 * KIB)
        if self.chance.random() < 0.2:
            size = self.chance.randrange(64 * KIB, self.largest)
        content = self.chance.randbytes(size)
        if self.chance.random() < 0.3:
            filed = await self._files.asset(content, project_id=self.project_id)
            object_id, path = filed.content_id, self.folder / "spool" / filed.upload_id
        else:
            filed = await self._files.asset(content[:900], project_id=self.project_id)
            name = self.chance.choice(["360p", "720p"])
            object_id = await self._files.rendition(
                filed, name, content=content, layout=layout_of(name, content)
            )
            path = self.folder / object_id
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        self.items[object_id] = Item(object_id, content, path)
        return object_id

    async def _damage(self) -> None:
        """Change or take away one of the two copies of something that nobody moves."""
        both, _ = await self._list_renditions({move.object_id for move in self.open})
        if not both:
            return
        object_id, tier = self.chance.choice(both), self.chance.choice([Tier.ARCHIVE, Tier.EDGE])
        key = str((await self._list_rows())[object_id, tier].key)
        content = flip(self.items[object_id].content) if self.chance.random() < 0.5 else None
        await spoil(self.stores[tier], key, content)
        self.damaged.add(object_id)
        self.story.damages += 1

    def _strike(self, proxy: LyingProxy) -> None:
        """Let a store fail in one or two ways for a while."""
        names = self.chance.sample(sorted(FAULTS), self.chance.choice([0, 1, 2, 2]))
        proxy.lies = [FAULTS[name](self.chance.randrange(1, 5)) for name in names]
        self.story.faults.update(names)

    async def _live(self, moves: list[Move], *, is_hasty: bool, later: float = 0) -> None:
        """Let a worker make these moves, and kill it in the middle if chance says so."""
        self.story.lives += 1
        shift = SHIFT_SECONDS * self.story.lives + later
        asked = [(move.kind, move.object_id) for move in moves]
        order = {"shift": shift, "is_hasty": is_hasty, "moves": asked}
        for proxy in self.proxies.values():
            proxy.seen.clear()
        is_killed = is_hasty and self.chance.random() < KILLS
        fatal = self.chance.randrange(1, REQUESTS_A_MOVE * len(moves)) if is_killed else None
        async with asyncio.timeout(LIFE_SECONDS):
            done = await self._watch(json.dumps(order), fatal)
        for number in done:
            self.open.remove(moves[number])
            if moves[number].kind == "repair":
                self.damaged.discard(moves[number].object_id)

    async def _watch(self, order: str, fatal: int | None) -> list[int]:
        """Return the numbers of the moves that were made until the worker's end.

        Raises:
            Lost: it ended by a mistake of its own.
        """
        assert self.worker.stdin is not None
        self.worker.stdin.write(f"{order}\n".encode())
        _, pid = await self._hear()
        killing = asyncio.create_task(self._kill(int(pid), fatal))
        done: list[int] = []
        try:
            while (line := await self._hear())[0] != "ended":
                if line[0] == "done":
                    done.append(int(line[1]))
                else:
                    self.story.troubles[line[2]] += 1
        finally:
            killing.cancel()
            with suppress(asyncio.CancelledError):
                await killing
        if line[1] not in {"0", str(-signal.SIGKILL)}:
            raise Lost(f"a worker ended with {line[1]}")
        self.story.kills += line[1] != "0"
        return done

    async def _hear(self) -> list[str]:
        assert self.worker.stdout is not None
        line = (await self.worker.stdout.readline()).decode().split()
        if not line:
            raise Lost("there is no worker any more")
        return line

    async def _kill(self, pid: int, fatal: int | None) -> None:
        """Kill a worker once the stores have seen so many of its requests."""
        if fatal is None:
            return
        while sum(len(proxy.seen) for proxy in self.proxies.values()) < fatal:  # noqa: ASYNC110 - a count, not a moment
            await asyncio.sleep(0.002)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def _come_to_rest(self) -> None:
        """Make what is still open without any fault, mend, and sweep as if a week had gone by.

        Raises:
            Lost: something can never be made.
        """
        for proxy in self.proxies.values():
            proxy.lies.clear()
        for _ in range(CALM_LIVES):
            if not self.open:
                break
            await self._live(self.open[:AT_ONCE], is_hasty=False)
        if self.open:
            raise Lost(f"never made: {self.open}; {dict(self.story.troubles)}")
        before = await self._count_multiparts()
        for kind in ("repair", "sweep"):
            await self._begin(Move(kind, ""))
            await self._live(list(self.open), is_hasty=False, later=WEEK_SECONDS)
        if self.open:
            raise Lost(f"the end was not clean: {self.open}; {dict(self.story.troubles)}")
        self.story.swept = before - await self._count_multiparts()

    async def _list_rows(self) -> dict[tuple[str, Tier], Any]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(select(placements))).all()
        return {(row.object_id, Tier(row.tier)): row for row in rows}

    async def _count_multiparts(self) -> int:
        buckets = [store for store in self.stores.values() if isinstance(store, S3Store)]
        return sum([len(await bucket.list_multiparts()) for bucket in buckets])

    async def reckon(self) -> None:
        """Compare rows, stores and what we know, byte by byte.

        Raises:
            Lost: they differ.
        """
        rows = await self._list_rows()
        for object_id in self.items:
            row = rows.get((object_id, Tier.ARCHIVE))
            if row is None or row.state != State.PRESENT.value:
                raise Lost(f"the archive lacks {object_id}: {row and row.state}")
        for (object_id, tier), row in rows.items():
            await self._compare(object_id, self.stores[tier], row)
        known = {(tier, row.key) for (_, tier), row in rows.items()}
        for tier, store in self.stores.items():
            strange = {(tier, key) for key in await store.list_keys()} - known
            if strange:
                raise Lost(f"no row tells of {strange}")
        if left := await self._count_multiparts():
            raise Lost(f"{left} multiparts are left")
        async with self.database.reading() as connection:
            if (await connection.execute(select(movements))).all():
                raise Lost("a row tells of a multipart that is gone")

    async def _compare(self, object_id: str, store: Store, row: Any) -> None:
        """Compare one row with its object; a row that says absent has none."""
        content = await find(store, row.key)
        if row.state == State.PRESENT.value:
            if content != self.items[object_id].content:
                raise Lost(f"{row.key} on the {row.tier} has other bytes, or none")
            self.story.objects += 1
            self.story.bytes += len(content)
        elif row.state != State.ABSENT.value or content is not None:
            raise Lost(f"{row.key} on the {row.tier} is {row.state}, its object: {content is None}")


async def find(store: Store, key: str) -> bytes | None:
    """Return an object's bytes, or None if there is none."""
    try:
        return await read(store, key)
    except NotFound:
        return None


async def spoil(store: Store, key: str, content: bytes | None) -> None:
    """Put other bytes where an object is, past all that is ours, or take it away."""
    if isinstance(store, S3Store):
        await store.delete(key)
        if content is not None:
            await store.call("put_object", {"Key": store.name_of(key), "Body": content})
        return
    path = store.path(key)
    path.unlink()  # what shares its bytes keeps them
    if content is not None:
        path.write_bytes(content)


def plain(settings: StoreSettings | None) -> str:
    """Return settings of a store as another process takes them; `{}` is a folder."""
    if settings is None:
        return "{}"
    told = settings.model_dump(mode="json", exclude_none=True)
    keys = {name: getattr(settings, name) for name in ("access_key", "secret_key")}
    return json.dumps(told | {name: key.get_secret_value() for name, key in keys.items() if key})


@asynccontextmanager
async def open_depot(
    folder: Path,
    url: str,
    chance: random.Random,
    *,
    archive: StoreSettings,
    edge: StoreSettings | None,
    largest: int = 40 * MIB,
) -> AsyncIterator[Depot]:
    """Open a depot over a migrated database; an edge of None is a folder."""
    async with AsyncExitStack() as stack:
        stores: dict[Tier, Store] = {}
        proxies: dict[Tier, LyingProxy] = {}
        told = []
        for tier, settings in ((Tier.ARCHIVE, archive), (Tier.EDGE, edge)):
            if settings is None:
                store: Store = await open_folder(folder / tier.value)
                told.append(plain(None))
            else:
                found = FOUND["swift" if settings.provider == "swift" else "ceph"]
                store = await open_s3(tier.value, settings, found)
                proxy = LyingProxy(str(settings.endpoint))
                proxies[tier] = await stack.enter_async_context(proxy.serve())
                there = settings.model_copy(update={"endpoint": proxy.endpoint})
                told.append(plain(there))
            stores[tier] = await stack.enter_async_context(store)
        database = open_database(url)
        stack.push_async_callback(database.close)
        worker = await stack.enter_async_context(_working([url, str(folder), *told]))
        yield Depot(folder, database, stores, proxies, worker, chance, largest)


@asynccontextmanager
async def _working(words: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.mover", *words),
        cwd=HOUSE,
        env=os.environ | {"PYTHONPATH": str(HOUSE / "src")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield worker
    finally:
        assert worker.stdin is not None
        worker.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LIFE_SECONDS):
                await worker.wait()
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


async def move_all(
    folder: str | None, edge: str, count: int, seed: int, tell: Callable[[str], object]
) -> dict[str, object]:
    """Start the stores, make so many movements, and return what happened in figures."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="rushes-moves-", dir=folder)))
        buckets = [ObjectServer(**stack.enter_context(serve_radosgw()), bucket=BUCKET)]
        if edge == "swift":
            buckets.append(ObjectServer(**stack.enter_context(serve_swift()), bucket=BUCKET))
        for each in buckets:
            create_bucket(each, BUCKET)
        url = f"sqlite:///{place / 'rushes.db'}"
        await asyncio.to_thread(migrate, url)
        archive, *near = [each.settings() for each in buckets]
        chance = random.Random(seed)  # noqa: S311 - when to pull the plug
        lost: object = 0
        async with open_depot(
            place, url, chance, archive=archive, edge=near[0] if near else None
        ) as depot:
            try:
                await depot.play(count, tell)
            except Lost as found:
                lost = str(found)
    return figures(depot.story) | {"lost": lost}


def figures(story: Story) -> dict[str, object]:
    """Return what a story comes to."""
    return {
        "movements": story.begun.total(),
        "kinds": dict(story.begun),
        "lives": story.lives,
        "kills": story.kills,
        "faults": story.faults.total(),
        "fault_kinds": dict(story.faults),
        "damages": story.damages,
        "troubles": dict(story.troubles.most_common()),
        "objects": story.objects,
        "bytes": story.bytes,
        "swept": story.swept,
    }
