"""The portal as a person meets it: a browser that is logged in to a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, StorageState

from tests.support.chromium import PATIENCE_MS
from tests.support.served import EMAIL, PASSWORD, Client, Served

EXPECTED = "Failed to load resource: "  # a refusal that the page then puts into words

STAGE = """() => {
  const shadow = document.querySelector("rushes-player").shadowRoot;
  const media = shadow.querySelector("[slot=media]");
  return {
    kind: media?.localName ?? null,
    time: media?.currentTime ?? null,
    paused: media?.paused ?? null,
    rate: media?.playbackRate ?? null,
    volume: media?.volume ?? null,
    timecode: shadow.querySelector(".now")?.textContent ?? null,
    code: shadow.querySelector(".code:not([hidden])")?.textContent ?? null,
    quality: shadow.querySelector(".quality")?.textContent ?? null,
  };
}"""


@contextmanager
def portal_page(browser: Browser, served: Served, session: StorageState) -> Iterator[Page]:
    """Give a page of a person who is logged in; an error in it fails the test."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        base_url=served.url,
        storage_state=session,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    context.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and not message.text.startswith(EXPECTED)
            else None
        ),
    )
    yield context.new_page()
    context.close()
    assert faults == []


def open_session(browser: Browser, served: Served) -> StorageState:
    """Log in once, as the log-in page does; its tries are counted."""
    context = browser.new_context(base_url=served.url)
    answer = context.request.post(
        "/api/v1/session",
        data={"email": EMAIL, "password": PASSWORD},
        headers={"X-Rushes-CSRF": "1", "Origin": served.url},
    )
    assert answer.ok, answer.text()
    session = context.storage_state()
    context.close()
    return session


def file_asset(served: Served, client: Client, path: Path) -> str:
    """Send a file as a program does; return the id of its settled asset."""
    sent = served.run(
        *("upload", str(path), "--project", "acme-corp/spring", "--json"),
        RUSHES_URL=served.url,
        RUSHES_TOKEN=served.make_token(),
    )
    assert sent.returncode == 0, sent.stderr
    asset_id: str = client.settled(path.name)["id"]
    return asset_id


def stage_of(page: Page) -> dict[str, Any]:
    """Return what the player on the page does now."""
    facts: dict[str, Any] = page.evaluate(STAGE)
    return facts


def wait_for_stage(page: Page, condition: str) -> dict[str, Any]:
    """Wait until a condition over `stage` holds; return what the player does then."""
    page.wait_for_function(f"() => {{ const stage = ({STAGE})(); return {condition}; }}")
    return stage_of(page)


def problem_of(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return a refusal, as a route of Playwright answers it."""
    return {
        "status": status,
        "content_type": "application/problem+json",
        "json": {
            "type": f"/docs/errors#{code}",
            "title": "Refused",
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "req_7f3a",
        },
    }
