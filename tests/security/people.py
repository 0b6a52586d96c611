"""Everybody who may knock: each role, a foreign editor, links, and nobody."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from rushes.access import records
from rushes.access.linking import LinkWish
from rushes.access.permit import SYSTEM, Role, Scope
from rushes.access.project import Project
from rushes.access.tokens import TokenWish
from rushes.clock import Clock
from rushes.compose import House, open_house
from rushes.db.tables import assets, contents, jobs, upload_parts, uploads
from rushes.delivery.sharing import ShareWish
from rushes.http.app import build_app
from rushes.settings import Settings
from tests.support.entrance import CSRF, HOST, PASSWORD

WHO = (
    *("superadmin", "admin", "editor", "viewer", "foreigner"),
    *("link", "expired_link", "reader", "nobody"),
)
"""`foreigner` is an editor of the other project; `reader` an admin's token with `read` alone."""


@dataclass(frozen=True, slots=True)
class Town:
    """A house with people at its door; `ours` and `unknown` are values of path parameters."""

    house: House
    app: FastAPI
    people: dict[str, httpx.AsyncClient]
    ours: dict[str, str]
    unknown: dict[str, str]
    secrets: tuple[str, ...]


async def settle(stack: AsyncExitStack, data: Path, clock: Clock) -> Town:
    """Build a town on a data folder whose database holds the schema alone."""
    house = await stack.enter_async_context(open_house(Settings(data=data), clock))
    app = build_app(house, trouble=lambda: None)
    accounts = await _accounts(house)
    ours = await house.access.places.resolve_project(SYSTEM, "Acme/Spring")
    theirs = await house.access.places.resolve_project(SYSTEM, "Other/Winter")
    async with house.database.transaction() as connection:
        for who, project, role in (
            ("editor", ours, Role.EDITOR),
            ("viewer", ours, Role.VIEWER),
            ("foreigner", theirs, Role.EDITOR),
        ):
            await records.record_member(connection, project.id, accounts[who], role)
    people = {who: await _log_in(stack, app, f"{who}@example.org") for who in accounts}
    link, _, link_token = await house.linking.create(SYSTEM, "Acme", "Spring", LinkWish())
    share, _ = await house.shares.sharing.create(SYSTEM, ShareWish(project=ours.id))
    wish = LinkWish(expires_at=clock.now() - timedelta(seconds=1))
    _, _, expired = await house.linking.create(SYSTEM, "Acme", "Spring", wish)
    token, reading = await house.tokens.create_at_console(
        "admin@example.org", TokenWish("reader", frozenset({Scope.READ}))
    )
    people |= {
        "link": await _visit(stack, app, {"Rushes-Link": link_token}),
        "expired_link": await _visit(stack, app, {"Rushes-Link": expired}),
        "reader": await _visit(stack, app, {"Authorization": f"Bearer {reading}"}),
        "nobody": await _visit(stack, app, {}),
    }
    known = {
        "project_id": ours.id,
        "link_id": link.id,
        "share_id": share.id,
        "account_id": accounts["admin"],
        "token_id": token.id,
        **await _plant(house, ours),
    }
    cookie = people["admin"].cookies["rushes"]
    return Town(
        house=house,
        app=app,
        people=people,
        ours=known,
        unknown={name: f"{value[:-4]}0000" for name, value in known.items()},
        secrets=(PASSWORD, link_token, expired, reading, cookie),
    )


async def _accounts(house: House) -> dict[str, str]:
    made = {}
    for who, role in (
        ("superadmin", Role.SUPERADMIN),
        ("admin", Role.ADMIN),
        ("editor", Role.EDITOR),
        ("viewer", Role.VIEWER),
        ("foreigner", Role.EDITOR),
    ):
        account = await house.accounts.create_at_console(f"{who}@example.org", PASSWORD, role)
        made[who] = account.id
    return made


async def _visit(stack: AsyncExitStack, app: FastAPI, headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    return await stack.enter_async_context(
        httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers)
    )


async def _log_in(stack: AsyncExitStack, app: FastAPI, email: str) -> httpx.AsyncClient:
    visitor = await _visit(stack, app, CSRF)
    answer = await visitor.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    assert 200 == answer.status_code, answer.text
    return visitor


async def _plant(house: House, project: Project) -> dict[str, str]:
    """Insert an upload, an asset and a job into a project; return their ids."""
    now = house.clock.now()
    upload_id, asset_id, content_id = (f"{kind}_{'1' * 36}" for kind in ("upl", "ast", "cnt"))
    file = {"file_name": "a.mov", "created_at": now, "updated_at": now}
    upload: dict[str, object]
    upload = {"id": upload_id, "protocol": "tus", "state": "accepted", "expires_at": now}
    upload |= {"size_bytes": 1, "offset": 1}
    content = {
        "id": content_id,
        "scope": project.client_slug,
        "root": b"r",
        "format": "mov",
        "media_type": "video/quicktime",
        "created_at": now,
    }
    asset = {
        "id": asset_id,
        "content_id": content_id,
        "created_by": "system",
        "state": "filed",
        "scan": "not_scanned",
        "tags": [],
        "metadata": {},
    }
    job = {
        "id": "job-1111",
        "workflow": "file",
        "subject": asset_id,
        "state": "succeeded",
        "created_at": now,
        "updated_at": now,
    }
    spooled = house.settings.at("spool") / "11" / f"{upload_id}.0"
    spooled.parent.mkdir(parents=True)
    spooled.write_bytes(b"!")
    part = {"position": 0, "file": f"11/{spooled.name}", "start": 0, "length": 1}
    bytes_of = {"upload_id": upload_id, "kind": "video", "size_bytes": 1}
    place = {"project_id": project.id}
    async with house.database.transaction() as connection:
        values = upload | file | place | {"asset_id": asset_id}
        await connection.execute(insert(uploads).values(**values))
        await connection.execute(insert(upload_parts).values(upload_id=upload_id, **part))
        await connection.execute(insert(contents).values(**content | bytes_of))
        await connection.execute(insert(assets).values(**asset | file | bytes_of | place))
        await connection.execute(insert(jobs).values(**job | place))
    return {"upload_id": upload_id, "asset_id": asset_id, "job_id": "job-1111"}
