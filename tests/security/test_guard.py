"""What holds for every request and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from rushes.http.guard import PlainHttpRefused, require_safe_transport
from rushes.sections import HttpSettings
from rushes.settings import Settings
from tests.support.entrance import CSRF, HOST, Hall


@pytest.mark.covers("BG-97")
async def test_a_bug_tells_its_request_id_and_nothing_more(admin: httpx.AsyncClient) -> None:
    """500 without a word of the inside."""
    answer = await admin.get("/api/v1/broken")

    assert 500 == answer.status_code
    assert "secret" not in answer.text
    assert "rushes.broken" == answer.json()["code"]
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "[::1"])
async def test_a_name_that_is_not_ours_is_refused(stranger: httpx.AsyncClient, host: str) -> None:
    """No page of that name can reach us through somebody's browser."""
    answer = await stranger.get("/healthz", headers={"Host": host})

    assert (400, "request.host_unknown") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9", "LOCALHOST:1"])
async def test_this_machine_is_answered_by_any_of_its_names(
    stranger: httpx.AsyncClient, host: str
) -> None:
    """The port does not matter."""
    assert 200 == (await stranger.get("/healthz", headers={"Host": host})).status_code


async def test_every_answer_is_dressed(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Errors too; addresses that hold a secret are told to nobody."""
    answers = [
        await stranger.get("/healthz"),
        await admin.get("/api/v1/session"),
        await stranger.get("/api/v1/session"),
        await stranger.get("/healthz", headers={"Host": "evil.example"}),
        await admin.get("/api/v1/broken"),
    ]
    link = await stranger.post("/u/rsh_lnk_x/files/")

    for answer in answers:
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        assert "same-origin" == answer.headers["Cross-Origin-Opener-Policy"]
        assert "strict-origin-when-cross-origin" == answer.headers["Referrer-Policy"]
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "X-Request-Id" in answer.headers
    assert "no-store" == answers[1].headers["Cache-Control"]
    assert "no-referrer" == link.headers["Referrer-Policy"]


async def test_a_body_may_be_as_large_as_the_setting(admin: httpx.AsyncClient) -> None:
    """One byte more is 413, whether its length is told or counted."""
    limit = Settings().http.max_json_bytes
    head = {"Content-Type": "application/json"}
    just = b'"' + b"x" * (limit - 2) + b'"'

    async def counted() -> AsyncIterator[bytes]:
        yield just
        yield b" "

    fits = await admin.post("/api/v1/links", content=just, headers=head)
    told = await admin.post("/api/v1/links", content=just + b" ", headers=head)
    untold = await admin.post("/api/v1/links", content=counted(), headers=head)

    assert 422 == fits.status_code
    assert (413, "request.too_large") == (told.status_code, told.json()["code"])
    assert (413, "request.too_large") == (untold.status_code, untold.json()["code"])


@pytest.mark.parametrize(
    ("method", "path", "content", "expected"),
    [
        ("POST", "/api/v1/links", b"{broken", (400, "request.invalid")),
        ("POST", "/api/v1/links", b"[]", (422, "request.invalid")),
        ("PUT", "/api/v1/links", b"{}", (405, "request.method_not_allowed")),
        ("GET", "/api/v1/nothing", b"", (404, "request.not_found")),
        ("GET", "/api/v1/links?limit=x", b"", (400, "request.invalid")),
    ],
)
async def test_what_cannot_be_read_is_a_problem_too(
    admin: httpx.AsyncClient,
    method: str,
    path: str,
    content: bytes,
    expected: tuple[int, str],
) -> None:
    """422 is for payloads alone."""
    answer = await admin.request(
        method, path, content=content, headers={"Content-Type": "application/json"}
    )

    assert expected == (answer.status_code, answer.json()["code"])
    assert "application/problem+json" == answer.headers["Content-Type"]


async def test_other_sites_are_told_nothing_by_default(admin: httpx.AsyncClient) -> None:
    """No origin is reflected, and credentials never are allowed."""
    for origin in ("https://evil.example", "null", HOST):
        answer = await admin.get("/api/v1/session", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


async def test_any_page_may_send_through_a_link(stranger: httpx.AsyncClient) -> None:
    """Its preflight is answered, and it may read offsets; also when the answer is a refusal."""
    origin = {"Origin": "https://client.example"}
    asking = {"Access-Control-Request-Method": "PATCH"}

    preflight = await stranger.options("/u/rsh_lnk_x/files/1", headers=origin | asking)
    api = await stranger.options("/api/v1/links", headers=origin | asking)
    sent = await stranger.post("/u/rsh_lnk_x/files/", headers=origin)

    assert (204, "*") == (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"])
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Upload-Offset" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in api.headers
    assert (404, "*") == (sent.status_code, sent.headers["Access-Control-Allow-Origin"])
    assert "Upload-Offset" in sent.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("settings", "is_safe"),
    [
        (Settings(), True),
        (Settings(host="localhost"), True),
        (Settings(host="0.0.0.0"), False),  # noqa: S104
        (Settings(base_url="http://media.example.org"), False),
        (Settings(base_url="https://media.example.org", host="0.0.0.0"), True),  # noqa: S104
        (Settings(host="10.0.0.7", http=HttpSettings(insecure=True)), True),
    ],
)
def test_passwords_do_not_cross_a_network_in_the_clear(settings: Settings, is_safe: bool) -> None:  # noqa: FBT001
    """Plain http is for this machine, unless somebody says otherwise."""
    if is_safe:
        require_safe_transport(settings)
    else:
        with pytest.raises(PlainHttpRefused, match="RUSHES_BASE_URL"):
            require_safe_transport(settings)


async def test_the_api_says_what_is_open(hall: Hall) -> None:
    """Without a caller there are log-in and set-up, and nothing else."""
    async with hall.visitor(CSRF) as nobody:
        statuses = {
            path: (await nobody.post(f"/api/v1/{path}", json={})).status_code
            for path in ("session", "setup", "session/", "sessions", "setup/x", "links")
        }

    assert {"session": 422, "setup": 422} == {
        path: status for path, status in statuses.items() if status == 422
    }
