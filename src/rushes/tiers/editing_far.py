"""A hand on a tree of another machine: an agent there asks for errands, and says how they went.

    mirror ──look, move, delete, write──> FarHand ──errand──> agent ──> its tree
                                             └────────outcome──────────────┘

1. All decisions are the mirror's, as for a tree of this machine; an agent runs errands, one at a
   time, and each may come twice.
2. An agent that was not heard of for a while is a mount that is away: work waits as what it is.
3. Its bytes come by a signed address, not through here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

from rushes.stores.store import Broken
from rushes.tiers.editing_pen import Ask, TreeTrouble
from rushes.tiers.editing_records import Due
from rushes.tiers.editing_tree import MARKER, Found, MountAway

SILENT_SECONDS: Final = 60.0
"""An agent that says nothing for so long is away; it says something every ten seconds."""
BEAT_SECONDS: Final = 10.0


class Task(StrEnum):
    """What an agent may be asked to do."""

    LOOK = "look"
    READ = "read"
    MOVE = "move"
    DELETE = "delete"
    WRITE = "write"


class Ending(StrEnum):
    """How an errand may end."""

    DONE = "done"
    EXISTS = "exists"
    MISSING = "missing"
    BROKEN = "broken"
    TROUBLE = "trouble"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file of the tree, as `Found`."""

    size_bytes: int
    version: str


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to do in the tree; of `write` the bytes are at `url`, and `before` is replaced.

    `folder` and `target` are paths below the tree's root, `digest` is a SHA-256 in hex.
    """

    number: int
    task: Task
    folder: str
    name: str = ""
    target: str = ""
    fence: int = 0
    size_bytes: int = 0
    digest: str = ""
    url: str = ""
    before: Seen | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an errand went: what is there now, its digest if it was asked for, or what was wrong."""

    number: int
    ending: Ending
    detail: str = ""
    found: Seen | None = None
    digest: str | None = None


Sign = Callable[[Due], str]
"""Gives a signed address of a proxy."""


@dataclass(slots=True)
class FarHand:
    """What an agent is asked to do, and what it answered; for one event loop."""

    sign: Sign
    silent_seconds: float = SILENT_SECONDS
    _ask: Ask | None = None
    _fence: int = 0
    _number: int = 0
    _beaten_at: float = 0.0
    _heard_at: float = 0.0
    _current: Errand | None = None
    _given: asyncio.Event = field(default_factory=asyncio.Event)
    _told: asyncio.Future[Outcome] | None = None

    @asynccontextmanager
    async def opened(self, _tree_id: str, ask: Ask) -> AsyncIterator[FarHand]:
        """Give this hand for a round; the agent looks whether its tree is there.

        Raises:
            MountAway: it is not, or the agent is silent.
        """
        try:
            self._ask = None
            await self.look("", MARKER)
            self._ask = ask
            yield self
        finally:
            self._current = None
            self._given.clear()

    def hear(self) -> None:
        """Note that the agent is there."""
        self._heard_at = asyncio.get_running_loop().time()

    def take(self, outcome: Outcome) -> None:
        """Take what an agent says of its errand; what nobody waits for is passed over."""
        if self._current is None or outcome.number != self._current.number or self._told is None:
            return
        self._current = None
        self._given.clear()
        if not self._told.done():
            self._told.set_result(outcome)

    async def find_errand(self, seconds: float) -> Errand | None:
        """Return what is to be done, or None if there is nothing for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._given.wait()
        return self._current

    def _is_silent(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard_at > self.silent_seconds

    def hold(self, fence: int) -> None:
        """Take the lease that was just given."""
        self._fence, self._beaten_at = fence, asyncio.get_running_loop().time()

    async def beat(self, *, now: bool = False) -> None:
        """Prolong the lease, where it is time.

        Raises:
            TreeTrouble: another process writes now.
        """
        moment = asyncio.get_running_loop().time()
        if not now and moment - self._beaten_at < BEAT_SECONDS:
            return
        if self._ask is not None and not await self._ask(self._fence):
            raise TreeTrouble("Another worker writes to the editing tier now.")
        self._beaten_at = moment

    async def look(self, folder: str, name: str) -> Found | None:
        """Return what the filesystem says of a file; None where there is none."""
        told = await self._send(Task.LOOK, folder, name=name)
        return None if told.found is None else Found(**asdict(told.found))

    async def read_digest(self, folder: str, name: str) -> bytes | None:
        """Return the SHA-256 of a file; None of what is no file, or is closed to the agent."""
        told = await self._send(Task.READ, folder, name=name)
        return None if told.digest is None else bytes.fromhex(told.digest)

    async def move(self, folder: str, target: str) -> None:
        """Rename a project's folder; a second call finds it done."""
        await self._send(Task.MOVE, folder, target=target)

    async def delete(self, folder: str, name: str) -> None:
        """Remove a file, and its folders where they are empty now."""
        await self._send(Task.DELETE, folder, name=name)

    async def write(
        self, at: tuple[str, str], before: Found | None, due: Due, source: AsyncIterator[bytes]
    ) -> str:
        """Have a file written that appears whole and as it should be; return its version.

        Raises:
            Broken: other bytes came, or the name was taken; nothing appeared.
            TreeTrouble, MountAway: see `_send`.
        """
        del source  # the agent reads it at its address
        await self.beat(now=True)
        try:
            told = await self._send(
                Task.WRITE,
                at[0],
                name=at[1],
                fence=self._fence,
                size_bytes=due.size_bytes,
                digest=due.digest.hex(),
                url=self.sign(due),
                before=None if before is None else Seen(before.size_bytes, before.version),
            )
        except FileExistsError:
            raise Broken("Somebody wrote to this name meanwhile; it stays theirs. Again.") from None
        except FileNotFoundError:
            raise Broken("What was written for editors went under our hands. Again.") from None
        await self.beat(now=True)
        if told.found is None:
            raise Broken("The agent of the editing tier says nothing of what it wrote. Again.")
        return told.found.version

    async def _send(self, task: Task, folder: str, **more: object) -> Outcome:
        """Let the agent do something, prolonging the lease while it does.

        Raises:
            FileNotFoundError, FileExistsError: it is about this name alone.
            Broken: other bytes came than should.
            TreeTrouble: the tree fails as a whole, or somebody else writes there.
            MountAway: the tree is away, or the agent.
        """
        self._number += 1
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._told, self._current = told, _errand(self._number, task, folder, more)
        self._given.set()
        while not told.done():
            await asyncio.wait({told}, timeout=self.silent_seconds / 10)
            if not told.done() and self._is_silent():
                raise _away()
            await self.beat()
        return _judge(told.result())


def _errand(number: int, task: Task, folder: str, more: dict[str, object]) -> Errand:
    known: dict[str, object] = {"number": number, "task": task, "folder": folder}
    return Errand(**(known | more))  # type: ignore[arg-type] # each caller names fields of it


def _away() -> MountAway:
    return MountAway("The agent of the editing tier is away. Work waits, and goes on with it.")


def _judge(told: Outcome) -> Outcome:
    match told.ending:
        case Ending.DONE:
            return told
        case Ending.EXISTS:
            raise FileExistsError(told.detail)
        case Ending.MISSING:
            raise FileNotFoundError(told.detail)
        case Ending.BROKEN:
            raise Broken("The proxy that came for editors is not the one that was made. Again.")
        case Ending.AWAY:
            raise MountAway(f"The agent's folder is not there: {told.detail}")
        case Ending.TROUBLE:
            raise TreeTrouble(f"Nothing is written for editors: {told.detail}")
