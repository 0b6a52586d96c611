"""Calls of partners: each spelling, forged, stale, doubled, unreadable."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from rushes.partners.call import (
    MAX_BYTES,
    CallRefused,
    CallTooLarge,
    CallUnreadable,
    read_call,
)
from rushes.partners.copy import Partner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SECRET = "what both know"
BODY = json.dumps({"id": "call 1", "type": "video.asset.ready"}).encode()


def sign(partner: Partner, body: bytes = BODY, seconds: int | str = SECONDS) -> dict[str, str]:
    """Return the headers of a call, as each partner's page says."""
    shape = f"v0:{seconds}:" if partner is Partner.FRAMEIO else f"{seconds}."
    mac = hmac.new(SECRET.encode(), shape.encode() + body, hashlib.sha256).hexdigest()
    if partner is Partner.MUX:
        return {"mux-signature": f"t={seconds},v1={mac}"}
    if partner is Partner.STREAM:
        return {"webhook-signature": f"time={seconds},sig1={mac}"}
    return {"x-frameio-signature": f"v0={mac}", "x-frameio-request-timestamp": str(seconds)}


@pytest.mark.parametrize("partner", Partner)
def test_each_partner_is_known_by_its_own_spelling(partner: Partner) -> None:
    """And by no other's."""
    call = read_call(partner, SECRET, sign(partner), BODY, NOW)

    assert "video.asset.ready" == call.told["type"]
    for other in set(Partner) - {partner}:
        with pytest.raises(CallRefused):
            read_call(partner, SECRET, sign(other), BODY, NOW)


def test_the_signature_of_the_page_of_mux_is_found_right() -> None:
    """Capital letters in hex, and fields in another order, are the same signature."""
    mac = sign(Partner.MUX)["mux-signature"].partition("v1=")[2]
    headers = {"mux-signature": f"v1={mac.upper()}, t={SECONDS}, v0=old, odd"}

    assert "call 1" == read_call(Partner.MUX, SECRET, headers, BODY, NOW).id


@pytest.mark.parametrize("partner", Partner)
@pytest.mark.parametrize("late", [-301, 301])
def test_a_call_of_another_time_is_refused(partner: Partner, late: int) -> None:
    """Five minutes are taken, one second more is not: on both sides."""
    read_call(partner, SECRET, sign(partner, seconds=SECONDS + late // 301 * 300), BODY, NOW)

    with pytest.raises(CallRefused):
        read_call(partner, SECRET, sign(partner, seconds=SECONDS + late), BODY, NOW)


@pytest.mark.parametrize("seconds", ["", "now", "٣", "-5", "99999999999"])
def test_a_time_that_is_none_is_refused(seconds: str) -> None:
    """Though it is signed."""
    with pytest.raises(CallRefused):
        read_call(Partner.MUX, SECRET, sign(Partner.MUX, seconds=seconds), BODY, NOW)


@pytest.mark.parametrize("headers", [{}, {"mux-signature": ""}, {"mux-signature": "t=1,v1=é"}])
def test_a_call_without_a_signature_is_refused(headers: dict[str, str]) -> None:
    """401, whatever is in the header."""
    with pytest.raises(CallRefused):
        read_call(Partner.MUX, SECRET, headers, BODY, NOW)


def test_another_secret_or_another_byte_is_refused() -> None:
    """The very bytes are signed."""
    with pytest.raises(CallRefused):
        read_call(Partner.MUX, "another", sign(Partner.MUX), BODY, NOW)
    with pytest.raises(CallRefused):
        read_call(Partner.MUX, SECRET, sign(Partner.MUX), BODY + b" ", NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"'])
def test_a_signed_call_that_is_no_object_is_unreadable(body: bytes) -> None:
    """400: the partner sent it, and we do not know what it is."""
    with pytest.raises(CallUnreadable):
        read_call(Partner.MUX, SECRET, sign(Partner.MUX, body), body, NOW)


def test_a_call_that_is_too_long_is_not_even_compared() -> None:
    """At the limit it is read."""
    words = b'{"id": "' + b"x" * (MAX_BYTES - 10) + b'"}'

    assert MAX_BYTES == len(words)
    assert read_call(Partner.MUX, SECRET, sign(Partner.MUX, words), words, NOW)
    with pytest.raises(CallTooLarge):
        read_call(Partner.MUX, SECRET, {}, words + b" ", NOW)


@pytest.mark.parametrize("partner", [Partner.STREAM, Partner.FRAMEIO])
def test_who_numbers_no_calls_is_known_again_by_time_and_body(partner: Partner) -> None:
    """The same call twice is one; at another time it is another one."""
    first = read_call(partner, SECRET, sign(partner), BODY, NOW)
    again = read_call(partner, SECRET, sign(partner), BODY, NOW)
    later = read_call(partner, SECRET, sign(partner, seconds=SECONDS + 1), BODY, NOW)

    assert first.id == again.id
    assert first.id != later.id


def test_a_number_of_mux_that_is_no_text_is_none() -> None:
    """Then time and body count there, too."""
    body = b'{"id": 5}'

    assert 64 == len(read_call(Partner.MUX, SECRET, sign(Partner.MUX, body), body, NOW).id)
