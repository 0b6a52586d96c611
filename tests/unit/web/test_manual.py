"""The pages under /docs: whole, linked, and safe to open by anybody."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import make_reference
from reference_faces import read_openapi
from rushes.errors import Kind
from rushes.http.openapi import list_operations
from rushes.http.problem import SENTENCES, STATUSES
from rushes.web.assets import find_bundle
from rushes.web.codes import OTHER_SHELLS, list_nouns, list_remedies
from rushes.web.manual import Manual
from rushes.web.shell import Shell
from tests.support.bundle import write_bundle

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Page(HTMLParser):
    """What a page is made of: its tags, ids and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one element."""
        known = dict(attrs)
        self.tags.append(tag)
        self.attributes |= known.keys()
        self.ids += [value] if (value := known.get("id")) else []
        self.addresses += [value for name in ("href", "src") if (value := known.get(name))]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of the API."""
    return read_openapi()


@pytest.fixture
async def reader(document: dict[str, Any], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is logged in nowhere."""
    app = FastAPI(docs_url=None)
    manual = Manual(Shell(find_bundle(write_bundle(tmp_path / "static"))), lambda: document)
    app.add_route("/docs", manual.reference)
    app.add_route("/docs/errors", manual.errors)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_every_operation_and_every_shape_can_be_linked_to(
    reader: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    """By the operation's id; a shape by its name."""
    page = Page((await reader.get("/docs")).text)

    operations = [operation["operationId"] for _, _, operation in list_operations(document)]
    assert [] == [name for name in operations if page.ids.count(name) != 1]
    assert [] == [
        name for name in document["components"]["schemas"] if f"shape-{name}" not in page.ids
    ]


async def test_an_operation_tells_who_may_and_how_it_is_called(reader: httpx.AsyncClient) -> None:
    """In words, and as a command line."""
    page = (await reader.get("/docs")).text

    told = page[page.index('id="create_link"') : page.index('id="get_link"')]
    text = re.sub(r"<[^>]*>", "", told)
    for words in (
        "editors and above; a token needs the scope links",
        "curl -X POST &#34;$RUSHES_URL/api/v1/links&#34;",
        "LinkAnswer",
        "keep_parts_days",
        "whole number, 1 to 366",
    ):
        assert words in text


@pytest.mark.covers("X-SEC-06")
async def test_every_code_has_its_place(reader: httpx.AsyncClient) -> None:
    """Problem documents point to `/docs/errors#code`."""
    known = make_reference.list_errors()  # loads every module, as the server has by then
    page = Page((await reader.get("/docs/errors")).text)

    codes = {code for code, _ in SENTENCES.values()} | {
        error.code for error in known if not error.__module__.startswith(OTHER_SHELLS)
    }
    assert set() == codes - set(page.ids)


@pytest.mark.parametrize("path", ["/docs", "/docs/errors"])
async def test_a_page_that_is_read_runs_nothing_and_asks_nobody(
    reader: httpx.AsyncClient, path: str
) -> None:
    """No script, no inline style, no address elsewhere; every link inside leads somewhere."""
    answer = await reader.get(path)
    page = Page(answer.text)

    assert POLICY == answer.headers["Content-Security-Policy"]
    assert set() == {"script", "style", "iframe", "form"} & set(page.tags)
    assert set() == {name for name in page.attributes if name.startswith("on") or name == "style"}
    assert [] == [address for address in page.addresses if not address.startswith(("/", "#"))]
    inside = {address[1:] for address in page.addresses if address.startswith("#")}
    assert set() == {name for name in inside if not name.startswith("i-")} - set(page.ids)
    assert len(page.ids) == len(set(page.ids))


async def test_a_page_is_packed_where_the_browser_takes_it(reader: httpx.AsyncClient) -> None:
    """A phone loads a tenth of it."""
    plain = await reader.get("/docs", headers={"Accept-Encoding": "identity"})
    packed = await reader.get("/docs", headers={"Accept-Encoding": "gzip"})

    assert "gzip" == packed.headers["Content-Encoding"]
    assert "Content-Encoding" not in plain.headers
    assert plain.text == packed.text
    assert int(packed.headers["Content-Length"]) * 8 < int(plain.headers["Content-Length"])


async def test_without_a_bundle_the_reader_is_told(document: dict[str, Any]) -> None:
    """The API works all the same."""
    app = FastAPI(docs_url=None)
    app.add_route("/docs", Manual(Shell(None), lambda: document).reference)
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/docs")

    assert (503, True) == (answer.status_code, "make web" in answer.text)


def test_every_kind_has_its_remedy() -> None:
    """Whoever meets an error knows what to do."""
    assert [(kind, STATUSES[kind]) for kind in Kind] == [
        (remedy.kind, remedy.status) for remedy in list_remedies()
    ]


def test_statuses_of_protocols_win_over_those_of_kinds() -> None:
    """tus and RFC 9110 keep the codes that their texts require."""
    statuses = {code.code: code.status for noun in list_nouns() for code in noun.codes}

    assert 460 == statuses["upload.checksum_mismatch"]
    assert 416 == statuses["delivery.range_not_satisfiable"]
    assert 405 == statuses["request.method_not_allowed"]
    assert 500 == statuses["rushes.broken"]


def test_a_server_knows_every_code_without_looking_for_it() -> None:
    """What `rushes serve` loads holds each class that it may answer with."""
    program = (
        "import rushes.cli.serve; from rushes.web.codes import list_nouns; "
        "print(*[code.code for noun in list_nouns() for code in noun.codes])"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50
    )

    ours = {
        error.code
        for error in make_reference.list_errors()
        if not error.__module__.startswith(OTHER_SHELLS)
    }
    assert set() == ours - set(run.stdout.split())
