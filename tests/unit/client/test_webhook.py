"""`verify_webhook`: what the server signs is known, and nothing else."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from rushes.client import WrongSignature, verify_webhook
from rushes.notify.signature import SECRET_BYTES, make_secret, sign

SECRET, OTHER = (make_secret(bytes([n]) * SECRET_BYTES) for n in (1, 2))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BODY = b'{"id":"evt_1","type":"asset.ready"}'
HEADERS = sign([OTHER, SECRET], "evt_1", NOON, BODY)


@pytest.mark.covers("M-WH-05")
def test_what_the_server_signs_is_known() -> None:
    """By either of its secrets, and with headers in any case."""
    headers = {name.title(): value for name, value in HEADERS.items()}

    assert "asset.ready" == verify_webhook(BODY, headers, SECRET, now=NOON.timestamp())["type"]
    assert "evt_1" == verify_webhook(BODY, headers, OTHER, now=NOON.timestamp() + 300)["id"]


@pytest.mark.parametrize(
    ("body", "headers", "secret", "late"),
    [
        (BODY + b" ", {}, SECRET, 0),
        (BODY, {"webhook-id": "evt_2"}, SECRET, 0),
        (BODY, {"webhook-timestamp": "soon"}, SECRET, 0),
        (BODY, {"webhook-timestamp": "9" * 400}, SECRET, 0),
        (BODY, {"webhook-timestamp": "\u0661" * 10}, SECRET, 0),
        (BODY, {"webhook-timestamp": "-1"}, SECRET, 0),
        (BODY, {"webhook-timestamp": ""}, SECRET, 0),
        (BODY, {"webhook-signature": "v1,AAAA"}, SECRET, 0),
        (BODY, {"webhook-signature": "v1,\u00e4"}, SECRET, 0),
        (BODY, {}, make_secret(b"x" * SECRET_BYTES), 0),
        (BODY, {}, "whsec_???", 0),
        (BODY, {}, SECRET, 301),
        (BODY, {}, SECRET, -301),
    ],
)
def test_what_was_changed_or_is_late_is_refused(
    body: bytes, headers: dict[str, str], secret: str, late: int
) -> None:
    """With a reason, before anything is parsed."""
    with pytest.raises(WrongSignature):
        verify_webhook(body, HEADERS | headers, secret, now=NOON.timestamp() + late)


def test_a_request_without_signature_is_refused() -> None:
    """By the clock of the machine where none is given."""
    with pytest.raises(WrongSignature):
        verify_webhook(BODY, {}, SECRET)
    with pytest.raises(WrongSignature):
        verify_webhook(BODY, HEADERS, SECRET)


@pytest.mark.parametrize("key", [b"", b"x" * 15])
def test_a_secret_that_anybody_may_guess_verifies_nothing(key: bytes) -> None:
    """An empty one is that of a setting that is missing: everybody can sign with it."""
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = sign([secret], "evt_1", NOON, BODY)

    for told in (secret, secret.removeprefix("whsec_")):
        with pytest.raises(WrongSignature):
            verify_webhook(BODY, headers, told, now=NOON.timestamp())
