"""`/setup`: the first admin, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.support.entrance import ADMIN, PASSWORD, Hall
from tests.support.moments import Hands


def claim(token: str, email: str = ADMIN) -> dict[str, str]:
    return {"token": token, "email": email, "password": PASSWORD}


async def begin(hall: Hall) -> str:
    token = await hall.entrance.setup.begin()
    assert token is not None
    return token


@pytest.mark.covers("BG-95", "BG-94", "M-AD-05", "M-AD-01")
async def test_until_there_is_an_admin_nothing_else_answers(empty_hall: Hall) -> None:
    """Health and set-up are there; all else is 503 and says what to do."""
    async with empty_hall.visitor() as visitor:
        health = await visitor.get("/healthz")
        guide = await visitor.get("/openapi.json")
        session = await visitor.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        page = await visitor.get("/u/rsh_lnk_x")
        made = await visitor.post("/api/v1/setup", json=claim(await begin(empty_hall)))
        inside = await visitor.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})

    assert (200, 200) == (health.status_code, guide.status_code)
    assert (503, "setup.required") == (session.status_code, session.json()["code"])
    assert 503 == page.status_code
    assert (201, "superadmin") == (made.status_code, made.json()["account"]["role"])
    assert 200 == inside.status_code


@pytest.mark.covers("BG-95")
async def test_the_second_claim_is_refused_though_its_token_is_right(empty_hall: Hall) -> None:
    """Of two that race one wins; afterwards it is 409 for good."""
    token = await begin(empty_hall)

    async with empty_hall.visitor() as visitor:
        answers = await asyncio.gather(
            *(
                visitor.post("/api/v1/setup", json=claim(token, f"{name}@example.org"))
                for name in ("ada", "eve")
            )
        )
        late = await visitor.post("/api/v1/setup", json=claim(token))

    assert [201, 409] == sorted(answer.status_code for answer in answers)
    assert (409, "setup.done") == (late.status_code, late.json()["code"])
    assert await empty_hall.entrance.setup.begin() is None


@pytest.mark.parametrize("token", ["", "wrong", "aaaaa-aaaaa-aaaaa-aaaaa-aaaaa"])
async def test_a_wrong_token_makes_no_admin(empty_hall: Hall, token: str) -> None:
    """403, and the right one still works."""
    right = await begin(empty_hall)

    async with empty_hall.visitor() as visitor:
        refused = await visitor.post("/api/v1/setup", json=claim(token))
        made = await visitor.post("/api/v1/setup", json=claim(f" {right.upper()} "))

    assert (403, "setup.token_refused") == (refused.status_code, refused.json()["code"])
    assert 201 == made.status_code


async def test_a_token_is_good_for_half_an_hour(empty_hall: Hall, hands: Hands) -> None:
    """After that only a new one opens."""
    token = await begin(empty_hall)
    hands.advance(timedelta(minutes=30))

    async with empty_hall.visitor() as visitor:
        refused = await visitor.post("/api/v1/setup", json=claim(token))
        made = await visitor.post("/api/v1/setup", json=claim(await begin(empty_hall)))

    assert 403 == refused.status_code
    assert 201 == made.status_code


async def test_tokens_cannot_be_guessed_without_end(empty_hall: Hall) -> None:
    """The sixth guess in a minute is 429."""
    await begin(empty_hall)

    async with empty_hall.visitor() as visitor:
        statuses = [
            (await visitor.post("/api/v1/setup", json=claim("wrong"))).status_code for _ in range(6)
        ]

    assert [403] * 5 + [429] == statuses


@pytest.mark.covers("BG-94", "M-AD-06")
async def test_the_environment_makes_the_first_admin_and_no_second(empty_hall: Hall) -> None:
    """With both settings, once; a password that anybody guesses is refused there too."""
    setup = empty_hall.entrance.setup

    nothing = await setup.take_from_environment(ADMIN, None)
    made = await setup.take_from_environment(ADMIN, PASSWORD)
    again = await setup.take_from_environment("eve@example.org", PASSWORD)

    assert nothing is None
    assert made is not None
    assert ADMIN == made.email
    assert again is None


@pytest.mark.covers("M-AD-06", "CF-25")
async def test_the_console_makes_a_superadmin_first_and_editors_after(empty_hall: Hall) -> None:
    """Whoever holds the data folder may; the role of the first is no choice."""
    accounts = empty_hall.entrance.accounts

    first = await accounts.create_at_console("ada@example.org", PASSWORD, None)
    second = await accounts.create_at_console("eve@example.org", PASSWORD, None)

    assert ("superadmin", "editor") == (first.role, second.role)
    assert await empty_hall.entrance.setup.is_done()
