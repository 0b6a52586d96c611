"""The specs of tus-js-client, as its package brings them, in Chromium against a real server.

Its end-to-end specs have the address `https://tusd.tusdemo.net/files/` written into them. A front
stands there, adds what proves the caller, and nothing leaves the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser

from tests.support.front import Behind, front
from tests.support.pages import Site, site
from tests.support.peers import find_module
from tests.support.programs import find_ports
from tests.support.served import Served, serving

NAME = "tusd.tusdemo.net"
PAGE = """<!doctype html><meta charset="utf-8"><title>specs</title>
<script src="jasmine.js"></script>
<script>
  window.jasmine = jasmineRequire.core(jasmineRequire);
  const env = jasmine.getEnv();
  Object.assign(window, jasmineRequire.interface(jasmine, env));
</script>
<script src="ajax.js"></script>
<script>
  const only = new URLSearchParams(location.search).get("only") ?? "";
  env.configure({ random: false, specFilter: (spec) => spec.getFullName().includes(only) });
  window.results = [];
  env.addReporter({
    specDone: ({ fullName, status, failedExpectations }) =>
      results.push([fullName, status, failedExpectations.map(({ message }) => message).join()]),
    jasmineDone: () => (window.isDone = true),
  });
</script>
<script src="specs.js"></script>
<script>env.execute();</script>
"""
END_TO_END = "tus end-to-end should upload to a real tus server"
ALL = 60
"""How many specs the package has, at the least."""

PATIENCE_MS = 120_000
Results: TypeAlias = list[list[str]]


@pytest.fixture
def pages() -> Iterator[Site]:
    """The page that runs the specs."""
    files: dict[str, Path | str] = {
        "index.html": PAGE,
        "jasmine.js": find_module("jasmine-core/lib/jasmine-core/jasmine.js"),
        "ajax.js": find_module("jasmine-ajax/lib/mock-ajax.js"),
        "specs.js": find_module("tus-js-client/dist/browser-test-bundle.js"),
    }
    with site(files) as running:
        yield running


@contextmanager
def standing(folder: Path, pages: Site, protocol: str) -> Iterator[Served]:
    """Run a server by a protocol class, that allows the page of the specs to call."""
    settings = {
        "RUSHES_BASE_URL": f"https://{NAME}",
        "RUSHES_HTTP_PROTOCOL": protocol,
        "RUSHES_HTTP_CORS_ORIGINS": f'["{pages.origin}"]',
    }
    with serving(folder, find_ports(1)[0], **settings) as served:
        yield served


def by_account(served: Served) -> Behind:
    """Return the way in of a program with a token."""
    return Behind(served.port, {"Authorization": f"Bearer {served.make_token()}"})


def by_link(served: Served) -> Behind:
    """Return the way in of a link that gives its sender back what they sent."""
    with served.client() as client:
        link = client.make_link(preview="own", types=["any"])["url"]
    return Behind(served.port, outside="/files/", inside=f"/u/{link.rpartition('/')[2]}/files/")


def run_specs(browser: Browser, pages: Site, behind: Behind, only: str) -> Results:
    """Run the specs whose name holds `only`; return name, status and trouble of each."""
    with front(tusd_tusdemo_net=behind) as running:
        context = browser.new_context(proxy=running.as_proxy, ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{pages.origin}/index.html?only={only}")
        page.wait_for_function("window.isDone", timeout=PATIENCE_MS)
        results: Results = page.evaluate("results")
        context.close()
    made = [line for line in running.seen if line.startswith("POST /files/ ")]
    assert ["POST /files/ 201"] * 2 == made  # the specs were not answered by something else
    return [each for each in results if each[1] != "excluded"]


@pytest.mark.covers("C-UP-02", "CF-09")
def test_the_specs_of_tus_js_client_pass(browser: Browser, pages: Site, tmp_path: Path) -> None:
    """All of its browser specs; those that need a server by a token, and by a link alone."""
    with standing(tmp_path, pages, "wire") as served:
        everything = run_specs(browser, pages, by_account(served), "")
        through_link = run_specs(browser, pages, by_link(served), END_TO_END)

    assert [] == [each for each in everything + through_link if each[1] != "passed"]
    assert (True, 2) == (len(everything) >= ALL, len(through_link))


@pytest.mark.covers("C-UP-02", "CF-09")
def test_the_end_to_end_specs_pass_without_our_protocol_class(
    browser: Browser, pages: Site, tmp_path: Path
) -> None:
    """The fall-back is held to the same."""
    with standing(tmp_path, pages, "plain") as served:
        ran = [
            run_specs(browser, pages, behind, END_TO_END)
            for behind in (by_account(served), by_link(served))
        ]

    assert [["passed"] * 2] * 2 == [[each[1] for each in results] for results in ran], ran
