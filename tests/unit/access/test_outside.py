"""What is sent to a provider of identities, and what of its answers is believed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from rushes.access.outside import (
    ENTROPY_BYTES,
    HALF_LIFE,
    HOME,
    LIFE,
    Brought,
    Person,
    ProviderRefused,
    begin_flow,
    begin_half,
    challenge_of,
    choose_next,
    is_at_home,
    judge,
    person_of,
    read_flow,
    read_half,
    require_issuer,
    write_kept,
)
from tests.support.moments import NOON

ISSUER = "https://id.example.org"
GOOD = {
    "iss": ISSUER,
    "aud": "us",
    "sub": "one",
    "nonce": "once",
    "iat": NOON.timestamp(),
    "exp": NOON.timestamp() + 300,
}


def test_a_flow_comes_back_as_it_was_begun() -> None:
    """With three different secrets, within its time, for its state alone."""
    flow = begin_flow(bytes(range(ENTROPY_BYTES)), "/app/jobs", NOON)
    text = write_kept(flow)

    assert flow == read_flow(text, flow.state, NOON + LIFE - timedelta(seconds=1))
    assert 3 == len({flow.state, flow.nonce, flow.verifier})
    assert 43 == len(flow.verifier)
    for state, moment in (("other", NOON), (flow.state, NOON + LIFE)):
        with pytest.raises(ProviderRefused):
            read_flow(text, state, moment)


def test_half_a_log_in_lasts_five_minutes() -> None:
    """Then one begins again."""
    half = begin_half("acc_1", "/app/jobs", NOON)
    text = write_kept(half)

    assert half == read_half(text, NOON + HALF_LIFE - timedelta(seconds=1))
    with pytest.raises(ProviderRefused):
        read_half(text, NOON + HALF_LIFE)


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == challenge_of(verifier)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("/app/assets/ast_1?t=3", "/app/assets/ast_1?t=3"),
        ("", HOME),
        ("https://evil.example", HOME),
        ("//evil.example", HOME),
        ("/\\evil.example", HOME),
        ("/\t/evil.example", HOME),
        ("javascript:alert(1)", HOME),
        (f"/{'a' * 2_000}", HOME),
    ],
)
def test_one_is_led_to_a_page_of_ours(asked: str, chosen: str) -> None:
    """Whatever the address of a stranger's link says."""
    assert chosen == choose_next(asked)


@pytest.mark.parametrize(
    ("told", "always", "is_taken"),
    [
        (ISSUER, True, True),
        (ISSUER, False, True),
        (None, False, True),
        (None, True, False),
        ("https://other.example", True, False),
        ("https://other.example", False, False),
    ],
)
def test_an_answer_of_another_provider_is_refused(
    told: str | None,
    always: bool,  # noqa: FBT001 - a table
    is_taken: bool,  # noqa: FBT001 - a table
) -> None:
    """RFC 9207: also one that does not say whose it is, where the provider always says so."""
    document: dict[str, Any] = {"issuer": ISSUER}
    if always:
        document["authorization_response_iss_parameter_supported"] = True
    brought = Brought("code", "state", told)

    if is_taken:
        require_issuer(brought, document)
    else:
        with pytest.raises(ProviderRefused):
            require_issuer(brought, document)


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"aud": ["us"]},
        {"aud": ["us", "them"], "azp": "us"},
        {"exp": NOON.timestamp() - 59},
        {"iat": NOON.timestamp() + 60},
    ],
)
def test_a_token_for_us_is_believed(others: dict[str, Any]) -> None:
    """Clocks may differ by a minute."""
    assert "one" == judge(GOOD | others, issuer=ISSUER, client_id="us", nonce="once", now=NOON)


@pytest.mark.parametrize(
    "others",
    [
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": "them"},
        {"aud": ["them"]},
        {"aud": None},
        {"aud": ["us", "them"]},
        {"aud": ["us", "them"], "azp": "them"},
        {"azp": "them"},
        {"nonce": "twice"},
        {"nonce": None},
        {"exp": NOON.timestamp() - 60},
        {"exp": None},
        {"exp": True},
        {"exp": "soon"},
        {"exp": float("nan")},
        {"exp": json.loads("1e999")},
        {"exp": 10**400},
        {"exp": -1},
        {"iat": NOON.timestamp() + 61},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
)
def test_another_token_is_not(others: dict[str, Any]) -> None:
    """Made by, for or at another one than it has to be."""
    with pytest.raises(ProviderRefused):
        judge(GOOD | others, issuer=ISSUER, client_id="us", nonce="once", now=NOON)


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "ada@example.org", "email_verified": True}, "ada@example.org"),
        ({"email": "ada@example.org", "email_verified": "true"}, None),
        ({"email": "ada@example.org", "email_verified": False}, None),
        ({"email": "ada@example.org"}, None),
        ({"email": 7, "email_verified": True}, None),
        ({"email_verified": True}, None),
    ],
)
def test_an_address_counts_if_the_provider_verified_it(
    claims: dict[str, Any], email: str | None
) -> None:
    """Its own word for it, as a truth and not as a text."""
    assert Person(ISSUER, "one", email) == person_of(claims, ISSUER, "one")


@pytest.mark.parametrize(
    ("email", "is_ours"),
    [
        ("bea@example.net", True),
        ("bea@EXAMPLE.net", True),
        ("bea@sub.example.net", False),
        ("bea@badexample.net", False),
        ("example.net@evil.example", False),
    ],
)
def test_a_domain_is_the_whole_of_it(email: str, is_ours: bool) -> None:  # noqa: FBT001 - a table
    """Neither what stands before it nor what is below it."""
    assert is_ours == is_at_home(email, ("Example.NET",))
