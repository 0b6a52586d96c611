"""Bad input at the product's own door: each has its status, its code, a sentence, and no trace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from rushes.access.linking import LinkWish
from rushes.access.permit import ALL_SCOPES, SYSTEM, Role
from rushes.access.tokens import TokenWish
from rushes.clock import Clock
from rushes.compose import House, open_house
from rushes.db.tables import assets, events, links, projects, uploads
from rushes.http.app import build_app
from rushes.settings import Settings
from tests.support.entrance import ADMIN, PASSWORD
from tests.support.receiving import BODY, TUS, checksum, metadata

TEN = b"0123456789"
LIMIT = 1_000
NOBODY = "upl_" + "0" * 26
DEAD = "rsh_lnk_" + "0" * 38

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and what it must be answered."""

    method: str
    path: str
    status: int
    code: str
    words: str
    headers: Headers | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Product:
    """The whole API over a house, with an admin's token and two links."""

    house: House
    http: httpx.AsyncClient
    bearer: Headers
    link: str
    expired: str

    async def ask(self, case: Case, address: str = "") -> httpx.Response:
        """Send a case; `{link}`, `{expired}` and `{upload}` in its path are filled in."""
        path = case.path.format(link=self.link, expired=self.expired, upload=address)
        headers = {"Authorization": "Bearer {}"} | (case.headers or {})
        headers = {name: text.replace("{}", self._token) for name, text in headers.items() if text}
        return await self.http.request(case.method, path, headers=headers, content=case.body)

    @property
    def _token(self) -> str:
        return self.bearer["Authorization"].removeprefix("Bearer ")

    async def begin(self, size_bytes: int = len(TEN)) -> str:
        """Begin an upload through the link; return its address."""
        told = {"Upload-Length": str(size_bytes), "Upload-Metadata": metadata(filename="a.mov")}
        answer = await self.http.post(f"/u/{self.link}/files/", headers=TUS | told)
        assert 201 == answer.status_code, answer.text
        return httpx.URL(answer.headers["Location"]).path

    async def traces(self) -> dict[str, int]:
        """Return what uploads have left: rows that live, room that is taken, events, files."""
        async with self.house.database.reading() as connection:
            live = select(func.count()).select_from(uploads).where(uploads.c.state == "receiving")
            found = {"receiving": await connection.scalar(live) or 0}
            for table in (assets, events, projects, links):
                count = select(func.count()).select_from(table)
                found[table.name] = await connection.scalar(count) or 0
            for table in (projects, links):
                for column in (table.c.used_bytes, table.c.used_files):
                    name = f"{table.name}.{column.name}"
                    found[name] = int(await connection.scalar(func.sum(column)) or 0)
        spool = self.house.settings.at("spool")
        return found | {"files": sum(path.is_file() for path in spool.rglob("*"))}


@pytest.fixture
async def product(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Product]:
    """A product with a link that takes video of at most 1,000 bytes."""
    url = None if database_url.startswith("sqlite") else database_url
    async with AsyncExitStack() as stack:
        settings = Settings.load(data=tmp_path, database_url=url)
        house = await stack.enter_async_context(open_house(settings, clock))
        await house.accounts.create_at_console(ADMIN, PASSWORD, Role.ADMIN)
        _, secret = await house.tokens.create_at_console(None, TokenWish("test", ALL_SCOPES))
        wish = LinkWish(types=("web-video",), max_file_bytes=LIMIT, max_total_bytes=2 * LIMIT)
        _, _, link = await house.linking.create(SYSTEM, "Acme", "Spring", wish)
        past = LinkWish(expires_at=clock.now() - timedelta(seconds=1))
        _, _, expired = await house.linking.create(SYSTEM, "Acme", "Spring", past)
        app = build_app(house, trouble=lambda: None)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
        await stack.enter_async_context(http)
        yield Product(house, http, {"Authorization": f"Bearer {secret}"}, link, expired)


def creation(name: str = "a.mov", size: int | str = 10, **more: str) -> Headers:
    """Return the headers of a creation."""
    told = {"Upload-Length": str(size), "Upload-Metadata": metadata(filename=name)}
    return {**TUS, **told, **more, "Authorization": ""}


AT_CREATION = {
    "too large for the link": Case(
        *("POST", "/u/{link}/files/", 413, "upload.file_too_large", "up to 1000 bytes"),
        creation(size=LIMIT + 1),
    ),
    "too large for the server": Case(
        *("POST", "/files/", 413, "upload.file_too_large", "bytes"),
        {**creation(size=200 * 2**30), "Authorization": "Bearer {}"},
    ),
    "a length beyond all numbers": Case(
        *("POST", "/u/{link}/files/", 400, "tus.bad_header", "decimal digits"),
        creation(size="9" * 40),
    ),
    "a body longer than its length": Case(
        *("POST", "/u/{link}/files/", 413, "upload.too_large", "3 are allowed"),
        creation(size=3, **{"Content-Type": BODY["Content-Type"]}),
        TEN,
    ),
    "a wrong checksum": Case(
        *("POST", "/u/{link}/files/", 460, "upload.checksum_mismatch", "send it again"),
        creation(
            **{"Content-Type": BODY["Content-Type"], "Upload-Checksum": checksum(b"other bytes")}
        ),
        TEN,
    ),
    "a type that the link does not take": Case(
        *("POST", "/u/{link}/files/", 415, "upload.type_refused", "mov"),
        creation("a.exe"),
    ),
    "a path in front of a type that is not taken": Case(
        *("POST", "/u/{link}/files/", 415, "upload.type_refused", "mov"),
        creation("../../a.mov/../b.sh"),
    ),
    "a name with NUL": Case(
        *("POST", "/u/{link}/files/", 400, "upload.bad_metadata", "NUL"),
        creation("a\x00.mov"),
    ),
    "an expired link": Case(
        *("POST", "/u/{expired}/files/", 404, "link.not_found", "Ask"), creation()
    ),
    "a wrong link": Case(*("POST", f"/u/{DEAD}/files/", 404, "link.not_found", "Ask"), creation()),
    "a wrong token": Case(
        *("POST", "/files/", 401, "access.unauthenticated", "token"),
        {**creation(), "Authorization": f"Bearer rsh_pat_{'0' * 38}"},
    ),
    "no token": Case(*("POST", "/files/", 401, "access.unauthenticated", "Log in"), creation()),
    "no version of the protocol": Case(
        *("POST", "/u/{link}/files/", 412, "tus.version_unknown", "Tus-Resumable"),
        {"Upload-Length": "1", "Authorization": ""},
    ),
}

TAKEN_BACK = frozenset({"a body longer than its length", "a wrong checksum"})
"""Uploads that began and were ended for their body: only the history tells of them."""

AT_AN_UPLOAD = {
    "a wrong offset": Case(
        *("PATCH", "{upload}", 409, "upload.offset_mismatch", "stands at byte 0"),
        {**BODY, "Upload-Offset": "5", "Authorization": ""},
        TEN[5:],
    ),
    "a wrong checksum": Case(
        *("PATCH", "{upload}", 460, "upload.checksum_mismatch", "send it again"),
        {
            **BODY,
            "Upload-Offset": "0",
            "Upload-Checksum": checksum(b"other"),
            "Authorization": "",
        },
        TEN,
    ),
    "a checksum of no known kind": Case(
        *("PATCH", "{upload}", 400, "upload.bad_checksum", "sha"),
        {**BODY, "Upload-Offset": "0", "Upload-Checksum": "crc9 AAAA", "Authorization": ""},
        TEN,
    ),
    "more bytes than told": Case(
        *("PATCH", "{upload}", 413, "upload.too_large", "10 are allowed"),
        {**BODY, "Upload-Offset": "0", "Authorization": ""},
        TEN + TEN,
    ),
    "a wrong type of body": Case(
        *("PATCH", "{upload}", 415, "tus.wrong_body_type", "application/offset+octet-stream"),
        {**BODY, "Upload-Offset": "0", "Content-Type": "video/mp4", "Authorization": ""},
        TEN,
    ),
    "an unknown upload": Case(
        *("PATCH", f"/u/{{link}}/files/{NOBODY}", 404, "upload.missing", "new one"),
        {**BODY, "Upload-Offset": "0", "Authorization": ""},
        TEN,
    ),
    "an id that is none": Case(
        *("PATCH", "/u/{link}/files/etc-passwd", 404, "upload.missing", "new one"),
        {**BODY, "Upload-Offset": "0", "Authorization": ""},
        TEN,
    ),
}

LONG = json.dumps({"client": "x" * 2**20, "project": "y"}).encode()
SENT_AS_JSON = {"Content-Type": "application/json"}
OF_THE_API = {
    "an unknown asset": Case(
        *("GET", "/api/v1/assets/ast_0", 404, "asset.not_found", "There is no such asset")
    ),
    "an unknown job": Case(*("GET", "/api/v1/jobs/0", 404, "job.unknown", "There is no such job")),
    "an unknown link": Case(*("GET", "/api/v1/links/lnk_0", 404, "link.not_found", "Check its id")),
    "an unknown address": Case(*("GET", "/api/v1/nothing", 404, "request.not_found", "/docs")),
    "a wrong method": Case(*("PUT", "/api/v1/assets", 405, "request.method_not_allowed", "Allow")),
    "a page of nothing": Case(*("GET", "/api/v1/assets?limit=0", 400, "request.invalid", "/limit")),
    "a cursor that is none": Case(
        *("GET", "/api/v1/assets?cursor=abc", 400, "page.bad_cursor", "Begin without one")
    ),
    "no JSON": Case(
        *("POST", "/api/v1/projects", 400, "request.invalid", "JSON"), SENT_AS_JSON, b"{broken"
    ),
    "a value of a wrong type": Case(
        *("POST", "/api/v1/projects", 422, "request.invalid", "/client"),
        *(SENT_AS_JSON, b'{"client": 7, "project": "x"}'),
    ),
    "a name that nobody knows": Case(
        *("POST", "/api/v1/projects", 422, "request.invalid", "/colour"),
        *(SENT_AS_JSON, b'{"client": "a", "project": "x", "colour": "red"}'),
    ),
    "too much JSON": Case(
        *("POST", "/api/v1/projects", 413, "request.too_large", "Send less"), SENT_AS_JSON, LONG
    ),
    "an unknown host": Case(
        *("GET", "/api/v1/assets", 400, "request.host_unknown", "RUSHES_BASE_URL"),
        {"Host": "evil.example"},
    ),
}


def judge(case: Case, answer: httpx.Response) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if answer.headers.get("Content-Type") != "application/problem+json":
        return f"{answer.status_code} {answer.headers.get('Content-Type')}"
    told = answer.json()
    wrong = [
        words
        for words, is_right in (
            (f"status {answer.status_code}", case.status == answer.status_code == told["status"]),
            (f"code {told['code']}", told["code"] == case.code),
            (f"type {told['type']}", told["type"] == f"/docs/errors#{case.code}"),
            (f"detail {told['detail']}", case.words.lower() in told["detail"].lower()),
            ("no end", told["detail"].endswith((".", "`"))),
            ("request id", told["request_id"] == answer.headers["X-Request-Id"]),
        )
        if not is_right
    ]
    return "; ".join(wrong)


@pytest.mark.covers("S-VA-07", "X-SEC-06", "CF-01", "BG-09", "BG-40", "BG-69")
async def test_what_is_refused_leaves_nothing(product: Product) -> None:
    """Wrong lengths, types, names, links, tokens, bodies: no row, no file, no quota, no event."""
    before = now = await product.traces()
    wrong, left = {}, {}

    for name, case in (AT_CREATION | OF_THE_API).items():
        wrong[name] = judge(case, await product.ask(case))
        former, now = now, await product.traces()
        if now != former and name not in TAKEN_BACK:
            left[name] = {key: now[key] for key in now if now[key] != former[key]}

    assert {} == {name: words for name, words in wrong.items() if words}
    assert {} == left
    assert before == now | {"events": before["events"]}


@pytest.mark.covers("S-VA-07", "X-UP-05")
async def test_what_an_upload_refuses_leaves_it_as_it_was(product: Product) -> None:
    """Offset, state and room stay; the right bytes are taken after all of it."""
    upload = await product.begin()
    before, wrong = await product.traces(), {}

    for name, case in AT_AN_UPLOAD.items():
        wrong[name] = judge(case, await product.ask(case, upload))

    assert {} == {name: words for name, words in wrong.items() if words}
    assert before == await product.traces()
    sent = await product.http.patch(upload, headers={**BODY, "Upload-Offset": "0"}, content=TEN)
    assert (204, "10") == (sent.status_code, sent.headers["Upload-Offset"])


async def test_a_wrong_offset_is_told_the_right_one(product: Product) -> None:
    """In the header of tus, and as a fact of the problem."""
    upload = await product.begin()

    answer = await product.ask(AT_AN_UPLOAD["a wrong offset"], upload)

    assert ("0", 0) == (answer.headers["Upload-Offset"], answer.json()["offset"])


@pytest.mark.covers("BG-11", "BG-69")
@pytest.mark.parametrize("name", ["../../etc/passwd.mov", "C:\\a\\b.mov", "a\r\nSet-Cookie: x.mov"])
async def test_a_name_with_path_or_control_parts_is_kept_as_data(
    product: Product, name: str
) -> None:
    """It is no path, no header, and comes back as it was sent."""
    answer = await product.http.post(f"/u/{product.link}/files/", headers=creation(name))

    assert 201 == answer.status_code, answer.text
    assert "Set-Cookie" not in answer.headers
    upload_id = answer.headers["Location"].rpartition("/")[2]
    told = await product.http.get(
        f"/api/v1/uploads/{upload_id}", headers={"Rushes-Link": product.link}
    )
    assert name == told.json()["file_name"]
    spool = product.house.settings.at("spool")
    files = [path for path in spool.rglob("*") if path.is_file()]
    assert [f"{upload_id[-2:]}/{upload_id}.0"] == [str(path.relative_to(spool)) for path in files]


@pytest.mark.covers("S-VA-07")
async def test_zero_bytes_are_a_file_that_is_whole_at_once(product: Product) -> None:
    """It takes its place among the link's files, no room, and may not be appended to."""
    upload = await product.begin(0)

    looked = await product.http.head(upload, headers=TUS)
    more = await product.http.patch(upload, headers={**BODY, "Upload-Offset": "0"}, content=TEN)

    traces = await product.traces()
    assert ("0", "0") == (looked.headers["Upload-Offset"], looked.headers["Upload-Length"])
    assert (0, 1, 0) == (
        traces["receiving"],
        traces["links.used_files"],
        traces["links.used_bytes"],
    )
    assert more.status_code in {409, 410, 413}, more.text
    assert "detail" in more.json()


@pytest.mark.covers("BG-16")
async def test_room_that_is_used_up_is_refused_by_name(product: Product) -> None:
    """The third file does not fit into the link; giving one back makes room again."""
    first, _ = await product.begin(LIMIT), await product.begin(LIMIT)
    third = creation(size=1)

    full = await product.http.post(f"/u/{product.link}/files/", headers=third)
    await product.http.delete(first, headers=TUS)
    again = await product.http.post(f"/u/{product.link}/files/", headers=third)

    assert (413, "quota.bytes") == (full.status_code, full.json()["code"])
    assert 201 == again.status_code
