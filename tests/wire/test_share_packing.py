"""What a share gives: many files as one ZIP, originals to nobody who may not have them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from rushes.access.permit import Scope
from rushes.access.tokens import TokenWish
from rushes.clock import Clock
from rushes.db.tables import assets
from rushes.intake.verdict import Scan
from rushes.settings import Settings
from tests.support.entrance import ADMIN
from tests.support.shared import CLIP, SHARES, Shared, open_shared


@pytest.fixture
async def shared(sqlite_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Shared]:
    """A house on SQLite."""
    assert sqlite_url.endswith(str(tmp_path / "rushes.db"))
    async with open_shared(Settings(data=tmp_path), clock) as opened:
        yield opened


async def maker(shared: Shared) -> httpx.AsyncClient:
    """A program whose token makes links and shares, and reads nothing."""
    wish = TokenWish("maker", frozenset({Scope.LINKS}))
    _, token = await shared.house.tokens.create_at_console(ADMIN, wish)
    client = await shared.visitor("127.0.0.1")
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.mark.covers("C-PV-07", "M-PB-20")
@pytest.mark.parametrize("is_named", [True, False])
async def test_a_visitor_takes_what_is_shared_as_one_zip(shared: Shared, *, is_named: bool) -> None:
    """The best that is given, of all or of some; each counts once however often it is asked."""
    one, other = await shared.film("one.mov", b"1"), await shared.film("two.mov", b"2")
    share = await shared.share(one, other, download="360p")
    visitor, path = await shared.visit(share)
    asked = {"asset_ids": [one.asset_id] if is_named else None, "quality": "best"}

    packed = [await visitor.post(f"{path}/bundle", json=asked) for _ in range(2)]
    content = (await visitor.get(packed[0].json()["url"])).content
    use = (await shared.editor.get(f"{SHARES}/{share['id']}/use")).json()

    assert [201, 201] == [answer.status_code for answer in packed]
    films = [b"1"] if is_named else [b"2", b"1"]
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        held = [opened.read(name) for name in opened.namelist()]
    assert sorted(CLIP + b"360p" + film for film in films) == sorted(held)
    assert (len(films), 1) == (use["download_count"], use["view_count"])


async def test_a_zip_holds_nothing_that_is_not_given(shared: Shared) -> None:
    """No original, no better quality, no file that the share does not list."""
    film, secret = await shared.film(), await shared.film("secret.mov", b"another film")
    share = await shared.share(film, download="360p")
    visitor, path = await shared.visit(share)
    names = await shared.share(film)
    looker, other = await shared.visit(names)

    answers = [
        await visitor.post(f"{path}/bundle", json={"quality": "original"}),
        await visitor.post(f"{path}/bundle", json={"quality": "720p"}),
        await visitor.post(
            f"{path}/bundle", json={"quality": "best", "asset_ids": [secret.asset_id]}
        ),
        await looker.post(f"{other}/bundle", json={"quality": "best"}),
    ]

    assert [
        (403, "share.not_given"),
        (403, "share.not_given"),
        (404, "asset.not_found"),
        (403, "share.not_given"),
    ] == [(answer.status_code, answer.json()["code"]) for answer in answers]


async def test_the_address_of_a_zip_ends_with_its_share(shared: Shared) -> None:
    """It was signed for the share as it stood."""
    share = await shared.share(await shared.film(), download="all")
    visitor, path = await shared.visit(share)
    packed = (await visitor.post(f"{path}/bundle", json={"quality": "best"})).json()

    await shared.editor.patch(f"{SHARES}/{share['id']}", json={"is_active": False})
    ended = await visitor.get(packed["url"])

    assert (410, "share.revoked") == (ended.status_code, ended.json()["code"])


@pytest.mark.covers("T-SEC-03")
async def test_a_token_that_reads_no_originals_hands_out_none(shared: Shared) -> None:
    """Neither by a share of its own, nor by the address of one that others made."""
    film = await shared.film()
    ours = {"asset_ids": [film.asset_id]}
    given = await shared.share(film, may_get_original=True)
    program = await maker(shared)

    plain = await program.post(SHARES, json=ours)
    place = f"{SHARES}/{plain.json()['id']}"
    refused = [
        await program.post(SHARES, json=ours | {"may_get_original": True}),
        await program.patch(place, json={"may_get_original": True}),
        await program.patch(f"{SHARES}/{given['id']}", json={"password": None}),
        await program.get(f"{SHARES}/{given['id']}/qr"),
    ]
    seen = (await program.get(f"{SHARES}/{given['id']}")).json()
    off = await program.patch(f"{SHARES}/{given['id']}", json={"is_active": False})

    assert 201 == plain.status_code
    assert plain.json()["url"] is not None
    assert [(403, "access.scope_missing")] * 4 == [
        (answer.status_code, answer.json()["code"]) for answer in refused
    ]
    assert (None, None, None) == (seen["token"], seen["url"], seen["embed_url"])
    assert (200, False) == (off.status_code, off.json()["is_active"])


@pytest.mark.covers("S-AV-03")
async def test_an_original_is_not_there_before_its_verdict(shared: Shared) -> None:
    """While it is looked through it is pending, and a ZIP of it is told to wait."""
    film = await shared.film()
    share = await shared.share(film, may_get_original=True)
    visitor, path = await shared.visit(share)

    async def look() -> tuple[str, float, int]:
        details = (await visitor.get(f"{path}/assets/{film.asset_id}")).json()
        packed = await visitor.post(f"{path}/bundle", json={})
        original = details["downloads"][0]
        return original["state"], original["progress"], packed.status_code

    before = await look()
    async with shared.house.database.transaction() as connection:
        await connection.execute(update(assets).values(scan=Scan.PENDING.value))
    pending = await look()

    assert ("ready", 1.0, 201) == before
    assert ("pending", 0.0) == pending[:2]
    assert 400 <= pending[2] < 500
