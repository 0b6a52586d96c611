"""The relay: what follows from an event is started; nothing is lost, nothing is started twice.

1. It reads the outbox in order and asks the story what follows from each event.
2. It starts first and deletes the outbox row second. After a crash between the two the same start
   is asked for again, and does nothing, because the id of a call runs once for ever.
3. It looks when it is woken (a commit in this process, NOTIFY, the socketpair), and every second.
4. What others are told of an event (webhooks), and its link in the audit's chain, are written in
   the transaction in which it leaves the outbox: once, whatever crashes.
5. An event whose start fails stays in the outbox and is tried again; the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rushes.db.engine import Connection, Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.events import chain_records, outbox
from rushes.events.event import Event, EventType

LOOK_SECONDS: Final = 1.0
LOT: Final = 100
"""Events read at once."""

Argument: TypeAlias = str | int | float | None

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A wanted run of a workflow; without a queue it starts at once in this worker."""

    workflow: str
    id: str
    arguments: tuple[Argument, ...]
    queue: str | None = None
    priority: int | None = None
    project_id: str | None = None


def subject_of(event: Event) -> tuple[Argument, ...]:
    """Give a workflow the thing that the event is about."""
    return (event.subject,)


@dataclass(frozen=True, slots=True)
class Start:
    """What follows from a type of event.

    `arguments` gives the workflow's arguments, the subject first, or None where nothing follows
    from this one. The recipe is the version of the work, or is read
    from the event: another one is another piece of work.

        STORY = {
            EventType.UPLOAD_COMPLETED: (Start("ingest"),),
            EventType.ASSET_CREATED: (
                Start("ladder", recipe="r1", queue="media", priority=30),
                Start("keep", arguments=lambda event: (str(event.data["content_id"]),)),
            ),
        }
    """

    workflow: str
    arguments: Callable[[Event], tuple[Argument, ...] | None] = subject_of
    recipe: str | Callable[[Event], str] = "1"
    queue: str | None = None
    priority: int | None = None

    def call(self, event: Event) -> Call | None:
        """Return the run that follows from the event, or None."""
        arguments = self.arguments(event)
        if arguments is None:
            return None
        recipe = self.recipe if isinstance(self.recipe, str) else self.recipe(event)
        return Call(
            workflow=self.workflow,
            id=f"{self.workflow}:{arguments[0]}:{recipe}",
            arguments=arguments,
            queue=self.queue,
            priority=self.priority,
            project_id=event.project_id,
        )


Story: TypeAlias = Mapping[EventType, tuple[Start, ...]]


async def _tell_nobody(_connection: Connection, _events: Sequence[Event]) -> None:
    """Write nothing: there is nobody else to tell."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Carries events from the outbox to the engine; one in every worker.

    `start` must be safe to ask twice for the same id. `spread` writes what others are told of
    events, in the transaction in which these leave the outbox.
    """

    database: Database
    story: Story
    start: Callable[[Call], Awaitable[object]]
    spread: Callable[[Connection, Sequence[Event]], Awaitable[None]] = _tell_nobody
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled; an error that is not the database's ends it, and is raised."""
        while True:
            self._woken.clear()
            try:
                await self.relay_all()
            except (DatabaseAway, DatabaseFull) as away:
                log.warning("The outbox cannot be read", extra={"code": away.code})
            await self._rest()

    async def relay_all(self) -> int:
        """Relay what waits, each event once, oldest first; return how many were."""
        count, read = 0, [0]
        while read:
            read, done = await self._relay_lot(read[-1])
            count += done
        return count

    async def _relay_lot(self, after: int) -> tuple[list[int], int]:
        """Return the outbox numbers that were looked at, and how many of them are done."""
        if not self.database.is_sqlite:
            async with self.database.transaction() as connection:  # holds the rows it reads
                lot = await outbox.list_unrelayed(connection, LOT, after=after)
                read, done = await self._start_lot(lot)
                await self._let_go(connection, done)
            return read, len(done)
        lot = await self.database.snapshot(
            lambda connection: outbox.list_unrelayed(connection, LOT, after=after)
        )
        read, done = await self._start_lot(lot)
        if done:
            await self.database.transact(lambda connection: self._let_go(connection, done))
        return read, len(done)

    async def _start_lot(
        self, lot: Sequence[tuple[int, Event]]
    ) -> tuple[list[int], list[tuple[int, Event]]]:
        done = [(number, event) for number, event in lot if await self._follow(event)]
        return [number for number, _ in lot], done

    async def _let_go(self, connection: Connection, done: list[tuple[int, Event]]) -> None:
        told = [event for _, event in done]
        await self.spread(connection, told)
        await chain_records.append(connection, told)
        await outbox.delete_relayed(connection, [number for number, _ in done])

    async def _follow(self, event: Event) -> bool:
        try:
            for start in self.story.get(event.type, ()):
                call = start.call(event)
                if call is not None:
                    await self.start(call)
        except Exception:  # the edge of the worker: one bad event must not hold up the rest
            log.exception("An event could not be relayed", extra={"event_id": event.id})
            return False
        return True

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass
