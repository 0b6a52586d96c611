"""Check: rows against stores, both ways, and some of the bytes; what is lost is mended if asked.

    rows by key ─┐
                 ├─> missing, resized, unknown ──> bytes read again ──> lost ──> mended
    list of keys ┘

1. A store that lacks an object twice, ten minutes apart, has lost it; a person who asks for repair
   needs it missed only once. Wrong bytes are lost at once.
2. What no row tells of is reported, and never deleted.
3. The report stands in a row; what is lost is told as an event each, and the check's as an alert.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.stores.store import NotFound, Vault
from rushes.tiers import check_records
from rushes.tiers.check_records import PAGE, Check
from rushes.tiers.comparing import Differences, Tally, compare
from rushes.tiers.copy import Keeper
from rushes.tiers.locate import Locator
from rushes.tiers.losses import Losses
from rushes.tiers.mend import Mending
from rushes.tiers.placement import Placement, Tier
from rushes.tiers.scrub import EVERYTHING, Scrub
from rushes.uploads.direct import LANDING

NAMED: Final = 100
"""So many keys that nobody knows are named in a report; all are counted."""
MOST_LISTED: Final = 50

ASKED, RUNNING, DONE, FAILED = "asked", "running", "done", "failed"


class CheckNotFound(RushesError):
    """There is no such check."""

    code = "tier.check_not_found"
    kind = Kind.MISSING


@dataclass(frozen=True, slots=True)
class Checking:
    """Compares rows and stores."""

    database: Database
    clock: Clock
    stores: Mapping[Tier, Vault]
    losses: Losses
    scrub: Scrub
    mending: Mending
    scrub_bytes: int
    page: int = PAGE
    """So many objects, or rows, are held in memory at once."""

    async def ask(self, actor: str, *, is_full: bool, repairs: bool) -> Check:
        """Ask a worker for a check; with `is_full` it reads every byte."""
        check = self._new(actor, is_full=is_full, repairs=repairs)
        async with self.database.transaction() as connection:
            await check_records.record_check(connection, check)
            await outbox.record(connection, self._event(EventType.TIER_CHECK_ASKED, check, {}))
        return check

    async def run_now(self, actor: str, *, is_full: bool = False, repairs: bool = True) -> Check:
        """Check here and now; return what was found."""
        check = self._new(actor, is_full=is_full, repairs=repairs)
        async with self.database.transaction() as connection:
            await check_records.record_check(connection, check)
        await self.run(check.id)
        return await self.get(check.id)

    async def run_daily(self) -> None:
        """Check as every day: some of the bytes, and what is lost is mended."""
        await self.run_now(SYSTEM_ACTOR)

    async def get(self, check_id: str) -> Check:
        """Return a check.

        Raises:
            CheckNotFound: there is none.
        """
        async with self.database.reading() as connection:
            check = await check_records.find_check(connection, check_id)
        if check is None:
            raise CheckNotFound("There is no such check. `rushes tiers check` makes one.")
        return check

    async def list_newest(self) -> list[Check]:
        """Return the last checks, newest first."""
        async with self.database.reading() as connection:
            return await check_records.list_checks(connection, MOST_LISTED)

    async def run(self, check_id: str) -> None:
        """Carry a check out; one whose worker died begins again.

        Raises:
            CheckNotFound: there is none.
        """
        check = await self.get(check_id)
        tallies = {tier: Tally() for tier in self.stores}
        unknown: list[str] = []
        await self._write(check, RUNNING, tallies, unknown)
        for tier, store in self.stores.items():
            tally = tallies[tier]
            try:
                await self._compare(check, tier, store, tally, unknown)
                budget = EVERYTHING if check.is_full else self.scrub_bytes
                await self.scrub.read(tier, store, tally, budget)
            except RushesError as error:
                tally.trouble = f"{error.code}: {error}"
            await self._write(check, RUNNING, tallies, unknown)
        if check.repairs:
            for tier, tally in tallies.items():
                await self.mending.mend_all(tier, tally)
        else:
            for tally in tallies.values():
                tally.lost = tally.wrong + tally.missing + tally.resized
        is_failed = any(tally.trouble for tally in tallies.values())
        await self._write(check, FAILED if is_failed else DONE, tallies, unknown)

    async def _compare(
        self, check: Check, tier: Tier, store: Vault, tally: Tally, unknown: list[str]
    ) -> None:
        after = ""
        while True:
            objects = dict(await store.list_sizes("", after, self.page))
            until = max(objects, key=str.encode) if len(objects) >= self.page else None
            async with self.database.reading() as connection:
                known = await check_records.list_known_keys(connection, list(objects))
            async for rows, there in self._pieces(tier, after, until, objects):
                found = compare(rows, there, known)
                tally.rows += len(rows)
                tally.objects += len(there)
                await self._note(check, tier, found, tally, set(there))
                strange = [key for key in found.unknown if not key.startswith(LANDING)]
                tally.unknown += len(strange)
                unknown += [f"{tier.value}: {key}" for key in strange][: NAMED - len(unknown)]
            if until is None:
                return
            after = until

    async def _pieces(
        self, tier: Tier, after: str, until: str | None, objects: Mapping[str, int]
    ) -> AsyncIterator[tuple[list[Placement], dict[str, int]]]:
        """Yield a stretch in pieces of a page of rows, each with the objects of the same keys.

        Where a store lost all it had, one stretch without objects has every row.
        """
        left = dict(objects)
        while True:
            async with self.database.reading() as connection:
                rows = await check_records.list_stretch(connection, tier, (after, until), self.page)
            if len(rows) < self.page:
                yield rows, left
                return
            after = rows[-1].key
            there = {key: left[key] for key in left if key.encode() <= after.encode()}
            left = {key: left[key] for key in left if key not in there}
            yield rows, there

    async def _note(
        self, check: Check, tier: Tier, found: Differences, tally: Tally, there: set[str]
    ) -> None:
        for place in found.missing:
            if await self._find_size(place) is not None:
                there.add(place.key)
                continue
            if check.repairs and check.actor != SYSTEM_ACTOR:
                tally.missing += await self.losses.lose(place, "missing")
            elif await self.losses.miss(place):
                tally.missing += 1
            else:
                tally.doubted += 1
        for place in found.resized:
            if await self._find_size(place) not in {None, place.size_bytes}:
                tally.resized += await self.losses.lose(place, "another size")
        async with self.database.transaction() as connection:
            await check_records.forget_misses(connection, tier, there)

    async def _find_size(self, place: Placement) -> int | None:
        """Look again: it may have come, or be another one, since the store was listed."""
        try:
            return (await self.stores[place.tier].head(place.key)).size_bytes
        except NotFound:
            return None

    async def _write(
        self, check: Check, state: str, tallies: Mapping[Tier, Tally], unknown: list[str]
    ) -> None:
        report: dict[str, object] = {
            "tiers": {tier.value: asdict(tally) for tier, tally in tallies.items()},
            "unknown": unknown,
        }
        is_over = state in {DONE, FAILED}
        ended_at = self.clock.now() if is_over else None
        lost = sum(tally.lost for tally in tallies.values())
        repaired = sum(tally.repaired for tally in tallies.values())
        async with self.database.transaction() as connection:
            await check_records.write_check(connection, check.id, state, report, ended_at)
            if is_over and (lost or repaired or state == FAILED):
                facts = {"state": state, "lost": lost, "repaired": repaired}
                await outbox.record(connection, self._event(EventType.TIER_ALERT, check, facts))

    def _new(self, actor: str, *, is_full: bool, repairs: bool) -> Check:
        now = self.clock.now()
        return Check(
            id=ids.new(Prefix.CHECK, now, self.clock.entropy(ENTROPY_BYTES)),
            state=ASKED,
            is_full=is_full,
            repairs=repairs,
            actor=actor,
            report={},
            created_at=now,
            ended_at=None,
        )

    def _event(self, what: EventType, check: Check, facts: Mapping[str, object]) -> Event:
        now = self.clock.now()
        return Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=what,
            created_at=now,
            actor=check.actor,
            subject=check.id,
            data={"check_id": check.id, **facts},
        )


def open_checking(keeper: Keeper, locator: Locator, scrub_bytes: int) -> Checking:
    """Return what checks the tiers of a keeper; a daily check reads so many bytes of each."""
    database, clock = keeper.database, keeper.clock
    losses = Losses(database, clock)
    return Checking(
        database=database,
        clock=clock,
        stores={
            Tier.ARCHIVE: keeper.archive,
            Tier.EDGE: keeper.edge.store,
            **keeper.edge.further,
        },
        losses=losses,
        scrub=Scrub(database, clock, losses, keeper.flow),
        mending=Mending(database, keeper, locator, losses),
        scrub_bytes=scrub_bytes,
    )
