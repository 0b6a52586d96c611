"""Signatures of webhooks, checked by the public library."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from rushes.notify.signature import SECRET_BYTES, make_secret, sign

OLD, NEW = (make_secret(bytes([n]) * SECRET_BYTES) for n in (1, 2))
BODY = '{"type":"asset.ready","data":{"name":"Été.mov"}}'.encode()


@pytest.mark.covers("M-WH-05", "BG-73")
def test_the_public_library_knows_our_signature_by_either_secret() -> None:
    """Two secrets in force: receivers that hold the old one go on for a day."""
    headers = sign([NEW, OLD], "evt_1", datetime.now(UTC), BODY)

    for secret in (NEW, OLD):
        assert "asset.ready" == Webhook(secret).verify(BODY, headers)["type"]


@pytest.mark.parametrize("change", ["body", "id", "secret", "late"])
def test_what_was_changed_or_is_too_old_is_refused(change: str) -> None:
    """A replay after 301 seconds, another body, another id, another secret."""
    now = datetime.now(UTC)
    moment = now - timedelta(seconds=301) if change == "late" else now
    headers = sign([NEW], "evt_1", moment, BODY)
    body = BODY + b" " if change == "body" else BODY
    if change == "id":
        headers["webhook-id"] = "evt_2"

    with pytest.raises(WebhookVerificationError):
        Webhook(OLD if change == "secret" else NEW).verify(body, headers)


@pytest.mark.covers("M-WH-05")
def test_the_older_header_is_of_the_body_alone() -> None:
    """For receivers that know nothing of Standard Webhooks; only where it is asked for."""
    headers = sign([NEW], "evt_1", datetime.now(UTC), BODY, legacy=True)

    expected = hmac.new(NEW.encode(), BODY, hashlib.sha256).hexdigest()
    assert expected == headers["x-webhook-signature"]
    assert "x-webhook-signature" not in sign([NEW], "evt_1", datetime.now(UTC), BODY)
