"""Webhooks on the side of who receives them: is this one ours, whole, and of now.

Headers and signature are those of Standard Webhooks:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from rushes.client.failures import ClientFailure

TOLERANCE_SECONDS: Final = 300
"""How far the sender's clock may be from ours, and how old a request may be."""

LEAST_KEY_BYTES: Final = 16
"""A shorter secret, or an empty one of a setting that is missing, proves nothing."""

MOMENT: Final = re.compile(r"[0-9]{1,12}")
"""Seconds since 1970, until the year 33658."""


class WrongSignature(ClientFailure):
    """The request is not from who knows the secret, was changed, or is too old."""


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str, *, now: float | None = None
) -> dict[str, Any]:
    """Return the event that a request tells of, if its signature is right.

    Args:
        body: the bytes as they came; parsed and written again they are others.
        headers: of the request, in any case.
        secret: as it was shown, `whsec_...`.
        now: seconds since 1970, by default those of the clock.

    Raises:
        WrongSignature: see there; answer 400 and do nothing.
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        moment = told["webhook-timestamp"]
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        signed = b".".join((told["webhook-id"].encode(), moment.encode(), body))
        given = told["webhook-signature"].split()
    except (KeyError, ValueError, binascii.Error) as wrong:
        raise WrongSignature(
            "A header of the webhook is missing, or the secret is none."
        ) from wrong
    if len(key) < LEAST_KEY_BYTES or MOMENT.fullmatch(moment) is None:
        raise WrongSignature("The webhook's timestamp is no number, or the secret is too short.")
    if abs((time.time() if now is None else now) - int(moment)) > TOLERANCE_SECONDS:
        raise WrongSignature("The webhook is older than five minutes, or one of the clocks is off.")
    right = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    if not any(hmac.compare_digest(right.encode(), each.encode()) for each in given):
        raise WrongSignature("The signature is of another secret, or the body was changed.")
    event: dict[str, Any] = json.loads(body)
    return event
