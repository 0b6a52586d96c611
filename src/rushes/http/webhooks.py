"""Webhooks over HTTP: endpoints, their log, replay; and the REST hooks of Zapier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from rushes.access.permit import Verb, permit
from rushes.db.engine import Database
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.revisions import IfMatch, mark, read_revision
from rushes.http.wishes import Text, Wish
from rushes.notify.delivery import Delivery, State
from rushes.notify.endpoint import Endpoint, parse_events
from rushes.notify.posting import payload_of
from rushes.notify.samples import make_sample
from rushes.notify.webhooks import Webhooks, WebhookWish

WEBHOOKS: Final = "webhooks"
ZAPIER: Final = "Zapier"
SAMPLES: Final = 3

Url = Annotated[str, Field(max_length=2_000)]
EventNames = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]
ProjectIds = Annotated[list[Annotated[Text, Field(max_length=100)]], Field(max_length=1_000)]
Year = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC))]


class WebhookAnswer(BaseModel):
    """A webhook, without its secret; `paused_because` is null where a person paused it."""

    id: str
    url: str
    events: list[str]
    description: str
    project_ids: list[str] | None
    created_at: datetime
    is_active: bool
    paused_at: datetime | None
    paused_because: str | None
    waiting: int
    delivered: int
    failed: int


class MadeWebhook(WebhookAnswer):
    """A webhook with its secret: the only time that it is shown."""

    secret: str


class NewWebhook(Wish):
    """A webhook to make; `events` are types, families (`asset.*`) or `*`."""

    url: Url = Field(examples=["https://example.com/rushes"])
    events: EventNames = Field(min_length=1, examples=[["asset.ready", "upload.*"]])
    description: Text = Field(default="", max_length=10_000)
    project_ids: ProjectIds | None = None


class WebhookPatch(Wish):
    """What to change of a webhook; `is_active` false pauses it, true lets it go on."""

    url: Url = ""
    events: EventNames = Field(default=[])
    description: Text = Field(default="", max_length=10_000)
    project_ids: ProjectIds | None = None
    is_active: bool = True


class DeliveryAnswer(BaseModel):
    """One event on its way to a webhook; `status`, `words` and `error` are of the last attempt."""

    id: str
    event_id: str
    event_type: EventType
    state: State
    attempts: int
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    status: int | None
    error: str | None
    words: str
    took_ms: int | None


class Replayed(BaseModel):
    """How many deliveries go out once more."""

    count: int


class Since(Wish):
    """From when on failed deliveries go out once more."""

    since: Year


class Hook(Wish):
    """A subscription as Zapier asks for it: one event, one address."""

    hook_url: Url = Field(alias="hookUrl", examples=["https://hooks.zapier.com/hooks/standard/1/"])
    event: str = Field(max_length=100, examples=["asset.ready"])


class MadeHook(BaseModel):
    """A subscription; its id ends it."""

    id: str


def routes(webhooks: Webhooks, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of webhooks."""
    router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
    _add_endpoint_routes(router, webhooks, identify, pager)
    _add_secret_route(router, webhooks, identify)
    _add_delivery_routes(router, webhooks, identify, pager)
    return router


def _add_endpoint_routes(
    router: APIRouter, webhooks: Webhooks, identify: Identify, pager: Pager
) -> None:
    async def answer(*endpoints: Endpoint) -> list[WebhookAnswer]:
        counts = await webhooks.count_deliveries(endpoints)
        return [_answer(each, counts[each.id]) for each in endpoints]

    @router.get("")
    async def list_webhooks(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[WebhookAnswer]:
        """List webhooks, newest first."""
        actor = await identify(request)
        rows = await webhooks.list(actor, pager.read_after(WEBHOOKS, cursor), limit)
        shown, following = pager.cut(WEBHOOKS, rows, limit, lambda one: (one.created_at, one.id))
        return Page(items=await answer(*shown), next_cursor=following)

    @router.post("", status_code=201)
    async def create_webhook(request: Request, asked: NewWebhook) -> MadeWebhook:
        """Make a webhook; its secret is shown this once."""
        projects = None if asked.project_ids is None else tuple(sorted(set(asked.project_ids)))
        wish = WebhookWish(
            url=asked.url,
            events=tuple(asked.events),
            description=asked.description,
            project_ids=projects,
        )
        endpoint, secret = await webhooks.create(await identify(request), wish)
        return MadeWebhook(**_answer(endpoint, {}).model_dump(), secret=secret)

    @router.get("/{webhook_id}")
    async def get_webhook(request: Request, response: Response, webhook_id: str) -> WebhookAnswer:
        """Read a webhook, without its secret."""
        endpoint = await webhooks.get(await identify(request), webhook_id)
        mark(response, endpoint.revision)
        return (await answer(endpoint))[0]

    @router.patch("/{webhook_id}")
    async def change_webhook(
        request: Request,
        response: Response,
        webhook_id: str,
        asked: WebhookPatch,
        if_match: IfMatch = None,
    ) -> WebhookAnswer:
        """Change a webhook, pause it, or let it go on; what waited meanwhile is sent then."""
        actor, changes = await identify(request), _read_changes(asked)
        revision = read_revision(if_match)
        endpoint = await webhooks.change(actor, webhook_id, changes, revision)
        mark(response, endpoint.revision)
        return (await answer(endpoint))[0]

    @router.delete("/{webhook_id}", status_code=204)
    async def delete_webhook(request: Request, webhook_id: str, if_match: IfMatch = None) -> None:
        """Forget a webhook and what was on its way there."""
        await webhooks.delete(await identify(request), webhook_id, read_revision(if_match))


def _add_secret_route(router: APIRouter, webhooks: Webhooks, identify: Identify) -> None:
    @router.post("/{webhook_id}/rotate")
    async def rotate_webhook(request: Request, webhook_id: str) -> MadeWebhook:
        """Give a webhook a new secret; the one before signs too for 24 hours."""
        endpoint, secret = await webhooks.rotate(await identify(request), webhook_id)
        counts = await webhooks.count_deliveries([endpoint])
        return MadeWebhook(**_answer(endpoint, counts[endpoint.id]).model_dump(), secret=secret)


def _add_delivery_routes(
    router: APIRouter, webhooks: Webhooks, identify: Identify, pager: Pager
) -> None:
    @router.post("/{webhook_id}/ping", status_code=202)
    async def ping_webhook(request: Request, webhook_id: str) -> DeliveryAnswer:
        """Send `webhook.pinged` to a webhook; the log tells what came of it."""
        delivery = await webhooks.ping(await identify(request), webhook_id)
        return _answer_delivery(delivery, EventType.WEBHOOK_PINGED)

    @router.get("/{webhook_id}/deliveries")
    async def list_deliveries(
        request: Request,
        webhook_id: str,
        state: Annotated[State | None, Query(description="Only those in this state")] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[DeliveryAnswer]:
        """List what was sent to a webhook, or will be, newest first."""
        listing = f"{WEBHOOKS}:{webhook_id}:{state}"
        after = pager.read_after(listing, cursor)
        actor = await identify(request)
        rows = await webhooks.list_deliveries(actor, webhook_id, state, after, limit)
        shown, following = pager.cut(
            listing, rows, limit, lambda one: (one[0].created_at, one[0].id)
        )
        items = [_answer_delivery(delivery, what) for delivery, what in shown]
        return Page(items=items, next_cursor=following)

    @router.post("/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202)
    async def replay_delivery(request: Request, webhook_id: str, delivery_id: str) -> Replayed:
        """Send one event once more, whatever became of it."""
        await webhooks.replay(await identify(request), webhook_id, delivery_id)
        return Replayed(count=1)

    @router.post("/{webhook_id}/replay", status_code=202)
    async def replay_failed(request: Request, webhook_id: str, asked: Since) -> Replayed:
        """Send all events once more that failed since a moment."""
        actor = await identify(request)
        return Replayed(count=await webhooks.replay_failed(actor, webhook_id, asked.since))


def zapier_routes(webhooks: Webhooks, database: Database, identify: Identify) -> APIRouter:
    """Return the routes by which Zapier subscribes, unsubscribes and shows examples."""
    router = APIRouter(prefix="/api/v1/hooks/zapier", tags=["webhooks"])

    @router.post("", status_code=201)
    async def subscribe(request: Request, asked: Hook) -> MadeHook:
        """Post an event to an address from now on."""
        wish = WebhookWish(url=asked.hook_url, events=(asked.event,), description=ZAPIER)
        endpoint, _ = await webhooks.create(await identify(request), wish)
        return MadeHook(id=endpoint.id)

    @router.delete("/{webhook_id}", status_code=204)
    async def unsubscribe(request: Request, webhook_id: str) -> None:
        """Post nothing there any more."""
        await webhooks.delete(await identify(request), webhook_id)

    @router.get("/sample")
    async def sample(
        request: Request,
        event: Annotated[
            str, Query(max_length=100, description="The type of event")
        ] = EventType.ASSET_READY.value,
    ) -> list[dict[str, JsonValue]]:
        """Return what such an event looks like: the newest real ones, or an example."""
        actor = await identify(request)
        permit(actor, Verb.MANAGE_WEBHOOKS)
        parse_events([event])
        projects = None if actor.project_ids is None else sorted(actor.project_ids)
        async with database.reading() as connection:
            real = await outbox.list_newest(connection, event, projects, SAMPLES)
        return [json.loads(payload_of(each)) for each in real] or [make_sample(event)]

    return router


def _read_changes(asked: WebhookPatch) -> dict[str, Any]:
    """Return what was asked to be changed, lists as the noun holds them."""
    return {
        name: tuple(sorted(set(value))) if isinstance(value, list) else value
        for name, value in asked.model_dump(exclude_unset=True).items()
    }


def _answer(endpoint: Endpoint, counts: Mapping[str, int]) -> WebhookAnswer:
    projects = endpoint.project_ids
    return WebhookAnswer(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        project_ids=None if projects is None else list(projects),
        created_at=endpoint.created_at,
        is_active=endpoint.paused_at is None,
        paused_at=endpoint.paused_at,
        paused_because=endpoint.paused_because,
        **{state.value: counts.get(state.value, 0) for state in State},
    )


def _answer_delivery(delivery: Delivery, what: EventType) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=delivery.id,
        event_id=delivery.event_id,
        event_type=what,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        tried_at=delivery.tried_at,
        next_at=delivery.due_at,
        status=delivery.status,
        error=delivery.error,
        words=delivery.words,
        took_ms=delivery.took_ms,
    )
