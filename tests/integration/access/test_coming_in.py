"""Corners of coming in: projects by id, inboxes, keys at start, other sites by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from rushes.access.account import AccountNotFound
from rushes.access.identify import Unauthenticated
from rushes.access.keys import SECRET, KeyUnreadable, load_ring
from rushes.access.link import LinkNotFound
from rushes.access.linking import LinkWish
from rushes.access.permit import SYSTEM, Actor, ActorKind, Forbidden, ProjectNotFound, Role
from rushes.access.seal import Sealer
from rushes.clock import Clock
from rushes.db.engine import open_database
from rushes.sections import HttpSettings
from rushes.settings import Settings
from tests.support.entrance import ADMIN, Hall, build_hall
from tests.support.moments import Hands


async def test_a_project_is_found_by_its_id(hall: Hall) -> None:
    """An id that never was, and a foreign one, are one answer."""
    made = await hall.access.resolve_project(SYSTEM, "Acme/Spring")
    eve = Actor(ActorKind.ACCOUNT, await hall.add("eve@example.org", Role.EDITOR), Role.EDITOR)

    found = await hall.access.resolve_project(SYSTEM, made.id)
    refusals = []
    for text in (made.id, f"{made.id[:-4]}0000", "acme/spring", "never/was"):
        with pytest.raises(ProjectNotFound) as refused:
            await hall.access.resolve_project(eve, text)
        refusals.append(refused.value.message)

    assert made == found
    assert 1 == len(set(refusals))


async def test_a_viewer_has_no_inbox_and_no_more_has_an_account_that_is_gone(hall: Hall) -> None:
    """403 for who only looks; a job that goes on for nobody hears that they are gone."""
    viewer = Actor(ActorKind.ACCOUNT, await hall.add("v@example.org", Role.VIEWER), Role.VIEWER)
    gone = Actor(ActorKind.ACCOUNT, "acc_gone", Role.EDITOR)

    with pytest.raises(Forbidden):
        await hall.access.resolve_project(viewer, None)
    with pytest.raises(AccountNotFound):
        await hall.access.resolve_project(gone, None)


async def test_a_start_with_another_key_is_refused_by_name(hall: Hall, tmp_path: Path) -> None:
    """So that nobody goes on with half of what is sealed."""
    linking = hall.entrance.linking
    await linking.require_keys()
    await linking.create(SYSTEM, "Acme", "Spring", LinkWish())
    await linking.require_keys()
    other = Sealer(load_ring(tmp_path / "other", SECRET, hall.clock), hall.clock)

    with pytest.raises(KeyUnreadable, match=r"secret\.key lacks the key [0-9a-f]{8}"):
        await type(linking)(
            linking.database,
            linking.clock,
            linking.settings,
            other,
            linking.hashing,
            linking.places,
        ).require_keys()


async def test_a_link_without_a_password_opens_by_any(hall: Hall, hands: Hands) -> None:
    """Its token is enough; off or expired there is nothing to unlock."""
    wish = LinkWish(expires_at=hall.clock.now() + timedelta(days=1))
    link, _, token = await hall.entrance.linking.create(SYSTEM, "Acme", "Spring", wish)

    opened = await hall.access.unlock_link(token, "whatever", "192.0.2.7")
    hands.advance(timedelta(days=1))

    assert token == opened
    assert link.password_hash is None
    with pytest.raises(LinkNotFound):
        await hall.access.unlock_link(token, "whatever", "192.0.2.7")


async def test_an_account_that_is_off_has_no_tokens_either(hall: Hall) -> None:
    """Switched off, it is nobody by any proof."""
    eve = await hall.add("eve@example.org", Role.EDITOR)
    visitor = await hall.logged_in("eve@example.org")
    wish = {"name": "ci", "scopes": ["read"]}
    text = (await visitor.post("/api/v1/tokens", json=wish)).json()["token"]
    admin = await hall.logged_in(ADMIN)
    await admin.patch(f"/api/v1/accounts/{eve}", json={"is_active": False})

    with pytest.raises(Unauthenticated):
        await hall.access.identify_token(text)


async def test_other_sites_are_allowed_by_their_exact_origin(
    sqlite_url: str, clock: Clock, tmp_path: Path
) -> None:
    """Never by a part of it; links may be narrowed to named sites, too."""
    database = open_database(sqlite_url)
    allowed = "https://dam.example.org"
    http = HttpSettings(cors_origins=(allowed,), link_origins=(allowed,))
    hall = build_hall(database, clock, Settings(http=http), tmp_path)
    await hall.add(ADMIN, Role.SUPERADMIN)
    asking = {"Access-Control-Request-Method": "GET"}
    told = []

    async with hall.visitor() as visitor:
        for path in ("/api/v1/assets", "/u/rsh_lnk_x/files/"):
            for origin in (allowed, f"{allowed}.evil.example", "https://dam.example.or", "null"):
                headers = {"Origin": origin, **asking}
                answer = await visitor.options(path, headers=headers)
                told.append(answer.headers.get("Access-Control-Allow-Origin"))
    await database.close()

    assert [allowed, None, None, None] * 2 == told
