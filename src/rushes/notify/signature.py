"""Signatures of webhooks as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
SECRET_BYTES: Final = 32


def make_secret(entropy: bytes) -> str:
    """Return a new secret, of `SECRET_BYTES` random bytes."""
    return SECRET_PREFIX + base64.b64encode(entropy).decode()


def sign(
    secrets: Sequence[str], message_id: str, moment: datetime, body: bytes, *, legacy: bool = False
) -> dict[str, str]:
    """Return the headers of one attempt; each secret in force signs, newest first.

    Args:
        secrets: texts as people were shown them.
        message_id: the event's id: the same at each attempt.
        moment: when this attempt is made, aware; receivers refuse what is too old.
        body: the bytes as they are sent.
        legacy: whether `X-Webhook-Signature` goes along: hex HMAC-SHA256 of the body alone, by
            the text of the newest secret.
    """
    seconds = int(moment.timestamp())
    signed = f"{message_id}.{seconds}.".encode() + body
    signatures = " ".join(f"v1,{_mac(secret, signed)}" for secret in secrets)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signatures,
    }
    if legacy:
        by_text = hmac.digest(secrets[0].encode(), body, hashlib.sha256)
        headers["x-webhook-signature"] = by_text.hex()
    return headers


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
