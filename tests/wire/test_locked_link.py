"""An upload link with a password: its page asks, the right one opens it, guessing is slowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from rushes.access.linking import LinkWish
from rushes.access.permit import SYSTEM, Role
from rushes.clock import Clock
from rushes.compose import open_house
from rushes.http.app import build_app
from rushes.settings import Settings
from rushes.web.pages import add_pages
from rushes.web.source import page_source
from tests.support.bundle import write_bundle
from tests.support.entrance import ADMIN, PASSWORD
from tests.support.receiving import TUS

SECRET = "open sesame, please"


@pytest.fixture
async def visitor(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger whose addresses begin at a locked link's page."""
    assert sqlite_url.endswith(str(tmp_path / "rushes.db"))
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(Settings(data=tmp_path), clock))
        await house.accounts.create_at_console(ADMIN, PASSWORD, Role.ADMIN)
        wish = LinkWish(title="Camera originals", password=SECRET)
        _, _, token = await house.linking.create(SYSTEM, "Acme", "Spring", wish)
        app = build_app(house, trouble=lambda: None)
        add_pages(app, page_source(house), static=write_bundle(tmp_path / "static"))
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 50_000))
        base = f"http://127.0.0.1:8080/u/{token}"
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=base))


@pytest.mark.covers("M-LK-03")
async def test_the_right_password_leads_to_the_upload_page(visitor: httpx.AsyncClient) -> None:
    """Before it nothing is told and nothing taken; the grant in the address is enough after it."""
    locked = await visitor.get("", follow_redirects=True)  # `/u/{token}/` is the same page
    refused = await visitor.post("/files/", headers=TUS | {"Upload-Length": "1"})

    opened = (await visitor.post("/unlock", json={"password": SECRET})).json()
    page = await visitor.get(opened["url"])
    sent = await visitor.post(f"{opened['url']}/files/", headers=TUS | {"Upload-Length": "1"})

    assert 'id="unlock"' in locked.text
    assert "Camera originals" not in locked.text
    assert (401, "link.locked") == (refused.status_code, refused.json()["code"])
    assert (200, True) == (page.status_code, "Camera originals" in page.text)
    assert f"/u/{opened['token']}/files/" in page.text
    assert 201 == sent.status_code


async def test_a_grant_that_was_changed_asks_again(visitor: httpx.AsyncClient) -> None:
    """Whoever makes one up meets the form."""
    opened = (await visitor.post("/unlock", json={"password": SECRET})).json()
    forged = opened["url"][:-1] + ("A" if opened["url"][-1] != "A" else "B")

    page = await visitor.get(forged)

    assert 'id="unlock"' in page.text
    assert "data-facts" not in page.text


@pytest.mark.covers("X-SEC-05")
async def test_guessing_is_slowed_in_words(visitor: httpx.AsyncClient) -> None:
    """A wrong password is 401; too many are 429 with the seconds to wait."""
    answers = [await visitor.post("/unlock", json={"password": "a guess"}) for _ in range(7)]

    statuses = [answer.status_code for answer in answers]
    assert 401 == statuses[0]
    assert 429 == statuses[-1]
    assert "not the password" in answers[0].json()["detail"]
    assert int(answers[-1].headers["Retry-After"]) >= 1
