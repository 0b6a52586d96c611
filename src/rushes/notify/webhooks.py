"""Webhooks are made, changed, paused, pinged and replayed; a secret is shown once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from rushes import ids
from rushes.access.permit import Actor, Verb, permit
from rushes.access.seal import Sealer
from rushes.access.telling import new_id, tell
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.db.statements import After
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import Prefix
from rushes.notify import delivery_records, webhook_records
from rushes.notify.address import parse_target
from rushes.notify.delivery import Delivery, DeliveryNotFound, State
from rushes.notify.endpoint import (
    OVERLAP,
    Endpoint,
    WebhookNotFound,
    WebhookPaused,
    WebhookStale,
    parse_description,
    parse_events,
)
from rushes.notify.signature import SECRET_BYTES, make_secret
from rushes.sections import WebhookSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWish:
    """How a webhook should be; `project_ids` None: events of every project."""

    url: str
    events: tuple[str, ...]
    description: str = ""
    project_ids: tuple[str, ...] | None = None


WISHES: Final = frozenset(each.name for each in fields(WebhookWish))


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Manages webhooks; all of it is for admins."""

    database: Database
    clock: Clock
    settings: WebhookSettings
    sealer: Sealer

    async def create(self, actor: Actor, wish: WebhookWish) -> tuple[Endpoint, str]:
        """Make a webhook; return it and its secret.

        Raises:
            UrlBlocked: its address leads where webhooks may not go.
            BadWebhookWish: an event is unknown, or a text too long.
        """
        permit(actor, Verb.MANAGE_WEBHOOKS)
        webhook_id = new_id(Prefix.WEBHOOK, self.clock)
        secret, sealed = self._make_secret(webhook_id)
        endpoint = self._check(
            actor,
            Endpoint(
                id=webhook_id,
                url=wish.url,
                events=wish.events,
                description=wish.description,
                project_ids=wish.project_ids,
                created_by=actor.id,
                created_at=self.clock.now(),
                secret_sealed=sealed,
            ),
        )
        async with self.database.transaction() as connection:
            await webhook_records.record_webhook(connection, endpoint)
            await self._tell(connection, EventType.WEBHOOK_CREATED, actor, endpoint)
        return endpoint, secret

    async def list(self, actor: Actor, after: After, limit: int) -> Sequence[Endpoint]:
        """Return a page of webhooks, newest first, and one more if there is."""
        permit(actor, Verb.MANAGE_WEBHOOKS)
        shown: tuple[Endpoint, ...] = ()
        async with self.database.reading() as connection:
            while len(shown) <= limit:  # what the actor may not know of leaves no gap
                found = await webhook_records.list_webhooks(connection, after, limit + 1)
                shown += tuple(each for each in found if _is_visible(actor, each))
                if len(found) <= limit:
                    break
                after = (found[-1].created_at, found[-1].id)
        return shown[: limit + 1]

    async def get(self, actor: Actor, webhook_id: str) -> Endpoint:
        """Return a webhook.

        Raises:
            WebhookNotFound: it is unknown, or of projects that are not the actor's.
        """
        async with self.database.reading() as connection:
            return await self._get(connection, actor, webhook_id)

    async def change(
        self,
        actor: Actor,
        webhook_id: str,
        changes: Mapping[str, Any],
        revision: int | None = None,
    ) -> Endpoint:
        """Write some of `WebhookWish`'s fields, or `is_active`: whether it is not paused.

        What happened while it was paused is sent when it goes on.

        Raises:
            WebhookNotFound, UrlBlocked, BadWebhookWish: as above.
            WebhookStale: it is of another revision by now.
        """
        values = dict(changes)
        async with self.database.transaction() as connection:
            endpoint = await self._get(connection, actor, webhook_id)
            await _hold(connection, webhook_id, revision)
            if "is_active" in values:
                paused_at = None if values.pop("is_active") else self.clock.now()
                values |= {"paused_at": paused_at, "paused_because": None}
            changed = replace(endpoint, **values)
            if WISHES & values.keys():  # one whose address is not allowed any more can be paused
                changed = self._check(actor, changed)
            kept = {name: getattr(changed, name) for name in values}
            if kept:
                await webhook_records.change_webhook(connection, webhook_id, kept)
                changed = replace(changed, revision=endpoint.revision + 1)
            await self._tell(connection, EventType.WEBHOOK_UPDATED, actor, changed)
        return changed

    async def rotate(self, actor: Actor, webhook_id: str) -> tuple[Endpoint, str]:
        """Give a webhook a new secret; return both. The one before signs too for a day.

        Raises:
            WebhookNotFound: it is unknown, or not the actor's.
        """
        secret, sealed = self._make_secret(webhook_id)
        async with self.database.transaction() as connection:
            endpoint = await self._get(connection, actor, webhook_id)
            values: dict[str, Any] = {
                "secret_sealed": sealed,
                "old_secret_sealed": endpoint.secret_sealed,
                "old_until": self.clock.now() + OVERLAP,
            }
            await webhook_records.change_webhook(connection, webhook_id, values)
            await self._tell(connection, EventType.WEBHOOK_UPDATED, actor, endpoint)
        return replace(endpoint, **values, revision=endpoint.revision + 1), secret

    async def delete(self, actor: Actor, webhook_id: str, revision: int | None = None) -> None:
        """Forget a webhook and what was on its way there.

        Raises:
            WebhookNotFound: it is unknown, or not the actor's.
        """
        async with self.database.transaction() as connection:
            endpoint = await self._get(connection, actor, webhook_id)
            await _hold(connection, webhook_id, revision)
            await webhook_records.delete_webhook(connection, webhook_id)
            await self._tell(connection, EventType.WEBHOOK_DELETED, actor, endpoint)

    async def ping(self, actor: Actor, webhook_id: str) -> Delivery:
        """Send an event of its own, that means nothing, to a webhook.

        Raises:
            WebhookNotFound: it is unknown, or not the actor's.
            WebhookPaused: nothing is sent there now.
        """
        now = self.clock.now()
        async with self.database.transaction() as connection:
            endpoint = await self._get(connection, actor, webhook_id)
            if endpoint.paused_at is not None:
                raise WebhookPaused("This webhook is paused. Let it go on, then ping it.")
            event = Event(
                id=new_id(Prefix.EVENT, self.clock),
                type=EventType.WEBHOOK_PINGED,
                created_at=now,
                actor=actor.id,
                subject=webhook_id,
            )
            await outbox.record(connection, event)
            delivery = self._draft(endpoint.id, event)
            await delivery_records.record_deliveries(connection, [delivery])
        return delivery

    async def list_deliveries(
        self, actor: Actor, webhook_id: str, state: State | None, after: After, limit: int
    ) -> Sequence[tuple[Delivery, EventType]]:
        """Return a page of what was sent or will be, newest first, and one more if there is.

        Raises:
            WebhookNotFound: it is unknown, or not the actor's.
        """
        async with self.database.reading() as connection:
            await self._get(connection, actor, webhook_id)
            return await delivery_records.list_deliveries(
                connection, webhook_id, state, after, limit + 1
            )

    async def count_deliveries(self, endpoints: Sequence[Endpoint]) -> Mapping[str, dict[str, int]]:
        """Return for each webhook how many deliveries are in which state."""
        async with self.database.reading() as connection:
            return await delivery_records.count_by_state(
                connection, [each.id for each in endpoints]
            )

    async def replay(self, actor: Actor, webhook_id: str, delivery_id: str) -> Delivery:
        """Send one event once more, whatever became of it before.

        Raises:
            WebhookNotFound, DeliveryNotFound: it is unknown, or not the actor's.
        """
        async with self.database.transaction() as connection:
            await self._get(connection, actor, webhook_id)
            found = await delivery_records.find_delivery(connection, webhook_id, delivery_id)
            if found is None:
                raise DeliveryNotFound("There is no such delivery. It may be forgotten by now.")
            delivery = found.replayed(self.clock.now())
            await delivery_records.write_replayed(connection, delivery)
            await outbox.wake_after(connection)
        return delivery

    async def replay_failed(self, actor: Actor, webhook_id: str, since: datetime) -> int:
        """Send all events once more that failed since a moment; return how many.

        Raises:
            WebhookNotFound: it is unknown, or not the actor's.
        """
        async with self.database.transaction() as connection:
            await self._get(connection, actor, webhook_id)
            now = self.clock.now()
            count = await delivery_records.replay_failed(connection, webhook_id, since, now)
            await outbox.wake_after(connection)
        return count

    async def spread(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write a delivery of each event for each webhook that wants it, in one transaction."""
        endpoints = await webhook_records.list_all(connection)
        made = [
            self._draft(endpoint.id, event)
            for event in events
            for endpoint in endpoints
            if endpoint.wants(event.type, event.project_id)
        ]
        if made:
            await delivery_records.record_deliveries(connection, made)
            await outbox.wake_after(connection)

    async def pause_by_itself(self, webhook_id: str, because: str) -> None:
        """Pause a webhook whose receiver is away for good, and tell of it once."""
        async with self.database.transaction() as connection:
            now = self.clock.now()
            if await webhook_records.pause_webhook(connection, webhook_id, now, because):
                endpoint = await webhook_records.find_webhook(connection, webhook_id)
                await tell(
                    connection,
                    self.clock,
                    EventType.WEBHOOK_PAUSED,
                    actor_id=SYSTEM_ACTOR,
                    subject=webhook_id,
                    url="" if endpoint is None else endpoint.url,
                    because=because,
                )

    async def forget_old(self) -> int:
        """Forget what was delivered or failed long ago; return how many deliveries."""
        before = self.clock.now() - self.settings.keep
        async with self.database.transaction() as connection:
            return await delivery_records.forget_old(connection, before)

    def open_secrets(self, endpoint: Endpoint, now: datetime) -> Sequence[str]:
        """Return the secrets that sign now, newest first.

        Raises:
            KeyUnreadable: the key that sealed them is away.
        """
        sealed = [endpoint.secret_sealed]
        old, until = endpoint.old_secret_sealed, endpoint.old_until
        if old is not None and until is not None and now < until:
            sealed.append(old)
        return [self.sealer.open(_place(endpoint.id), each) for each in sealed]

    async def _get(self, connection: Connection, actor: Actor, webhook_id: str) -> Endpoint:
        permit(actor, Verb.MANAGE_WEBHOOKS)
        endpoint = await webhook_records.find_webhook(connection, webhook_id)
        if endpoint is None or not _is_visible(actor, endpoint):
            raise WebhookNotFound("There is no such webhook. Check its id.")
        return endpoint

    def _check(self, actor: Actor, endpoint: Endpoint) -> Endpoint:
        """Return a webhook as it is kept, if its values fit and reach no further than the actor."""
        target = parse_target(endpoint.url, self.settings.allow_private)
        projects = endpoint.project_ids
        if projects is None and actor.project_ids is not None:
            projects = tuple(sorted(actor.project_ids))
        for project_id in projects or ():
            permit(actor, Verb.MANAGE_WEBHOOKS, project_id)
        return replace(
            endpoint,
            url=target.url,
            events=parse_events(endpoint.events),
            description=parse_description(endpoint.description),
            project_ids=projects,
        )

    def _make_secret(self, webhook_id: str) -> tuple[str, bytes]:
        secret = make_secret(self.clock.entropy(SECRET_BYTES))
        return secret, self.sealer.close(_place(webhook_id), secret)

    def _draft(self, endpoint_id: str, event: Event) -> Delivery:
        now = self.clock.now()
        return Delivery(
            id=ids.new(Prefix.DELIVERY, now, self.clock.entropy(ids.ENTROPY_BYTES)),
            endpoint_id=endpoint_id,
            event_id=event.id,
            created_at=now,
            due_at=now,
        )

    async def _tell(
        self, connection: Connection, what: EventType, actor: Actor, endpoint: Endpoint
    ) -> None:
        await tell(
            connection,
            self.clock,
            what,
            actor_id=actor.id,
            subject=endpoint.id,
            url=endpoint.url,
            events=list(endpoint.events),
            is_active=endpoint.paused_at is None,
        )


def _is_visible(actor: Actor, endpoint: Endpoint) -> bool:
    """Say whether an actor of certain projects may know of a webhook: only of those projects."""
    if actor.project_ids is None:
        return True
    return endpoint.project_ids is not None and actor.project_ids.issuperset(endpoint.project_ids)


async def _hold(connection: Connection, webhook_id: str, revision: int | None) -> None:
    if not await webhook_records.hold_webhook(connection, webhook_id, revision):
        raise WebhookStale("The webhook changed since you read it. Read it again.")


def _place(webhook_id: str) -> str:
    return f"webhooks.secret.{webhook_id}"
