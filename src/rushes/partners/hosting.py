"""Hosting: what is wanted of partners is carried out, and what came of it is written down.

    claim what is due ──> begin ──> send ──> look ──> ... ──> look ──> ready
                           (withdrawing: remove)

1. A claim lasts a minute and is renewed while its work goes on; one that died with its worker is
   taken up by another, which asks the partner how much it has and sends the rest.
2. Whoever was overtaken (by a person, or after a long pause) writes nothing any more.
3. Nothing sleeps in a place: what waits for a partner has the time of its next look in its row.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from rushes.access import records as access_records
from rushes.access.seal import Sealer
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.trouble import DatabaseAway, DatabaseFull
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.intake.verdict import Scan
from rushes.library import records as library_records
from rushes.library.asset import AssetNotFound
from rushes.partners import records
from rushes.partners.call import KNOWN_FOR
from rushes.partners.copy import Partner, PartnerCopy, PartnerUnexpected, State
from rushes.partners.host import Host, Parcel
from rushes.partners.telling import tell

LEASE: Final = timedelta(seconds=60)
BEAT_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 2.0
FORGET_EVERY: Final = timedelta(hours=6)
TOKEN_BYTES: Final = 16

TOLD: Final = {
    State.READY: EventType.PARTNER_READY,
    State.FAILED: EventType.PARTNER_FAILED,
    State.REMOVED: EventType.PARTNER_REMOVED,
}
"""What is told of a state that was reached."""

log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Somebody else is at it now."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """Carries out what is wanted of partners; one runs beside each worker.

    `read` gives the bytes of a content's original from an offset on.
    """

    database: Database
    clock: Clock
    sealer: Sealer
    hosts: Mapping[Partner, Host]
    read: Callable[[str, int], AsyncGenerator[bytes, None]]
    at_once: int = 2
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look now; call it on the event loop of `run`."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; nothing at all where every partner is off."""
        if not self.hosts:
            return
        works: set[asyncio.Task[None]] = set()
        forgot_at: datetime | None = None
        is_left = self.database.is_sqlite  # one worker: what is claimed was left by another
        try:
            while True:
                self._woken.clear()
                try:
                    if is_left:
                        await self._release()
                        is_left = False
                    for copy in await self._claim(self.at_once - len(works)):
                        work = asyncio.create_task(self._work(copy))
                        works.add(work)
                        work.add_done_callback(works.discard)
                        work.add_done_callback(lambda _: self._woken.set())
                    now = self.clock.now()
                    if forgot_at is None or now - forgot_at > FORGET_EVERY:
                        await self._forget(now)
                        forgot_at = now
                except (DatabaseAway, DatabaseFull) as away:
                    log.warning("Partners' rows cannot be read", extra={"code": away.code})
                await self._rest()
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)

    async def _claim(self, places: int) -> list[PartnerCopy]:
        if places <= 0:
            return []
        now = self.clock.now()
        claims = [self.clock.entropy(TOKEN_BYTES).hex() for _ in range(places)]
        async with self.database.transaction() as connection:
            return await records.claim_due(connection, [*self.hosts], claims, now, now + LEASE)

    async def _work(self, copy: PartnerCopy) -> None:
        """Do what is due, with its claim kept; whatever happens is written down."""
        beat = asyncio.create_task(self._beat(copy))
        work = asyncio.create_task(self._try(copy))
        try:
            await asyncio.wait({beat, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (beat, work):
                task.cancel()
            _, broken = await asyncio.gather(beat, work, return_exceptions=True)
        if isinstance(broken, Exception):  # it is due again when its claim ends
            log.error("Work for a partner broke", extra={"copy": copy.id}, exc_info=broken)

    async def _try(self, copy: PartnerCopy) -> None:
        try:
            await self._carry_out(copy)
        except (Overtaken, DatabaseAway, DatabaseFull):
            return  # it is due again when its claim ends

    async def _carry_out(self, copy: PartnerCopy) -> None:
        """Take one step after another, as long as one follows from the other."""
        steps: Mapping[State, Callable[[PartnerCopy, Host], Awaitable[PartnerCopy]]] = {
            State.WAITING: self._begin,
            State.SENDING: self._send,
            State.PROCESSING: self._look,
            State.WITHDRAWING: self._remove,
        }
        host, is_on = self.hosts[copy.partner], True
        while is_on and copy.state in steps:
            before = copy
            try:
                after = await steps[copy.state](copy, host)
            except (Overtaken, DatabaseAway, DatabaseFull):
                raise
            except RushesError as trouble:
                log.warning(
                    "A partner is no help",
                    extra={"partner": host.name, "copy": copy.id, "code": trouble.code},
                )
                after = self._missed(copy, trouble)
            except (AttributeError, KeyError, TypeError, ValueError) as odd:
                log.exception("A partner answered strangely", extra={"copy": copy.id})
                words = f"The partner's answer has another shape than any known: {odd!r:.200}"
                after = self._missed(copy, PartnerUnexpected(words))
            is_on = after.state is not before.state and after.claim is not None
            kept = after if is_on and after.state in steps else replace(after, claim=None)
            await self._write(before, kept)
            copy = kept

    def _missed(self, copy: PartnerCopy, trouble: RushesError) -> PartnerCopy:
        return copy.missed(trouble, self.clock.now(), self.clock.entropy(1)[0] / 255)

    async def _begin(self, copy: PartnerCopy, host: Host) -> PartnerCopy:
        begun = await host.begin(await self._parcel(copy))
        session = self.sealer.close(_place(copy), begun.session)
        return copy.begun(session, begun.remote_id, self.clock.now())

    async def _send(self, copy: PartnerCopy, host: Host) -> PartnerCopy:
        async def told(sent_bytes: int) -> None:
            await self._keep(copy, sent_bytes)

        parcel, session = await self._parcel(copy), self._session(copy)
        await host.send(parcel, session or "", partial(self.read, copy.content_id), told)
        return copy.sent(self.clock.now())

    async def _look(self, copy: PartnerCopy, host: Host) -> PartnerCopy:
        seen = await host.look(copy.remote_id, self._session(copy))
        now = self.clock.now()
        if seen.is_ready:
            return copy.finished(seen.facts, seen.remote_id, now)
        return copy.seen(seen.facts, seen.remote_id, now)

    async def _remove(self, copy: PartnerCopy, host: Host) -> PartnerCopy:
        await host.remove(copy.remote_id, self._session(copy))
        return copy.removed(self.clock.now())

    async def _parcel(self, copy: PartnerCopy) -> Parcel:
        async with self.database.reading() as connection:
            asset = await library_records.find_asset(connection, copy.asset_id)
            content = await library_records.find_identity(connection, copy.content_id)
            project = await access_records.find_project(connection, copy.project_id)
        if asset is None or content is None or asset.scan is Scan.INFECTED:
            raise AssetNotFound("There is no such asset any more.")
        place = copy.project_id
        if project is not None:
            place = f"{project.client_name} - {project.project_name}"
        return Parcel(
            mark=copy.id,
            file_name=asset.file_name,
            title=asset.title or asset.file_name,
            media_type=content.media_type,
            size_bytes=copy.size_bytes,
            place=place,
            sent_bytes=copy.sent_bytes,
        )

    def _session(self, copy: PartnerCopy) -> str | None:
        return None if copy.session is None else self.sealer.open(_place(copy), copy.session)

    async def _keep(self, copy: PartnerCopy, sent_bytes: int | None = None) -> None:
        async with self.database.transaction() as connection:
            until = self.clock.now() + LEASE
            if not await records.keep_claim(connection, copy, until, sent_bytes):
                raise Overtaken

    async def _beat(self, copy: PartnerCopy) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with contextlib.suppress(DatabaseAway, DatabaseFull):
                await self._keep(copy)

    async def _write(self, held: PartnerCopy, copy: PartnerCopy) -> None:
        async with self.database.transaction() as connection:
            if copy.claim is not None:
                copy = replace(copy, due_at=self.clock.now() + LEASE)
            if not await records.write_held(connection, held, copy):
                raise Overtaken
            what = TOLD.get(copy.state)
            if what is not None:
                await tell(connection, self.clock, what, copy)

    async def _release(self) -> None:
        async with self.database.transaction() as connection:
            await records.release_claims(connection, self.clock.now())

    async def _forget(self, now: datetime) -> None:
        async with self.database.transaction() as connection:
            await records.forget_calls(connection, now - KNOWN_FOR)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()


def _place(copy: PartnerCopy) -> str:
    return f"partner_copies.session.{copy.id}"
