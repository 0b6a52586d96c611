"""`rushes agent`: keeps the editors' folder of a mount on this machine, for a server elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from rushes.cli import logs
from rushes.cli.places import LOCAL, TokenMissing, TokenOption, UrlOption
from rushes.errors import Kind, RushesError
from rushes.stores.folder import translated
from rushes.tiers.editing_far import Ending, Errand, Outcome, Seen, Task
from rushes.tiers.editing_tree import Found, MountAway, Tree, open_tree, prepare_tree

ASK_SECONDS: Final = 60.0
"""The server holds its answer back for 10."""
BUSY_SECONDS: Final = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
TRIES: Final = 8
"""How often a line may break without a byte before an errand fails; it comes again later."""
GONE: Final = 410
FINAL: Final = frozenset({401, 403, 409, 422})

LOG: Final = logging.getLogger(__name__)


class AgentRefused(RushesError):
    """The server does not let this agent work."""

    code = "agent.refused"
    kind = Kind.FORBIDDEN


class WrongBytes(Exception):
    """What came is not what was to come."""


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("agent")(agent)


def agent(
    *,
    mount: Annotated[Path, typer.Option(help="The folder of the mount that editors work in.")],
    url: UrlOption = None,
    token: TokenOption = None,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Make a folder without a marker ours first.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep the editing tier here, not where it was.")
    ] = False,
) -> None:
    """Keep the editors' folder on this machine, for a server elsewhere; until it is stopped."""
    if token is None:
        raise TokenMissing(
            "Which token? Make one with `rushes token create agent --scope editing`, "
            "and put it into RUSHES_TOKEN."
        )
    logs.set_up("info")
    tree_id = prepare_tree(mount) if prepare else _read_id(mount)
    keeper = Agent(url or LOCAL, token, mount, tree_id, replaces=replace)
    try:
        asyncio.run(keeper.run())
    except KeyboardInterrupt:
        LOG.info("the agent was stopped; what is due waits")


def _read_id(mount: Path) -> str:
    tree = open_tree(mount, None)
    tree.close()
    return tree.tree_id


@dataclass(slots=True)
class Agent:
    """Asks a server what to do in a tree, and does it."""

    url: str
    token: str
    mount: Path
    tree_id: str
    replaces: bool = False
    _session: str | None = None

    async def run(self) -> None:
        """Work until cancelled; a server out of reach is asked again.

        Raises:
            AgentRefused: the token or the folder is not the right one.
        """
        pause = FIRST_PAUSE
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=ASK_SECONDS
        ) as http:
            outcome: Outcome | None = None
            while True:
                try:
                    errand = await self._ask(http, outcome)
                    outcome, pause = None, FIRST_PAUSE
                    if errand is not None:
                        outcome = await self._do(http, errand)
                except (httpx.HTTPError, ValueError) as error:  # or a stranger answers
                    LOG.warning("the server is out of reach: %s", type(error).__name__)
                    await asyncio.sleep(pause)
                    pause = min(LONGEST_PAUSE, 2 * pause)

    async def _ask(
        self, http: httpx.AsyncClient, outcome: Outcome | None, *, is_busy: bool = False
    ) -> Errand | None:
        """Say how it went, and return what is next."""
        asked = {
            "tree_id": self.tree_id,
            "session": self._session,
            "replaces": self.replaces,
            "busy": is_busy,
            "outcome": None if outcome is None or self._session is None else asdict(outcome),
        }
        answer = await http.post("/api/v1/editing/agent", json=asked)
        if answer.status_code in FINAL:
            raise AgentRefused(_words_of(answer))
        if answer.status_code == GONE:
            self._session = None
            return None
        answer.raise_for_status()
        told = answer.json()
        if self._session is None:
            LOG.info("the server lets this agent keep %s", self.mount)
        self._session, self.replaces = str(told["session"]), False
        return None if told["errand"] is None else _errand(told["errand"])

    async def _do(self, http: httpx.AsyncClient, errand: Errand) -> Outcome:
        """Do an errand on a thread of its own, and tell the server meanwhile that we live."""
        work = asyncio.create_task(
            asyncio.to_thread(run_errand, errand, self.mount, self.tree_id, self._fetch)
        )
        while not work.done():
            await asyncio.wait({work}, timeout=BUSY_SECONDS)
            if not work.done() and self._session is not None:
                try:
                    await self._ask(http, None, is_busy=True)
                except (httpx.HTTPError, ValueError) as error:
                    LOG.warning("the server is out of reach: %s", type(error).__name__)
        outcome = work.result()
        LOG.info("%s %s: %s %s", errand.task, errand.name, outcome.ending, outcome.detail)
        return outcome

    def _fetch(self, path: str, size_bytes: int) -> Iterator[bytes]:
        """Give the bytes of a proxy; where the line breaks, on from there. Blocks."""
        at, broken = 0, 0
        with httpx.Client(base_url=self.url, timeout=ASK_SECONDS, follow_redirects=True) as http:
            while at < size_bytes:
                try:
                    begun = at
                    for piece in _read_from(http, path, at):
                        yield piece
                        at, broken = at + len(piece), 0
                    if at == begun:
                        raise WrongBytes("the server answers with nothing")
                except httpx.TransportError:
                    broken += 1
                    if broken >= TRIES:
                        raise


def _read_from(http: httpx.Client, path: str, at: int) -> Iterator[bytes]:
    """Give the bytes from `at` on, as one answer has them.

    Raises:
        WrongBytes: there are none, or others.
    """
    asked = {"Range": f"bytes={at}-", "Accept-Encoding": "identity"}
    with http.stream("GET", path, headers=asked) as answer:
        begins = f"bytes {at}-"
        if answer.status_code == httpx.codes.OK and at == 0:
            yield from answer.iter_bytes()
            return
        told = answer.headers.get("content-range", "")
        if answer.status_code != httpx.codes.PARTIAL_CONTENT or not told.startswith(begins):
            raise WrongBytes(f"the server answers {answer.status_code}")
        yield from answer.iter_bytes()


Fetch = Callable[[str, int], Iterator[bytes]]
"""Gives the bytes at a path, of which there should be so many."""


def run_errand(errand: Errand, mount: Path, tree_id: str, fetch: Fetch) -> Outcome:
    """Do one errand in the tree, if it is surely there; nothing outside of it. Blocks."""
    if not _is_inside(errand):
        return Outcome(errand.number, Ending.TROUBLE, "the server named a path outside of the tree")
    try:
        tree = open_tree(mount, tree_id)
        try:
            return _in_tree(errand, tree, mount, fetch)
        finally:
            tree.close()
    except (MountAway, WrongBytes, httpx.HTTPError, OSError) as error:
        return Outcome(errand.number, *_ending_of(error))


def _is_inside(errand: Errand) -> bool:
    """Say whether all that an errand names lies below the tree, whoever the server is."""
    paths = [*errand.folder.split("/"), *errand.target.split("/")]
    return "/" not in errand.name and not {"..", "."} & {*paths, errand.name}


def _ending_of(error: Exception) -> tuple[Ending, str]:
    match error:
        case FileExistsError():
            return Ending.EXISTS, str(error)
        case FileNotFoundError():
            return Ending.MISSING, str(error)
        case MountAway():
            return Ending.AWAY, error.message
        case OSError():
            return Ending.TROUBLE, _meaning(error)
    return Ending.BROKEN, f"{type(error).__name__} {error}".strip()


def _in_tree(errand: Errand, tree: Tree, mount: Path, fetch: Fetch) -> Outcome:
    done = Outcome(errand.number, Ending.DONE)
    match errand.task:
        case Task.LOOK:
            return _with(done, tree.look(errand.folder, errand.name))
        case Task.READ:
            digest = tree.read_digest(errand.folder, errand.name)
            told = None if digest is None else digest.hex()
            return Outcome(errand.number, Ending.DONE, digest=told)
        case Task.MOVE:
            tree.move(errand.folder, errand.target)
        case Task.DELETE:
            tree.delete(errand.folder, errand.name)
        case Task.WRITE:
            return _with(done, _write(errand, tree, mount, fetch))
    return done


def _write(errand: Errand, tree: Tree, mount: Path, fetch: Fetch) -> Found:
    """Write a file that appears whole and as it should be.

    Raises:
        WrongBytes: other bytes came; nothing appeared.
        MountAway: the mount went meanwhile.
        OSError: as the tree has it.
    """
    folder, name, fence = errand.folder, errand.name, errand.fence
    file = tree.begin(folder, name, fence)
    try:
        digest, size_bytes = hashlib.sha256(), 0
        for piece in fetch(errand.url, errand.size_bytes):
            _put(file, piece)
            digest.update(piece)
            size_bytes += len(piece)
        os.fsync(file)
        sizes = {size_bytes, os.fstat(file).st_size}
        if digest.hexdigest() != errand.digest or sizes != {errand.size_bytes}:
            raise WrongBytes("the proxy that came is not the one that was made")
        open_tree(mount, tree.tree_id).close()  # the mount is still this one
        before = None if errand.before is None else Found(**asdict(errand.before))
        return tree.publish(folder, name, fence, before)
    finally:
        os.close(file)
        tree.discard(folder, name, fence)


def _put(file: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(file, view) :]


def _with(done: Outcome, found: Found | None) -> Outcome:
    seen = None if found is None else Seen(found.size_bytes, found.version)
    return Outcome(done.number, done.ending, found=seen)


def _meaning(error: OSError) -> str:
    try:
        with translated():
            raise error
    except RushesError as meaning:
        return meaning.message


def _errand(told: dict[str, Any]) -> Errand:
    before = told.pop("before")
    return Errand(
        **told | {"task": Task(told["task"]), "before": None if before is None else Seen(**before)}
    )


def _words_of(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"The server answers {answer.status_code}."
    return str(told.get("detail") or told.get("title") or answer.status_code)
