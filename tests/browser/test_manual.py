"""The pages under /docs, for everybody and every width, in a browser that runs no program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import Response

from rushes.web.assets import PREFIX, answer_asset, answer_icon, find_bundle
from rushes.web.manual import Manual
from rushes.web.shell import Shell
from tests.browser.small_house import run
from tests.support.chromium import PATIENCE_MS
from tests.support.seeing import find_sideways, find_violations

PAGES = ("/docs", "/docs/errors")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the real pages are served, with the real document."""
    bundle = find_bundle()
    if bundle is None:
        pytest.fail("The web pages were not built. Run `make web`.")
    told = [sys.executable, "-m", "rushes", "openapi"]
    document = json.loads(subprocess.run(told, capture_output=True, check=True).stdout)
    manual = Manual(Shell(bundle), lambda: document)
    app = FastAPI(docs_url=None)

    def of_bundle(answer: Callable[..., Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            return answer(bundle, request)

        return answered

    app.add_route("/docs", manual.reference)
    app.add_route("/docs/errors", manual.errors)
    app.add_route(f"{PREFIX}{{name:path}}", of_bundle(answer_asset))
    app.add_route("/favicon.svg", of_bundle(answer_icon))
    with run(app) as url:
        yield url


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Page]:
    """A page; whatever its policy refuses fails the test."""
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("console", lambda message: faults.append(message.text))
    yield context.new_page()
    context.close()
    assert [] == faults


@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_read_it_at_every_width(reader: Page, path: str) -> None:
    """axe has no objection, and nothing is wider than the window, with everything opened."""
    reader.goto(path)
    for summary in reader.locator("summary").all()[:4]:
        summary.click()

    assert [] == find_violations(reader)
    assert [] == find_sideways(reader)


def test_a_link_to_an_operation_opens_it(reader: Page) -> None:
    """What a colleague sent shows what was meant, without a program."""
    reader.goto("/docs#create_link")

    expect(reader.locator("#create_link")).to_be_visible()
    expect(reader.locator("#get_link")).to_be_hidden()


def test_a_link_to_a_code_leads_to_it(reader: Page) -> None:
    """Problem documents give this address."""
    reader.goto("/docs/errors#link.not_found")

    expect(reader.locator("[id='link.not_found']")).to_be_in_viewport()
