"""Editors whose mount is on another machine: an agent there keeps the tree, as the mirror says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import update

from rushes.access.permit import Actor, ActorKind, Role
from rushes.cli.agent import Agent, AgentRefused, run_errand
from rushes.db.tables import projects
from rushes.events.event import EventType
from rushes.http.agents import routes
from rushes.http.problem import add_problems
from rushes.tiers import editing_records
from rushes.tiers.agency import Agency, AgentUnknown
from rushes.tiers.editing_far import Ending, Errand, FarHand, Task
from rushes.tiers.editing_tree import prepare_tree
from rushes.tiers.mirror import Mirroring
from tests.support.handing import Handing
from tests.support.lying_proxy import Answer, Lie, LyingProxy
from tests.support.lying_proxy import Request as Asked
from tests.support.mirrored import Mirrored

LOW, HIGH = b"low" * 1_000, b"high" * 500_000
PATIENCE = 120


@dataclass(slots=True)
class Far:
    """A tree on another machine, and an agent beside it that needs no network."""

    mirrored: Mirrored
    tree_id: str
    contents: dict[str, bytes]
    silent_seconds: float = 60.0

    async def film(self, name: str, content: bytes = HIGH, quality: str = "720p") -> str:
        """Make a film with one quality; return the id of its asset."""
        filed = await self.mirrored.film(name)
        self.contents[await self.mirrored.proxy(filed, quality, content)] = content
        return filed.asset_id

    async def round(self, hand: FarHand | None = None, *, is_there: bool = True) -> int:
        """Let the mirror work once, with the agent or without."""
        handing = self.mirrored.handing
        far = hand or FarHand(lambda due: due.rendition_id, self.silent_seconds)
        far.hear()
        mirroring = Mirroring(
            handing.database, handing.clock, handing.locator, far.opened, "agent one"
        )
        serving = asyncio.create_task(self._serve(far)) if is_there else None
        try:
            return await mirroring.round()
        finally:
            if serving is not None:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving

    async def _serve(self, far: FarHand) -> None:
        while True:
            errand = await far.find_errand(60)
            if errand is not None:
                told = await asyncio.to_thread(
                    run_errand, errand, self.mirrored.path, self.tree_id, self._fetch
                )
                far.hear()
                far.take(told)

    def _fetch(self, path: str, _size_bytes: int) -> Iterator[bytes]:
        yield self.contents[path]


@pytest.fixture
async def far(handing: Handing, tmp_path: Path) -> Far:
    """A tree that was made ours, there."""
    (tmp_path / "tree").mkdir()
    mirrored = Mirrored(handing, tmp_path / "tree")
    await mirrored.prepare()
    return Far(mirrored, prepare_tree(mirrored.path), {})


@pytest.mark.covers("T-OR-02")
async def test_an_agent_does_all_that_the_mirror_wants(far: Far) -> None:
    """A file comes, a better one replaces it, its folder moves, and what is foreign stays."""
    mirrored = far.mirrored
    filed = await mirrored.film("take.mov")
    far.contents[await mirrored.proxy(filed, "360p", LOW)] = LOW
    first = await far.round()
    assert {"Clients/Acme/Spring/take.mp4": LOW} == mirrored.seen()

    far.contents[await mirrored.proxy(filed, "720p", HIGH)] = HIGH
    (mirrored.path / "Clients/Acme/Spring/other.mp4").write_bytes(b"somebody's")
    second = await mirrored.film("other.mov", project_id=filed.project_id, original=b"another")
    far.contents[await mirrored.proxy(second, "720p", LOW)] = LOW
    async with mirrored.handing.database.transaction() as connection:
        where = projects.c.id == filed.project_id
        await connection.execute(update(projects).where(where).values(project_name="Summer"))
    await far.round()

    expected = {"take.mp4": HIGH, "other.mp4": b"somebody's", "other (2).mp4": LOW}
    assert first > 0
    assert {f"Clients/Acme/Summer/{name}": told for name, told in expected.items()} == (
        mirrored.seen()
    )


async def test_a_tree_that_is_away_there_parks_the_work(far: Far) -> None:
    """It is told once; when the tree is back, the work is done."""
    mirrored = far.mirrored
    await far.film("take.mov")
    mirrored.path.rename(mirrored.path.with_name("away"))

    assert [-1, -1] == [await far.round(), await far.round()]
    lost = await mirrored.told(EventType.TIER_MOUNT_LOST)
    mirrored.path.with_name("away").rename(mirrored.path)
    await far.round()

    assert 1 == len(lost)
    assert {"Clients/Acme/Spring/take.mp4": HIGH} == mirrored.seen()
    assert 1 == len(await mirrored.told(EventType.TIER_MOUNT_BACK))


async def test_an_agent_that_falls_silent_is_a_mount_that_is_away(far: Far) -> None:
    """Nothing waits for it for ever, and another round goes on with it."""
    await far.film("take.mov")
    far.silent_seconds = 0.3

    assert -1 == await far.round(is_there=False)

    far.silent_seconds = 60
    assert 1 == len(await far.mirrored.told(EventType.TIER_MOUNT_LOST))
    assert await far.round() > 0
    assert {"Clients/Acme/Spring/take.mp4": HIGH} == far.mirrored.seen()


async def test_other_bytes_never_appear(far: Far) -> None:
    """The file is tried again later; nothing of it is left aside."""
    asset_id = await far.film("take.mov")
    far.contents = dict.fromkeys(far.contents, b"other" * 400_000)

    assert -1 == await far.round()

    assert {} == far.mirrored.seen()
    async with far.mirrored.handing.database.reading() as connection:
        file = await editing_records.find_file(connection, asset_id)
    assert file is not None
    assert 1 == file.tries


def test_an_errand_ends_as_the_tree_says(tmp_path: Path) -> None:
    """Whatever is in the way is told, and nothing is raised."""
    tree_id = prepare_tree(tmp_path)
    (tmp_path / "Clients/there").mkdir(parents=True)
    (tmp_path / "Clients/taken.mp4").write_bytes(b"x")
    (tmp_path / "Clients/one").mkdir()
    write = Errand(1, Task.WRITE, "Clients", name="taken.mp4", size_bytes=0, digest=EMPTY)

    def run(errand: Errand, mount: Path = tmp_path) -> Ending:
        return run_errand(errand, mount, tree_id, lambda _path, _size: iter([b""])).ending

    endings = [
        run(Errand(1, Task.MOVE, "Clients/one", target="Clients/there")),
        run(Errand(1, Task.DELETE, "Clients", name="nothing")),
        run(Errand(1, Task.READ, "Clients/nowhere", name="x")),
        run(write),
        run(replace(write, name="new.mp4", digest="0" * 64)),
        run(replace(write, name="x" * 300)),
        run(write, tmp_path / "gone"),
        run(replace(write, name="new.mp4")),
    ]

    expected = [Ending.EXISTS, Ending.DONE, Ending.MISSING, Ending.EXISTS, Ending.BROKEN]
    assert [*expected, Ending.TROUBLE, Ending.AWAY, Ending.DONE] == endings
    assert [] == [name for name in os.listdir(tmp_path / "Clients") if name.startswith(".")]  # noqa: PTH208


@pytest.mark.parametrize(
    ("folder", "name", "target"),
    [("..", "secret", ""), ("a/../..", "secret", ""), ("a", "../secret", ""), ("a", "", "../b")],
)
def test_a_path_that_leads_out_of_the_tree_is_left_alone(
    tmp_path: Path, folder: str, name: str, target: str
) -> None:
    """Whoever the server is."""
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"mine")
    tree_id = prepare_tree(tree)

    endings = {
        run_errand(
            Errand(1, task, folder, name=name, target=target), tree, tree_id, lambda *_: iter([])
        ).ending
        for task in Task
    }

    assert {Ending.TROUBLE} == endings
    assert ["secret", "tree"] == sorted(path.name for path in tmp_path.iterdir())


async def test_an_agent_whose_mirror_ended_comes_anew(handing: Handing) -> None:
    """Nothing would be asked of it any more, whatever it says."""
    agency = Agency(handing.database, handing.clock, handing.locator)
    session = await agency.admit("tree", lambda _due: "")
    agency.get(session.id)
    session.mirroring.cancel()
    await asyncio.wait({session.mirroring})

    with pytest.raises(AgentUnknown):
        agency.get(session.id)


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@asynccontextmanager
async def serve(handing: Handing) -> AsyncIterator[str]:
    """Serve agents and bytes on a socket of the loopback."""

    async def identify(_request: Request) -> Actor:
        return handing.actor

    app = FastAPI()
    add_problems(app)
    agency = Agency(handing.database, handing.clock, handing.locator)
    app.include_router(routes(agency, handing.signer, identify))
    app.mount("/", handing.app())
    config = uvicorn.Config(app, "127.0.0.1", 0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what others do."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - a thread and a server do it
            await asyncio.sleep(0.02)


@asynccontextmanager
async def agent_of(url: str, mount: Path) -> AsyncIterator[asyncio.Task[None]]:
    """Run an agent, and end it."""
    agent = Agent(url, "rsh_pat_any", mount, prepare_tree(mount))
    running = asyncio.create_task(agent.run())
    try:
        yield running
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, AgentRefused):
            await running


@pytest.mark.covers("T-OR-02")
async def test_an_agent_brings_the_proxy_over_a_line_that_breaks(
    handing: Handing, tmp_path: Path
) -> None:
    """What came stays, and the rest is asked for; the mount holds the file, and the row says so."""
    (tmp_path / "tree").mkdir()
    mirrored = Mirrored(handing, tmp_path / "tree")
    filed = await mirrored.film("take.mov")
    await mirrored.proxy(filed, "720p", HIGH)
    broken = Lie(is_fetched, times=2, after=cut_short)

    async with serve(handing) as url, LyingProxy(url).serve() as line:
        line.lies = [broken]
        async with agent_of(line.endpoint, mirrored.path):
            await until((mirrored.path / "Clients/Acme/Spring/take.mp4").exists)
        asked = [each.headers["range"] for each in line.seen if is_fetched(each)]

    assert {"Clients/Acme/Spring/take.mp4": HIGH} == mirrored.seen()
    assert ["bytes=0-", "bytes=1000000-", "bytes=1500000-"] == asked


def is_fetched(asked: Asked) -> bool:
    """Say whether bytes of a proxy are asked for."""
    return asked.target.startswith("/p/")


def cut_short(told: Answer) -> Answer:
    """Break off in the middle."""
    return replace(told, cut=len(told.body) // 2)


async def test_another_tree_is_kept_only_if_a_person_says_so(
    handing: Handing, tmp_path: Path
) -> None:
    """The second agent is refused; with the word of a person it takes the place of the first."""
    mounts = [tmp_path / "one", tmp_path / "two"]
    for mount in mounts:
        mount.mkdir()

    async with serve(handing) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            first = await ask(http, prepare_tree(mounts[0]))
            second = await ask(http, prepare_tree(mounts[1]))
            third = await ask(http, prepare_tree(mounts[1]), replaces=True)
            gone = await ask(http, prepare_tree(mounts[0]), session=first.json()["session"])
            busy = await ask(
                http, prepare_tree(mounts[1]), session=third.json()["session"], busy=True
            )
        async with agent_of(url, mounts[0]) as refused:
            await asyncio.wait({refused}, timeout=PATIENCE)

    assert (200, 409, 200, 410, 200) == tuple(
        each.status_code for each in (first, second, third, gone, busy)
    )
    assert "editing.other_tree" == second.json()["code"]
    assert "editing.agent_unknown" == gone.json()["code"]
    assert isinstance(refused.exception(), AgentRefused)


async def ask(http: httpx.AsyncClient, tree_id: str, **more: object) -> httpx.Response:
    asked = {"tree_id": tree_id, "wait": 0, **more}
    return await http.post("/api/v1/editing/agent", json=asked)


async def test_a_token_of_certain_projects_is_no_agents(handing: Handing) -> None:
    """The tree holds proxies of every project."""
    handing.actor = Actor(
        ActorKind.TOKEN, "acc_admin", Role.ADMIN, project_ids=frozenset({"prj_one"})
    )
    async with serve(handing) as base, httpx.AsyncClient(base_url=base) as client:
        answer = await client.post("/api/v1/editing/agent", json={"tree_id": "one", "wait": 0})

    assert (403, "access.forbidden") == (answer.status_code, answer.json()["code"])
