"""Which address shows what: the door, the link's page, the portal, and everything else."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from rushes.errors import Kind, RushesError
from rushes.web.link import LinkOpen, LinkRefused, Refusal
from rushes.web.pages import PageSource, add_pages
from tests.support.bundle import write_bundle

OPEN = LinkOpen(
    link_id="lnk_1",
    client="Acme <b>Corp</b>",
    project="Spring",
    message="<img src=x onerror=alert(1)>",
    owner="Anna Meyer",
    expires_at=datetime(2031, 6, 4, 12, 5, tzinfo=UTC),
    max_file_bytes=100_000_000_000,
    files_left=1,
    bytes_left=5_000,
    extensions=("mov", "mp4"),
)


class TooManyTries(RushesError):
    """A stand-in for the room's own error."""

    code = "link.limited"
    kind = Kind.LIMITED


class Broken(RushesError):
    """A stand-in for a mistake of ours."""


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one element."""
        self.seen.append((tag, dict(attrs)))


T = TypeVar("T")


async def answered(value: T) -> T:
    """Answer."""
    return value


@dataclass(slots=True)
class Answers:
    """What the house answers; a test changes it."""

    is_set_up: bool = True
    has_session: bool = False
    link: LinkOpen | LinkRefused | RushesError = OPEN
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def answers() -> Answers:
    """The answers of the house."""
    return Answers()


def build_app(answers: Answers, static: Path) -> FastAPI:
    """Put pages beside an API of one route."""
    app = FastAPI()

    @app.post("/api/v1/things")
    async def make_thing() -> dict[str, bool]:
        return {"made": True}

    async def find_link(token: str, address: str) -> LinkOpen | LinkRefused:
        del address
        answers.asked.append(token)
        if isinstance(answers.link, RushesError):
            raise answers.link
        return answers.link

    async def is_set_up() -> bool:
        return answers.is_set_up

    async def has_session(request: Request) -> bool:
        del request
        return answers.has_session

    source = PageSource(find_link=find_link, is_set_up=is_set_up, has_session=has_session)
    add_pages(app, source, static=static)
    return app


@pytest.fixture
def client(answers: Answers, tmp_path: Path) -> httpx.AsyncClient:
    """A browser without a program."""
    app = build_app(answers, write_bundle(tmp_path / "static"))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize(
    ("is_set_up", "has_session", "place"),
    [(False, False, "/setup"), (True, False, "/login"), (True, True, "/app/library")],
)
async def test_the_root_leads_to_where_one_can_begin(
    client: httpx.AsyncClient, answers: Answers, *, is_set_up: bool, has_session: bool, place: str
) -> None:
    """Nobody has to know an address."""
    answers.is_set_up, answers.has_session = is_set_up, has_session

    answer = await client.get("/")

    assert (303, place) == (answer.status_code, answer.headers["location"])


@pytest.mark.covers("BG-95")
async def test_set_up_is_offered_once(client: httpx.AsyncClient, answers: Answers) -> None:
    """After the first account the page says that it has done its work."""
    answers.is_set_up = False
    before = await client.get("/setup")
    at_the_door = await client.get("/login")

    answers.is_set_up = True
    after = await client.get("/setup")

    assert (200, 303, 409) == (before.status_code, at_the_door.status_code, after.status_code)
    assert "<form" in before.text
    assert "<form" not in after.text


async def test_log_in_is_a_form_that_password_managers_know(client: httpx.AsyncClient) -> None:
    """Labels, names and autocomplete are those that managers look for."""
    page = (await client.get("/login?ended")).text

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "Your session has ended" in page


@pytest.mark.covers("M-LK-01")
async def test_an_upload_page_tells_its_limits_without_a_program(
    client: httpx.AsyncClient, answers: Answers
) -> None:
    """A stranger reads what may be sent before choosing anything."""
    answer = await client.get("/u/tok_1")

    assert 200 == answer.status_code
    assert ["tok_1"] == answers.asked
    for words in (
        "Up to 100 GB a file",
        "1 file left",
        "5 kB left in all",
        "Takes mov, mp4",
        "Open until 4 June 2031, 12:05 UTC",
        "Asked by Anna Meyer",
        "http://test/u/tok_1/files/",
    ):
        assert words in answer.text


async def test_the_words_of_a_link_are_text(client: httpx.AsyncClient) -> None:
    """Whatever the owner typed, it does not become a part of the page."""
    page = (await client.get("/u/tok_1")).text

    assert "<img src=x" not in page
    assert "Acme <b>" not in page
    facts = re.search(r'data-facts="([^"]*)"', page)
    assert facts is not None
    assert "Acme <b>Corp</b> · Spring" == json.loads(html.unescape(facts[1]))["name"]


@pytest.mark.covers("M-LK-03")
@pytest.mark.parametrize(
    ("refused", "status", "words"),
    [
        (LinkRefused(reason=Refusal.UNKNOWN), 404, "This upload link does not exist"),
        (
            LinkRefused(
                reason=Refusal.EXPIRED,
                owner="Anna",
                expired_at=datetime(2026, 6, 4, 12, 5, tzinfo=UTC),
            ),
            410,
            "It was open until 4 June 2026, 12:05 UTC",
        ),
        (LinkRefused(reason=Refusal.EXPIRED), 410, "Ask the person who sent it for a new link."),
        (LinkRefused(reason=Refusal.REVOKED, owner="Anna"), 410, "Ask Anna for a new link."),
        (LinkRefused(reason=Refusal.FULL), 410, "This upload link is used up"),
        (LinkRefused(reason=Refusal.BUSY), 503, "Uploading is not possible at the moment"),
    ],
    ids=lambda value: value.reason if isinstance(value, LinkRefused) else None,
)
async def test_a_link_that_is_not_open_says_why(
    client: httpx.AsyncClient, answers: Answers, refused: LinkRefused, status: int, words: str
) -> None:
    """The reason is written by the server, for readers without a program too."""
    answers.link = refused

    answer = await client.get("/u/tok_1")

    assert status == answer.status_code
    assert words in answer.text
    assert f"link.{refused.reason}" in answer.text
    assert "data-facts" not in answer.text


@pytest.mark.parametrize("token", ["a%0Ab", "x" * 201, "%3Cscript%3E", "%00", "t%20t"])
async def test_a_token_of_another_form_is_not_looked_up(
    client: httpx.AsyncClient, answers: Answers, token: str
) -> None:
    """Nothing but a token reaches the house."""
    answer = await client.get(f"/u/{token}")

    assert 404 == answer.status_code
    assert [] == answers.asked


async def test_a_link_with_a_password_asks_for_it(
    client: httpx.AsyncClient, answers: Answers
) -> None:
    """Nothing about the link is told before."""
    answers.link = LinkRefused(reason=Refusal.LOCKED)

    answer = await client.get("/u/tok_1")

    assert 200 == answer.status_code
    assert 'id="unlock"' in answer.text
    assert "data-facts" not in answer.text


async def test_too_many_unknown_links_are_told_to_wait(
    client: httpx.AsyncClient, answers: Answers
) -> None:
    """The page says so in words, and its header in seconds."""
    answers.link = TooManyTries("Too many unknown links. Wait a minute.", retry_after=42.4)

    answer = await client.get("/u/tok_1")

    assert (429, "42") == (answer.status_code, answer.headers["retry-after"])
    assert "Too many unknown links. Wait a minute." in answer.text


async def test_a_mistake_of_ours_is_a_page_too(client: httpx.AsyncClient, answers: Answers) -> None:
    """What is not foreseen is 500, and still a page that people can read."""
    answers.link = Broken("It broke.")

    answer = await client.get("/u/tok_1")

    assert 500 == answer.status_code
    assert "This page cannot be shown now" in answer.text
    assert "It broke." not in answer.text
    assert "req_" in answer.text


@pytest.mark.parametrize("path", ["/app/library", "/app/assets/ast_1/storage", "/app/links"])
async def test_the_portal_has_one_shell_for_all_its_addresses(
    client: httpx.AsyncClient, path: str
) -> None:
    """A copied address works, because the program reads it."""
    answer = await client.get(path)

    assert 200 == answer.status_code
    assert 'id="root"' in answer.text


@pytest.mark.parametrize("path", ["/app", "/app/"])
async def test_the_portal_begins_in_the_library(client: httpx.AsyncClient, path: str) -> None:
    """There is no empty first page."""
    answer = await client.get(path)

    assert (303, "/app/library") == (answer.status_code, answer.headers["location"])


@pytest.mark.covers("M-UX-16")
@pytest.mark.parametrize("path", ["/nothing", "/login/more", "/apps", "/u/a/b/c", "/u/"])
async def test_an_unknown_address_is_a_page_with_404(client: httpx.AsyncClient, path: str) -> None:
    """Only the portal falls back; everything else says that there is nothing."""
    answer = await client.get(path)

    assert 404 == answer.status_code
    assert "There is no page here" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api", 404),
        ("POST", "/nothing", 404),
        ("GET", "/api/v1/things", 405),
        ("GET", "/files/upl_1", 404),
    ],
)
async def test_programs_get_no_page(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """What an API client meets is the API's own answer, never HTML."""
    answer = await client.request(method, path)

    assert status == answer.status_code
    assert "text/html" not in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/u/tok_1", "/login", "/nothing", "/app/library"])
async def test_every_page_is_safe_to_open(client: httpx.AsyncClient, path: str) -> None:
    """Own scripts alone, framed by nobody, kept by no cache."""
    headers = (await client.get(path)).headers

    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert "'none'" == rules["default-src"]
    assert "'self'" == rules["script-src"]
    assert "'none'" == rules["frame-ancestors"]
    assert "'none'" == rules["base-uri"]
    assert "no-store" == headers["cache-control"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "same-origin" == headers["cross-origin-opener-policy"]
    assert "camera=(), microphone=(), geolocation=()" == headers["permissions-policy"]


@pytest.mark.parametrize(
    ("path", "styles", "referrer"),
    [
        ("/u/tok_1", "'self'", "no-referrer"),
        ("/login", "'self'", "strict-origin-when-cross-origin"),
        ("/app/library", "'self' 'unsafe-inline'", "strict-origin-when-cross-origin"),
    ],
)
async def test_pages_of_strangers_are_the_strictest(
    client: httpx.AsyncClient, path: str, styles: str, referrer: str
) -> None:
    """A token in an address is told to no other site; inline styles are the portal's alone."""
    answer = await client.get(path)

    assert f"style-src {styles};" in answer.headers["content-security-policy"]
    assert referrer == answer.headers["referrer-policy"]


@pytest.mark.parametrize("path", ["/u/tok_1", "/login", "/nothing", "/app/library", "/setup"])
async def test_a_page_obeys_its_own_policy(client: httpx.AsyncClient, path: str) -> None:
    """No script, style or address in it would be refused by the browser."""
    tags = Tags()

    tags.feed((await client.get(path)).text)

    names = {name for _, attributes in tags.seen for name in attributes}
    addresses = [
        found[key] or "" for _, found in tags.seen for key in {"src", "href"} & found.keys()
    ]
    assert "style" not in {tag for tag, _ in tags.seen} | names
    assert all("src" in found for tag, found in tags.seen if tag == "script")
    assert not {name for name in names if name.startswith("on")}
    assert not [address for address in addresses if not re.match(r"/(?!/)|#|$", address)]


async def test_origins_of_media_and_stores_enter_the_policy(
    answers: Answers, tmp_path: Path
) -> None:
    """Direct uploads and a media host are allowed by name."""
    static = write_bundle(tmp_path / "static")
    app = FastAPI()
    source = PageSource(
        find_link=lambda _token, _address: answered(OPEN),
        is_set_up=lambda: answered(answers.is_set_up),
        has_session=lambda _request: answered(answers.has_session),
        media_origins=("https://media.example",),
        direct_origin="https://s3.example",
    )
    add_pages(app, source, static=static)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    policy = (await client.get("/u/tok_1")).headers["content-security-policy"]

    assert "connect-src 'self' https://s3.example https://media.example;" in policy
    assert "media-src 'self' blob: https://media.example;" in policy


async def test_without_a_bundle_pages_say_so_and_the_api_works(
    answers: Answers, tmp_path: Path
) -> None:
    """The API does not depend on the pages."""
    app = build_app(answers, tmp_path / "nothing")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    pages = [await client.get(path) for path in ("/login", "/u/tok_1", "/app/library", "/what")]
    thing = await client.post("/api/v1/things")

    assert {(503, "The web pages were not built. Run `make web`.\n")} == {
        (page.status_code, page.text) for page in pages
    }
    assert {"made": True} == thing.json()
