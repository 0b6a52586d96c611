"""`Idempotency-Key`: what was sent twice is done once."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from rushes.access.answer_records import Place, begin_answer
from rushes.access.answers import Answers
from rushes.db.answer_tables import kept_answers
from tests.support.entrance import ADMIN, Hall
from tests.support.moments import Hands

TOKENS = "/api/v1/tokens"
WISH = {"name": "ci", "scopes": ["read"]}


def by(key: str) -> dict[str, str]:
    """Return the header of a key."""
    return {"Idempotency-Key": key}


async def count(admin: httpx.AsyncClient) -> int:
    """Return how many tokens there are."""
    return len((await admin.get(TOKENS)).json()["items"])


async def test_the_same_request_is_answered_as_before(admin: httpx.AsyncClient) -> None:
    """Byte for byte, secrets that are shown once included; nothing is made a second time."""
    first = await admin.post(TOKENS, json=WISH, headers=by("a"))
    again = await admin.post(TOKENS, json=WISH, headers=by("a"))
    other = await admin.post(TOKENS, json=WISH, headers=by("b"))

    assert (201, 201) == (first.status_code, again.status_code)
    assert first.content == again.content
    assert ("true", None) == tuple(
        answer.headers.get("Idempotent-Replayed") for answer in (again, first)
    )
    assert first.json()["id"] != other.json()["id"]
    assert 2 == await count(admin)


@pytest.mark.parametrize(("place", "name"), [(TOKENS, "other"), (f"{TOKENS}?a=b", "ci")])
async def test_a_key_is_for_one_request(admin: httpx.AsyncClient, place: str, name: str) -> None:
    """With another body or address it is refused."""
    await admin.post(TOKENS, json=WISH, headers=by("a"))

    answer = await admin.post(place, json=WISH | {"name": name}, headers=by("a"))

    assert (422, "idempotency.used_otherwise") == (answer.status_code, answer.json()["code"])
    assert 1 == await count(admin)


async def test_a_key_belongs_to_its_caller(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Two tokens of one account are two callers: one may be allowed less than the other."""
    texts = [
        (await admin.post(TOKENS, json={"name": name, "scopes": ["admin", "read"]})).json()["token"]
        for name in ("one", "two")
    ]
    answers = []
    for text in texts:
        async with hall.visitor({"Authorization": f"Bearer {text}"}) as program:
            answers.append(await program.post(TOKENS, json=WISH, headers=by("a")))

    assert [201, 201] == [answer.status_code for answer in answers]
    assert answers[0].json()["id"] != answers[1].json()["id"]


async def test_of_many_at_once_one_is_done(admin: httpx.AsyncClient) -> None:
    """The others hear the same answer, or that it is still at work."""
    answers = await asyncio.gather(
        *(admin.post(TOKENS, json=WISH, headers=by("a")) for _ in range(6))
    )

    done = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    waiting = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert 6 == len(done) + len(waiting)
    assert {"idempotency.at_work"} >= {*waiting}
    assert 1 == len({*done}) == await count(admin)


async def test_what_is_at_work_is_not_done_again(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Nor what a server that died may have done."""
    account = (await admin.get("/api/v1/session")).json()["account"]["id"]
    first = await admin.post(TOKENS, json=WISH, headers=by("a"))
    async with hall.database.transaction() as connection:
        digest = (await connection.execute(select(kept_answers.c.digest))).scalar_one()
        place = Place(f"account:{account}", "b")
        await begin_answer(connection, place, digest, hall.clock.now())

    answer = await admin.post(TOKENS, json=WISH, headers=by("b"))

    assert 201 == first.status_code
    assert (409, "idempotency.at_work", "1") == (
        answer.status_code,
        answer.json()["code"],
        answer.headers["Retry-After"],
    )


async def test_a_refusal_leaves_the_key_free(admin: httpx.AsyncClient) -> None:
    """What was refused made nothing: the corrected request goes through."""
    refused = await admin.post(TOKENS, json={"name": "", "scopes": ["read"]}, headers=by("a"))
    made = await admin.post(TOKENS, json=WISH, headers=by("a"))

    assert (422, 201) == (refused.status_code, made.status_code)


async def test_a_mistake_of_ours_leaves_the_key_free(hall: Hall, admin: httpx.AsyncClient) -> None:
    """After a 500 the same request is done, and answered from then on as it was."""
    done: list[str] = []

    @hall.app.post("/api/v1/breaks-once")
    async def break_once() -> list[str]:
        done.append("tried")
        if len(done) == 1:
            raise RuntimeError("a secret of the inside")
        return done

    answers = [await admin.post("/api/v1/breaks-once", headers=by("b")) for _ in range(3)]

    assert [500, 200, 200] == [answer.status_code for answer in answers]
    assert ["tried"] * 2 == answers[1].json() == answers[2].json() == done


async def test_an_answer_is_kept_for_a_day_and_sealed(
    hall: Hall, admin: httpx.AsyncClient, hands: Hands
) -> None:
    """Then the key is free; the sweeper forgets what nobody asks for."""
    first = await admin.post(TOKENS, json=WISH, headers=by("a"))
    async with hall.database.reading() as connection:
        sealed = (await connection.execute(select(kept_answers.c.sealed))).scalar_one()
    hands.advance(timedelta(hours=24))
    later = await hall.logged_in(ADMIN)
    second = await later.post(TOKENS, json=WISH, headers=by("a"))
    hands.advance(timedelta(hours=24))
    await Answers(hall.database, hall.clock, hall.entrance.factors.sealer).forget()
    async with hall.database.reading() as connection:
        left = (await connection.execute(select(kept_answers))).all()

    assert first.json()["token"].encode() not in sealed
    assert sealed.startswith(b"v1:")
    assert first.json()["id"] != second.json()["id"]
    assert [] == left


@pytest.mark.parametrize("key", ["", "a b", "\x7f", "x" * 256])
async def test_a_bad_key_is_refused(admin: httpx.AsyncClient, key: str) -> None:
    """1 to 255 visible characters of ASCII."""
    answer = await admin.post(TOKENS, json=WISH, headers=by(key))

    assert (400, "idempotency.bad_key") == (answer.status_code, answer.json()["code"])


async def test_a_body_that_is_too_large_is_refused(admin: httpx.AsyncClient) -> None:
    """It cannot be compared; without a key it would be read as it comes."""
    answer = await admin.post(
        TOKENS, content=b"x" * (4 * 2**20 + 1), headers=by(secrets.token_hex())
    )

    assert (413, "idempotency.too_large") == (answer.status_code, answer.json()["code"])


async def test_a_log_in_takes_no_key(hall: Hall) -> None:
    """A proof is good once: the answer of a log-in is never given again."""
    wish = {"email": ADMIN, "password": "wrong"}
    async with hall.visitor(by("a")) as visitor:
        statuses = [
            (await visitor.post("/api/v1/session", json=wish)).status_code for _ in range(2)
        ]

    assert [401, 401] == statuses


async def test_half_a_body_is_no_request(hall: Hall, admin: httpx.AsyncClient) -> None:
    """Whoever leaves in the middle of it has asked for nothing, and the key stays free."""
    cookie = f"rushes={admin.cookies['rushes']}"
    headers = {"Host": "127.0.0.1", "Cookie": cookie, "X-Rushes-CSRF": "1", "Idempotency-Key": "a"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": TOKENS,
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50_000),
    }
    coming: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b'{"name": "ci", "scopes": ["read"]}', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> MutableMapping[str, Any]:
        return coming.pop(0)

    async def send(_message: MutableMapping[str, Any]) -> None:
        """Nobody is there."""

    await hall.app(scope, receive, send)

    assert 0 == await count(admin)
    assert 201 == (await admin.post(TOKENS, json=WISH, headers=by("a"))).status_code


async def test_what_was_asked_cannot_be_guessed(hall: Hall, admin: httpx.AsyncClient) -> None:
    """A body may hold a password: what is kept of it needs a key of the server."""
    wish = {"email": "eve@example.org", "password": "five owls in a bath", "role": "editor"}
    place = "/api/v1/accounts"
    made = await admin.post(place, json=wish, headers=by("a"))
    async with hall.database.reading() as connection:
        kept = (await connection.execute(select(kept_answers.c.digest))).scalar_one()

    assert 201 == made.status_code
    assert hashlib.sha256(f"POST {place}?\n".encode() + made.request.content).digest() != kept
