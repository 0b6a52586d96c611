"""Arranging: people hand assets to partners and take them back, and partners call.

1. Nothing here speaks to a partner: a worker does, and what is wanted of it stands in a row.
2. A project may say that all that is ready in it goes to a partner.
3. A call of a partner makes its asset due at once. What it says is not believed (`partners.call`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rushes import ids
from rushes.access.permit import Actor, Verb
from rushes.access.projects import get_for
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.delivery.medium import PENDING_SECONDS, get_permitted
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.intake.verdict import Scan
from rushes.library import records as library_records
from rushes.library.asset import Asset, ScanPending
from rushes.library.asset import State as AssetState
from rushes.partner_section import PartnerSettings
from rushes.partners import records
from rushes.partners.call import read_call
from rushes.partners.choice import find_secret, list_on, list_subjects, require_on, suits
from rushes.partners.copy import (
    NotAtPartner,
    Partner,
    PartnerCopy,
    PartnerUnsuited,
    State,
)
from rushes.partners.telling import tell

MANAGE: Final = Verb.MANAGE_SHARES
"""To hand an asset to a partner is to share it."""

SCANNED: Final = frozenset({EventType.SCAN_FINISHED, EventType.SCAN_FAILED})
"""What is ready before it was looked through goes after that."""


@dataclass(frozen=True, slots=True)
class Arranging:
    """Writes down what is wanted of partners."""

    database: Database
    clock: Clock
    settings: PartnerSettings

    async def list_copies(
        self, actor: Actor, asset_id: str
    ) -> tuple[list[PartnerCopy], list[Partner]]:
        """Return an asset at all partners, and those that it may be handed to.

        Raises:
            AssetNotFound: there is none that the actor may know of.
        """
        async with self.database.reading() as connection:
            medium = await get_permitted(connection, actor, Verb.PLAY_ASSET, asset_id)
            found = await records.list_of_asset(connection, asset_id)
        fitting = [each for each in list_on(self.settings) if suits(each, medium.asset)]
        return found, fitting

    async def hand_over(self, actor: Actor, asset_id: str, name: str) -> PartnerCopy:
        """Hand an asset to a partner; one that is on its way, or there, stays as it is.

        Raises:
            AssetNotFound, Forbidden: it is not the actor's to share.
            PartnerUnknown: there is no such partner, or it is off.
            PartnerUnsuited: the partner takes none of this kind.
            ScanPending: nobody has looked through it yet.
        """
        async with self.database.transaction() as connection:
            medium = await get_permitted(connection, actor, MANAGE, asset_id)
            partner = require_on(self.settings, name)
            if medium.asset.scan is Scan.PENDING:
                raise ScanPending(
                    "It is being looked through for viruses. Hand it over in a minute.",
                    retry_after=PENDING_SECONDS,
                )
            return await self._hand_over(connection, medium.asset, partner, actor.id)

    async def withdraw(self, actor: Actor, asset_id: str, name: str) -> PartnerCopy:
        """Have what is at a partner deleted there.

        Raises:
            AssetNotFound, Forbidden: it is not the actor's to share.
            PartnerUnknown: there is no such partner, or it is off.
            NotAtPartner: it was never handed over.
        """
        async with self.database.transaction() as connection:
            await get_permitted(connection, actor, MANAGE, asset_id)
            partner = require_on(self.settings, name)
            copy = await records.find_copy(connection, asset_id, partner)
            if copy is None:
                raise NotAtPartner("This asset was never handed to that partner.")
            if copy.state in {State.WITHDRAWING, State.REMOVED}:
                return copy
            return await self._withdraw(connection, copy, actor.id)

    async def list_partners(self, actor: Actor, project_id: str) -> list[Partner]:
        """Return where all that is ready in a project goes.

        Raises:
            ProjectNotFound: it is unknown, or not the actor's.
        """
        async with self.database.reading() as connection:
            await get_for(connection, actor, project_id, Verb.SEE_PROJECTS)
            return await records.list_partners(connection, project_id)

    async def follow(
        self, actor: Actor, project_id: str, name: str, *, wanted: bool
    ) -> list[Partner]:
        """Have all that is ready in a project from now on go to a partner, or no more.

        Raises:
            ProjectNotFound, Forbidden: only admins may.
            PartnerUnknown: there is no such partner, or it is off.
        """
        async with self.database.transaction() as connection:
            await get_for(connection, actor, project_id, Verb.MANAGE_MEMBERS)
            partner, now = require_on(self.settings, name), self.clock.now()
            if wanted:
                done = await records.record_project(connection, project_id, partner, actor.id, now)
            else:
                done = await records.delete_project(connection, project_id, partner)
            if done:
                await self._tell_followed(connection, actor, project_id, partner, wanted=wanted)
            return await records.list_partners(connection, project_id)

    async def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take a call of a partner.

        Raises:
            PartnerUnknown: there is none, or nobody said what it signs with.
            CallRefused, CallUnreadable, CallTooLarge: see `call.read_call`.
        """
        partner, secret = find_secret(self.settings, name)
        now = self.clock.now()
        call = read_call(partner, secret, headers, body, now)
        async with self.database.transaction() as connection:
            if not await records.record_call(connection, partner, call.id, now):
                return
            subjects = list_subjects(partner, call.told)
            if subjects and await records.hurry(connection, partner, subjects, now):
                await outbox.wake_after(connection)

    async def spread(self, connection: Connection, event: Event) -> None:
        """Do what follows from an event, in the transaction in which it is told."""
        if event.type is EventType.ASSET_READY or event.type in SCANNED:
            await self._follow_ready(connection, event)
        elif event.type is EventType.ASSET_DELETED:
            for copy in await records.list_to_withdraw(connection, asset_id=event.subject):
                await self._withdraw(connection, copy, event.actor)
        elif event.type is EventType.PROJECT_DELETED:
            for copy in await records.list_to_withdraw(connection, project_id=event.subject):
                await self._withdraw(connection, copy, event.actor)

    async def _follow_ready(self, connection: Connection, event: Event) -> None:
        asset_id = event.asset_id if event.type in SCANNED else event.subject
        if event.project_id is None or asset_id is None:
            return
        wanted = await records.list_partners(connection, event.project_id)
        asset = await library_records.find_asset(connection, asset_id) if wanted else None
        if asset is None or asset.scan in {Scan.PENDING, Scan.INFECTED}:
            return
        if event.type in SCANNED and asset.state is not AssetState.READY:
            return
        for partner in wanted:
            known = await records.find_copy(connection, asset.id, partner)
            if partner in list_on(self.settings) and suits(partner, asset) and known is None:
                await self._hand_over(connection, asset, partner, SYSTEM_ACTOR)

    async def _hand_over(
        self, connection: Connection, asset: Asset, partner: Partner, actor_id: str
    ) -> PartnerCopy:
        if not suits(partner, asset):
            raise PartnerUnsuited(f"{partner} takes no {asset.kind} of this size.")
        known = await records.find_copy(connection, asset.id, partner)
        now = self.clock.now()
        if known is not None and known.state not in {State.FAILED, State.REMOVED}:
            return known
        if known is not None:
            copy = known.asked(actor_id, now)
            await records.change_copy(connection, copy)
        else:
            copy = PartnerCopy(
                id=ids.new(Prefix.PARTNER_COPY, now, self.clock.entropy(ENTROPY_BYTES)),
                asset_id=asset.id,
                content_id=asset.content_id,
                project_id=asset.project_id,
                partner=partner,
                state=State.WAITING,
                asked_by=actor_id,
                size_bytes=asset.size_bytes,
                created_at=now,
                updated_at=now,
                due_at=now,
            )
            if not await records.record_copy(connection, copy):  # somebody was faster
                return copy
        await tell(connection, self.clock, EventType.PARTNER_ASKED, copy, actor_id)
        return copy

    async def _withdraw(
        self, connection: Connection, copy: PartnerCopy, actor_id: str
    ) -> PartnerCopy:
        gone = copy.withdrawn(self.clock.now())
        await records.change_copy(connection, gone)
        await tell(connection, self.clock, EventType.PARTNER_WITHDRAWN, gone, actor_id)
        return gone

    async def _tell_followed(
        self,
        connection: Connection,
        actor: Actor,
        project_id: str,
        partner: Partner,
        *,
        wanted: bool,
    ) -> None:
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.PROJECT_UPDATED,
            created_at=now,
            actor=actor.id,
            subject=project_id,
            project_id=project_id,
            data={"partner": partner.value, "goes_there": wanted},
        )
        await outbox.record(connection, event)
