"""A provider of identities that lies, or whose answers were forged: nobody comes in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from rushes.access.permit import Role
from rushes.clock import Clock
from rushes.db.engine import open_database
from tests.support.entrance import ADMIN, Hall
from tests.support.moments import NOON, Hands
from tests.support.vouched import Forged, build_vouched_hall, forged_provider, leave, read_asked

BACK = "/login/oidc/callback"
NOW = NOON.timestamp()
OTHER = RSAKey.generate_key(2048, {"kid": "other"})


@pytest.fixture(scope="module")
def running() -> Iterator[Forged]:
    """A provider that lies."""
    with forged_provider() as forged:
        yield forged


@pytest.fixture
def forged(running: Forged) -> Forged:
    """The same, as it was at first."""
    running.renew()
    return running


@pytest.fixture
async def hall(
    sqlite_url: str, clock: Clock, tmp_path: Path, forged: Forged
) -> AsyncIterator[Hall]:
    """Access with its first admin."""
    database = open_database(sqlite_url)
    try:
        built = build_vouched_hall(database, clock, tmp_path / "keys", forged.issuer)
        await built.add(ADMIN, Role.SUPERADMIN)
        yield built
    finally:
        await database.close()


async def come_in(
    hall: Hall, forged: Forged, make: Callable[[str], str], **brought: str
) -> tuple[str, int]:
    """Come back with a token that is made for a nonce; return where one ends, and who one is."""
    async with hall.visitor() as visitor:
        asked = read_asked(await leave(visitor))
        forged.say(make(asked["nonce"]))
        query = {"code": "any", "state": asked["state"], **brought}
        answer = await visitor.get(BACK, params=query)
        inside = await visitor.get("/api/v1/session")
    return answer.headers["Location"], inside.status_code


def encode(document: dict[str, Any]) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def confuse(forged: Forged, claims: dict[str, Any]) -> str:
    """Return a token that takes the public key for a shared secret."""
    text = f"{encode({'alg': 'HS256', 'kid': 'first'})}.{encode(claims)}"
    secret = forged.key.as_pem(private=False)
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


LIES: dict[str, Callable[[Forged, str], str]] = {
    "another audience": lambda it, nonce: it.sign(it.claims(nonce, NOW, aud="them")),
    "another issuer": lambda it, nonce: it.sign(it.claims(nonce, NOW, iss="https://e.example")),
    "another log-in": lambda it, nonce: it.sign(it.claims(nonce[::-1], NOW)),
    "too old": lambda it, nonce: it.sign(it.claims(nonce, NOW - 400)),
    "not yet": lambda it, nonce: it.sign(it.claims(nonce, NOW + 90)),
    "no subject": lambda it, nonce: it.sign(it.claims(nonce, NOW, sub="")),
    "a key of somebody else": lambda it, nonce: it.sign(it.claims(nonce, NOW), OTHER),
    "no signature": lambda it, nonce: f"{encode({'alg': 'none'})}.{encode(it.claims(nonce, NOW))}.",
    "a public key as a secret": lambda it, nonce: confuse(it, it.claims(nonce, NOW)),
    "a signature of another text": lambda it, nonce: ".".join(
        (
            it.sign(it.claims(nonce, NOW)).partition(".")[0],
            encode(it.claims(nonce, NOW, sub="two")),
            it.sign(it.claims(nonce, NOW)).rpartition(".")[2],
        )
    ),
    "no token": lambda *_: "",
    "nonsense": lambda *_: "a.b.c",
}


@pytest.mark.covers("M-WH-14")
@pytest.mark.parametrize("lie", LIES)
async def test_a_forged_token_opens_nothing(hall: Hall, forged: Forged, lie: str) -> None:
    """Whatever is wrong with it: the answer is the same."""
    found = await come_in(hall, forged, lambda nonce: LIES[lie](forged, nonce))

    assert ("/login?failed=oidc.refused", 401) == found


async def test_a_good_token_opens_and_a_mixed_up_answer_does_not(
    hall: Hall, forged: Forged
) -> None:
    """The same token, brought back as the answer of another provider (RFC 9207)."""

    def good(nonce: str) -> str:
        return forged.sign(forged.claims(nonce, NOW))

    mixed = await come_in(hall, forged, good, iss="https://other.example")
    right = await come_in(hall, forged, good, iss=forged.issuer)
    silent = await come_in(hall, forged, good)

    assert ("/login?failed=oidc.refused", 401) == mixed
    assert [("/app/library", 200)] * 2 == [right, silent]


async def test_an_address_that_changed_hands_is_not_the_account(hall: Hall, forged: Forged) -> None:
    """The second person of the provider with a verified address does not get the first one's."""

    def of(subject: str) -> Callable[[str], str]:
        return lambda nonce: forged.sign(forged.claims(nonce, NOW, sub=subject))

    first = await come_in(hall, forged, of("first"))
    second = await come_in(hall, forged, of("second"))

    assert [("/app/library", 200), ("/login?failed=oidc.no_account", 401)] == [first, second]


async def test_a_new_key_is_looked_for_once_a_minute(
    hall: Hall, forged: Forged, hands: Hands
) -> None:
    """So the provider may change it, and nobody makes us ask it without end."""

    def by(key: RSAKey) -> Callable[[str], str]:
        return lambda nonce: forged.sign(forged.claims(nonce, hands.now.timestamp()), key)

    await come_in(hall, forged, by(forged.key))
    places = [await come_in(hall, forged, by(OTHER)) for _ in range(3)]
    few = forged.asked.count("/keys")
    hands.advance(timedelta(minutes=2))
    third = RSAKey.generate_key(2048, {"kid": "third"})
    places += [await come_in(hall, forged, by(third)) for _ in range(2)]
    forged.shown = [forged.key, OTHER]
    hands.advance(timedelta(minutes=2))
    right = await come_in(hall, forged, by(OTHER))

    assert [("/login?failed=oidc.refused", 401)] * 5 == places
    assert (1, 3) == (few, forged.asked.count("/keys"))
    assert ("/app/library", 200) == right


AWAY: dict[str, Callable[[Forged], dict[str, Any]]] = {
    "it calls itself otherwise": lambda it: {"issuer": f"{it.issuer}/"},
    "its keys are nowhere": lambda it: {"jwks_uri": f"{it.issuer}/nothing"},
    "its keys are read in the clear": lambda _: {"jwks_uri": "http://id.example.org/keys"},
    "its log-in is no address": lambda _: {"authorization_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("what", AWAY)
async def test_a_broken_provider_is_said_to_be_away(hall: Hall, forged: Forged, what: str) -> None:
    """Nobody is sent there."""
    forged.document |= AWAY[what](forged)

    async with hall.visitor() as visitor:
        there = await leave(visitor)

    assert "/login?failed=oidc.provider_away" == there


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b'{"error": "invalid_grant"}', "oidc.refused"),
        (401, b'{"error": "invalid_client"}', "oidc.refused"),
        (500, b"{}", "oidc.provider_away"),
        (302, b"{}", "oidc.provider_away"),
        (200, b"<html>", "oidc.provider_away"),
        (200, b"[]", "oidc.provider_away"),
        (200, b" " * (2**20 + 1), "oidc.provider_away"),
    ],
)
async def test_a_broken_answer_opens_nothing(
    hall: Hall, forged: Forged, status: int, body: bytes, code: str
) -> None:
    """No redirect is followed, and no answer is read without end."""
    async with hall.visitor() as visitor:
        asked = read_asked(await leave(visitor))
        forged.tokens = lambda _: (status, body)
        answer = await visitor.get(BACK, params={"code": "any", "state": asked["state"]})

    assert f"/login?failed={code}" == answer.headers["Location"]


async def test_nobody_tries_without_end(hall: Hall, forged: Forged) -> None:
    """Thirty visits a minute are counted for an address; then one waits."""
    del forged
    async with hall.visitor() as visitor:
        places = [(await visitor.get(f"{BACK}?code=a&state=b")) for _ in range(31)]

    codes = [place.headers["Location"].partition("=")[2] for place in places]
    assert ["oidc.refused"] * 30 + ["rate.limited"] == codes


async def test_without_a_provider_there_is_no_such_log_in(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    """The page says so, and the door of passwords is as it was."""
    database = open_database(sqlite_url)
    try:
        plain = build_vouched_hall(database, clock, tmp_path / "keys", None)
        async with plain.visitor() as visitor:
            await plain.add(ADMIN, Role.SUPERADMIN)
            places = [await leave(visitor)]
            places += [(await visitor.get(f"{BACK}?code=a&state=b")).headers["Location"]]
            places += [(await visitor.get("/login/oidc/out")).headers["Location"]]
    finally:
        await database.close()

    assert ["/login?failed=oidc.off"] * 2 + ["/login?left=1"] == places
