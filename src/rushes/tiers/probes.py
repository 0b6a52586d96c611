"""What stores were found to do: asked at set-up and once a week, kept, and judged.

A store that serves tampered, late or anonymous requests is refused. What was never asked counts as
missing: such a store works, and everything that is written to it is read back whole.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import RushesError
from rushes.stores.provider import Answers, find_faults, from_document, judge, to_document
from rushes.stores.s3 import S3Store
from rushes.stores.s3_probe import Probe
from rushes.stores.store import Refused
from rushes.tiers.probe_records import find_probe, keep_probe

ASKED_EVERY: Final = timedelta(days=7)
LOOK_SECONDS: Final = 3_600.0
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of all stores."""

    database: Database
    clock: Clock

    async def find(self, store: str) -> tuple[Answers, datetime] | None:
        """Return a store's last answers and their moment."""
        async with self.database.reading() as connection:
            row = await find_probe(connection, store)
        return None if row is None else (from_document(row[0]), row[1])

    async def recall(self, store: S3Store) -> None:
        """Let a store be used as it was last found; nothing is sent.

        Raises:
            Refused: it was found to serve what no store may.
        """
        found = await self.find(store.name)
        if found is not None:
            require_fit(store.name, found[0])
            store.abilities = judge(found[0])

    async def ask(self, store: S3Store) -> Answers:
        """Ask a store with wrong values, keep what it answered, and let it be used so.

        Raises:
            Refused: it serves what no store may; the sentence says what.
            RushesError: it cannot be asked.
        """
        answers = await Probe(store).ask_all()
        async with self.database.transaction() as connection:
            await keep_probe(connection, store.name, to_document(answers), self.clock.now())
        require_fit(store.name, answers)
        store.abilities = judge(answers)
        return answers

    async def ask_weekly(self, store: S3Store) -> None:
        """Ask a store whose answers are missing or older than a week."""
        found = await self.find(store.name)
        if found is None or self.clock.now() - found[1] >= ASKED_EVERY:
            await self.ask(store)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a store once a week what it does; one runs beside each worker."""

    probes: Probes
    store: S3Store

    async def run(self) -> None:
        """Look each hour whether it is time, until cancelled."""
        while True:
            try:
                await self.probes.ask_weekly(self.store)
            except RushesError as error:
                LOG.error("the store %s: %s", self.store.name, error.message)  # noqa: TRY400 - told
            await asyncio.sleep(LOOK_SECONDS)


def require_fit(store: str, answers: Answers) -> None:
    """Raise `Refused` if a store does what no store may."""
    if faults := find_faults(answers):
        raise Refused(
            f"The store {store} cannot be used: {'; '.join(faults)}. Use another, or mend it."
        )
