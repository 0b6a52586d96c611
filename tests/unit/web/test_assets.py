"""The bundle: read by its manifest, served packed, and nothing beside it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from rushes.web.assets import Entry, find_bundle
from rushes.web.link import LinkOpen, LinkRefused, Refusal
from rushes.web.pages import PageSource, add_pages
from tests.support.bundle import SCRIPT, STYLE, write_bundle


async def find_no_link(token: str, address: str) -> LinkOpen | LinkRefused:
    """Know no link at all."""
    del token, address
    return LinkRefused(reason=Refusal.UNKNOWN)


async def yes(*_: object) -> bool:
    """Agree."""
    return True


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    """A caller of an app that has pages alone."""
    app = FastAPI()
    source = PageSource(find_link=find_no_link, is_set_up=yes, has_session=yes)
    add_pages(app, source, static=write_bundle(tmp_path / "static"))
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"Accept-Encoding": "identity"}
    )


def test_a_missing_bundle_is_none(tmp_path: Path) -> None:
    """Nothing was built: there is nothing to serve, and no error."""
    assert None is find_bundle(tmp_path)


def test_an_entry_has_the_styles_of_its_imports_and_names_them_once(tmp_path: Path) -> None:
    """Chunks that import each other in a ring are read once."""
    # given
    folder = write_bundle(tmp_path / "static")

    # when
    bundle = find_bundle(folder)

    # then
    assert bundle is not None
    assert Entry(SCRIPT, (STYLE,), ("page-Ef5.js",)) == bundle.entries["upload"]


async def test_a_hashed_file_is_kept_for_a_year(client: httpx.AsyncClient) -> None:
    """A changed file has another name, so the browser need not ask again."""
    answer = await client.get(f"/assets/{STYLE}")

    assert 200 == answer.status_code
    assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]
    assert "text/css; charset=utf-8" == answer.headers["content-type"]
    assert "nosniff" == answer.headers["x-content-type-options"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP;q=0.8", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000, br", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_packed_file_is_sent_where_it_is_taken(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    """The browser says what it takes; `q=0` is a no."""
    answer = await client.get(f"/assets/{SCRIPT}", headers={"Accept-Encoding": accepted})

    assert encoding == answer.headers.get("content-encoding")
    assert "Accept-Encoding" == answer.headers["vary"]
    assert ("/* packed */" if encoding else f"/* {SCRIPT} */") == answer.text


async def test_a_file_without_its_packed_twin_is_sent_plain(client: httpx.AsyncClient) -> None:
    """Small files are not packed by the build."""
    answer = await client.get(f"/assets/{STYLE}", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "name",
    [
        "forgotten-Gh6.js",
        ".vite/manifest.json",
        "text/en.json",
        "../assets.py",
        "%2e%2e/assets.py",
        "..%2f..%2fpages.py",
        f"{SCRIPT}.gz",
        "",
    ],
)
async def test_what_the_manifest_does_not_name_is_not_served(
    client: httpx.AsyncClient, name: str
) -> None:
    """Whatever else lies in the folder, or above it."""
    answer = await client.get(f"/assets/{name}")

    assert 404 == answer.status_code


async def test_a_head_has_the_headers_alone(client: httpx.AsyncClient) -> None:
    """A HEAD is answered wherever a GET is."""
    answer = await client.head(f"/assets/{STYLE}")

    assert (200, b"") == (answer.status_code, answer.content)


async def test_the_icon_of_the_tab_is_there(client: httpx.AsyncClient) -> None:
    """Every icon that a page names exists."""
    answer = await client.get("/favicon.svg")

    assert (200, "image/svg+xml") == (answer.status_code, answer.headers["content-type"])


def test_the_build_packs_what_gains_by_it(tmp_path: Path) -> None:
    """Two builds of the same sources are the same bytes."""
    build_web = pytest.importorskip("build_web")
    script = tmp_path / "a.js"
    script.write_text("let a = 1;\n" * 100)
    small = tmp_path / "b.css"
    small.write_text("a{}")

    packed = [build_web.pack(script), build_web.pack(small)]

    assert [True, False] == packed
    first = (tmp_path / "a.js.gz").read_bytes()
    assert script.read_bytes() == gzip.decompress(first)
    build_web.pack(script)
    assert first == (tmp_path / "a.js.gz").read_bytes()
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())).count("b.css") == 1
