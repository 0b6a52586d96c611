"""Webhooks over every database: each event once to each that wants it, until it has arrived."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from rushes.access.keys import SECRET, load_ring
from rushes.access.permit import Actor, ActorKind, Forbidden, Role
from rushes.access.seal import Sealer
from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.events.relay import Relay
from rushes.notify.courier import Courier
from rushes.notify.delivery import WAITS, Delivery, State
from rushes.notify.endpoint import Endpoint, WebhookNotFound, WebhookPaused
from rushes.notify.posting import Posting
from rushes.notify.webhooks import Webhooks, WebhookWish
from rushes.sections import WebhookSettings
from tests.support.moments import NOON, Hands, until
from tests.support.receivers import Receiver, receiving
from tests.support.working import record

ADMIN = Actor(ActorKind.ACCOUNT, "acc_1", Role.ADMIN, None)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver in the operator's own network."""
    async with receiving() as made:
        yield made


@pytest.fixture
def webhooks(database: Database, clock: Clock, receiver: Receiver, tmp_path: Path) -> Webhooks:
    """The deed, over each database."""
    sealer = Sealer(load_ring(tmp_path / "keys", SECRET, SYSTEM), SYSTEM)
    settings = WebhookSettings(allow_private=(receiver.place,))
    return Webhooks(database, clock, settings, sealer)


@asynccontextmanager
async def posting(webhooks: Webhooks) -> AsyncIterator[Posting]:
    """Post meanwhile."""
    async with Courier(webhooks.settings.allow_private) as courier:
        made = Posting(webhooks.database, webhooks.clock, webhooks, courier)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def make(webhooks: Webhooks, url: str, *events: str) -> tuple[Endpoint, str]:
    wish = WebhookWish(url=url, events=events or ("upload.completed",))
    return await webhooks.create(ADMIN, wish)


async def happen(webhooks: Webhooks, *ids: str) -> None:
    """Let uploads be completed, and be told of."""

    async def start(_call: object) -> None: ...

    await record(webhooks.database, *ids)
    await Relay(webhooks.database, {}, start, webhooks.spread).relay_all()


async def list_all(webhooks: Webhooks, endpoint: Endpoint) -> list[Delivery]:
    found = await webhooks.list_deliveries(ADMIN, endpoint.id, None, None, 500)
    return [delivery for delivery, _ in found]


async def states(webhooks: Webhooks, endpoint: Endpoint) -> list[State]:
    return sorted(each.state for each in await list_all(webhooks, endpoint))


@pytest.mark.covers("M-WH-01", "M-WH-05", "BG-73", "BG-76")
async def test_an_event_arrives_once_and_signed(webhooks: Webhooks, receiver: Receiver) -> None:
    """With its id, its type, and what it is about; the public library knows the signature."""
    endpoint, secret = await make(webhooks, receiver.url())
    other, _ = await make(webhooks, receiver.url("/other"), "asset.*")

    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: bool(receiver.got), what="a request")
        await until(lambda: arrived(webhooks, endpoint, 1), what="a row")

    (got,) = receiver.got
    told = json.loads(got.body)
    assert ("upload.completed", "upl_1") == (told["type"], told["data"]["subject"])
    assert (told["id"], "application/json") == (
        got.headers["webhook-id"],
        got.headers["content-type"],
    )
    checked = Webhook(secret)
    checked._Webhook__verify_timestamp = lambda _: NOON  # type: ignore[attr-defined] # noqa: SLF001 - the test's clock stands still
    assert told == checked.verify(got.body, got.headers)
    assert [] == await list_all(webhooks, other)


async def arrived(webhooks: Webhooks, endpoint: Endpoint, count: int) -> bool:
    return [State.DELIVERED] * count == await states(webhooks, endpoint)


@pytest.mark.covers("BG-75", "BG-93")
async def test_what_fails_is_tried_again_until_the_webhook_is_paused(
    webhooks: Webhooks, receiver: Receiver, hands: Hands
) -> None:
    """Ten attempts with one id; then it waits for a person, who replays it."""
    endpoint, _ = await make(webhooks, receiver.url("/down"))
    receiver.statuses["/down"] = 503
    await happen(webhooks, "upl_1")

    async with posting(webhooks) as running:
        for count, wait in enumerate(WAITS, 1):
            hands.advance(wait * 1.2)
            running.wake()
            await until(partial(tried, webhooks, endpoint, count), what=f"attempt {count}")
        await until(lambda: paused(webhooks, endpoint), what="the pause")
        (failed,) = await list_all(webhooks, endpoint)
        await happen(webhooks, "upl_2")
        with pytest.raises(WebhookPaused):
            await webhooks.ping(ADMIN, endpoint.id)

        receiver.statuses.clear()
        await webhooks.change(ADMIN, endpoint.id, {"is_active": True})
        assert 1 == await webhooks.replay_failed(ADMIN, endpoint.id, NOON)
        running.wake()
        await until(lambda: arrived(webhooks, endpoint, 2), what="both")

    assert (State.FAILED, 503, "as asked") == (failed.state, failed.status, failed.words)
    ids = [got.headers["webhook-id"] for got in receiver.at("/down")]
    assert (len(WAITS) + 2, 2) == (len(ids), len(set(ids)))


async def tried(webhooks: Webhooks, endpoint: Endpoint, count: int) -> bool:
    (delivery,) = await list_all(webhooks, endpoint)
    return delivery.attempts == count


async def paused(webhooks: Webhooks, endpoint: Endpoint) -> bool:
    found = await webhooks.get(ADMIN, endpoint.id)
    return found.paused_at is not None and "Ten attempts" in (found.paused_because or "")


@pytest.mark.covers("BG-75")
async def test_a_receiver_that_is_gone_pauses_its_webhook_at_once(
    webhooks: Webhooks, receiver: Receiver
) -> None:
    """410; and the pause is told, as an event of its own."""
    endpoint, _ = await make(webhooks, receiver.url("/gone"))
    receiver.statuses["/gone"] = 410

    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: is_paused(webhooks, endpoint), what="the pause")

    async with webhooks.database.reading() as connection:
        newest = await outbox.list_newest(connection, "webhook.paused", None, 5)
    assert [endpoint.id] == [each.subject for each in newest]
    assert EventType.WEBHOOK_PAUSED is newest[0].type


async def is_paused(webhooks: Webhooks, endpoint: Endpoint) -> bool:
    return (await webhooks.get(ADMIN, endpoint.id)).paused_at is not None


@pytest.mark.covers("M-WH-05", "BG-93")
async def test_a_dead_receiver_holds_up_no_other(webhooks: Webhooks, receiver: Receiver) -> None:
    """One that never answers has its places full; the other gets everything meanwhile."""
    dead, _ = await make(webhooks, receiver.url("/dead"))
    living, _ = await make(webhooks, receiver.url("/living"))
    receiver.statuses["/dead"] = None

    async with posting(webhooks):
        await happen(webhooks, *(f"upl_{n}" for n in range(100)))
        await until(lambda: arrived(webhooks, living, 100), seconds=60, what="all of the other")

    assert {State.WAITING} == set(await states(webhooks, dead))
    assert 100 == len({got.headers["webhook-id"] for got in receiver.at("/living")})


async def test_redirects_are_not_followed(webhooks: Webhooks, receiver: Receiver) -> None:
    """An answer of 3xx is a failed attempt."""
    endpoint, _ = await make(webhooks, receiver.url("/moved"))
    receiver.statuses["/moved"] = 302

    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: tried(webhooks, endpoint, 1), what="an attempt")

    (delivery,) = await list_all(webhooks, endpoint)
    assert (302, 1) == (delivery.status, len(receiver.got))


@pytest.mark.covers("BG-75")
async def test_a_name_that_leads_inside_is_refused_when_it_is_called(
    webhooks: Webhooks, receiver: Receiver
) -> None:
    """`localhost` is a name like any other until it is resolved; nothing is connected to."""
    endpoint, _ = await make(webhooks, f"https://localhost:{8443}/hook")

    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: tried(webhooks, endpoint, 1), what="an attempt")

    (delivery,) = await list_all(webhooks, endpoint)
    assert (None, True) == (delivery.status, "open internet" in (delivery.error or ""))
    assert [] == receiver.got


@pytest.mark.covers("BG-77")
async def test_the_secret_before_signs_for_a_day(webhooks: Webhooks, hands: Hands) -> None:
    """Then the new one alone."""
    endpoint, old = await make(webhooks, "https://example.com/")

    changed, new = await webhooks.rotate(ADMIN, endpoint.id)

    assert [new, old] == webhooks.open_secrets(changed, hands.now)
    assert [new] == webhooks.open_secrets(changed, hands.now + timedelta(hours=24))


async def test_a_claim_that_died_with_its_worker_is_made_again(
    webhooks: Webhooks, receiver: Receiver, hands: Hands
) -> None:
    """After a minute; a receiver may see an event twice, by the same id."""
    endpoint, _ = await make(webhooks, receiver.url("/slow"))
    receiver.statuses["/slow"] = None
    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: bool(receiver.got), what="a request")

    receiver.statuses.clear()
    async with posting(webhooks) as second:
        second.wake()
        await asyncio.sleep(0.1)
        early = len(receiver.got)
        hands.advance(timedelta(seconds=61))
        second.wake()
        await until(lambda: arrived(webhooks, endpoint, 1), what="its arrival")

    assert 1 == early
    assert 1 == len({got.headers["webhook-id"] for got in receiver.got})


async def test_only_admins_and_only_their_projects(webhooks: Webhooks) -> None:
    """An editor may not; a token of one project makes webhooks of that project alone."""
    editor = Actor(ActorKind.ACCOUNT, "acc_2", Role.EDITOR, frozenset({"prj_1"}))
    token = Actor(ActorKind.TOKEN, "acc_1", Role.ADMIN, frozenset({"prj_1"}))
    wish = WebhookWish(url="https://example.com/", events=("*",))
    everything, _ = await webhooks.create(ADMIN, wish)

    with pytest.raises(Forbidden):
        await webhooks.create(editor, wish)
    narrow, _ = await webhooks.create(token, wish)
    with pytest.raises(WebhookNotFound):
        await webhooks.get(token, everything.id)

    assert ("prj_1",) == narrow.project_ids
    assert [narrow.id] == [each.id for each in await webhooks.list(token, None, 10)]


async def test_the_log_forgets_what_ended_long_ago(
    webhooks: Webhooks, receiver: Receiver, hands: Hands
) -> None:
    """What waits stays, however old."""
    endpoint, _ = await make(webhooks, receiver.url())
    async with posting(webhooks):
        await happen(webhooks, "upl_1")
        await until(lambda: arrived(webhooks, endpoint, 1), what="its arrival")
    await happen(webhooks, "upl_2")

    hands.advance(timedelta(days=31))

    assert 1 == await webhooks.forget_old()
    assert [State.WAITING] == await states(webhooks, endpoint)
