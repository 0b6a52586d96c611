"""Which workers live, and whose work goes to others (PostgreSQL only).

1. Every worker beats into `executors` with the database's clock, in a thread: a busy loop is not
   dead. Its first beat comes before it takes any work.
2. Every worker offers to reap, one does: an advisory lock. It hands the running workflows of a
   silent worker back to their queues, through public calls of the engine only.
3. A resumed workflow is counted anew by the engine, so lost workers are counted here; a workflow
   that lost more than five is given up.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, delete, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from rushes.db.tables import executors, recoveries
from rushes.errors import RushesError
from rushes.jobs.job import MAX_LOST
from rushes.jobs.remote import Held, Remote

BEATS_IN_A_LIFE: Final = 4
"""A worker that misses this many beats is dead: 20 s are four beats of 5 s."""

REAPER: Final = 7_201_001
"""The advisory lock under which one worker reaps."""

_NOW: Final = text("SELECT extract(epoch FROM clock_timestamp())")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Liveness:
    """The beat of one worker, and its offer to reap.

    `box` says how much its tools are shut in. `lost` and `given_up` are told the ids of workflows
    whose worker is gone, from another thread.
    """

    url: str
    executor_id: str
    version: str
    dead_after: timedelta
    remote: Remote
    lost: Callable[[str], None] = lambda _job_id: None
    given_up: Callable[[str], None] = lambda _job_id: None
    box: str | None = None
    _halt: threading.Event = field(default_factory=threading.Event)
    _strangers: frozenset[str] = frozenset()
    _engine: Engine | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Beat once, then go on in a thread; to be called before any work is taken.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        self.beat()
        self._thread = threading.Thread(target=self._run, name="liveness", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Stop beating, and say so: others need not wait. To be called when no work is left."""
        self._halt.set()
        if self._thread is not None:
            self._thread.join()
        with self._database().begin() as connection:
            self._seen(connection, 0.0)
        self._database().dispose()

    def beat(self) -> None:
        """Say that this worker lives."""
        with self._database().begin() as connection:
            self._seen(connection, _now(connection))

    def reap(self) -> list[str]:
        """Hand the work of silent workers back, unless another worker does; return its ids."""
        with self._database().begin() as connection:
            mine = text("SELECT pg_try_advisory_xact_lock(:number)")
            if not connection.execute(mine, {"number": REAPER}).scalar():
                return []
            limit = _now(connection) - self.dead_after.total_seconds()
            silent = executors.c.seen < limit
            dead = connection.execute(select(executors.c.id).where(silent)).scalars().all()
            held = [one for executor_id in dead for one in self.remote.list_held(executor_id)]
            held += self._of_strangers(connection)
            for one in held:
                self._recover(connection, one)
            busy = {one.executor_id for one in held}
            idle = [executor_id for executor_id in dead if executor_id not in busy]
            connection.execute(delete(executors).where(executors.c.id.in_(idle), silent))
        return [one.id for one in held]

    def _run(self) -> None:
        pause = self.dead_after.total_seconds() / BEATS_IN_A_LIFE
        while not self._halt.wait(pause):
            try:
                self.beat()
                self.reap()
            except (SQLAlchemyError, RushesError, TimeoutError) as trouble:
                log.warning("The beat of this worker failed: %s", trouble)

    def _recover(self, connection: Connection, held: Held) -> None:
        mine = recoveries.c.workflow_id == held.id
        lost = (connection.execute(select(recoveries.c.lost).where(mine)).scalar() or 0) + 1
        connection.execute(delete(recoveries).where(mine))
        connection.execute(insert(recoveries).values(workflow_id=held.id, lost=lost))
        if lost > MAX_LOST:
            self.given_up(held.id)
            self.remote.cancel(held.id)
        else:
            self.lost(held.id)
            self.remote.hand_back(held)
        log.warning("A worker was lost", extra={"job": held.id, "worker": held.executor_id})

    def _of_strangers(self, connection: Connection) -> list[Held]:
        """Return the work of workers that were never in the table, at the second look."""
        known = set(connection.execute(select(executors.c.id)).scalars())
        held = [one for one in self.remote.list_held() if one.executor_id not in known]
        before, self._strangers = self._strangers, frozenset(one.executor_id for one in held)
        return [one for one in held if one.executor_id in before]

    def _seen(self, connection: Connection, when: float) -> None:
        mine = executors.c.id == self.executor_id
        if connection.execute(update(executors).where(mine).values(seen=when)).rowcount:
            return
        connection.execute(
            insert(executors).values(
                id=self.executor_id,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=self.version,
                box=self.box,
                started_at=when,
                seen=when,
            )
        )

    def _database(self) -> Engine:
        if self._engine is None:
            address = make_url(self.url).set(drivername="postgresql+psycopg")
            life = int(self.dead_after.total_seconds() * 1_000)
            # A worker that freezes while it reaps must not hold the lock from the others.
            let_go = {"options": f"-c idle_in_transaction_session_timeout={life}"}
            self._engine = create_engine(
                address, pool_size=1, pool_pre_ping=True, connect_args=let_go
            )
        return self._engine


def _now(connection: Connection) -> float:
    return float(connection.execute(_NOW).scalar_one())
