"""A call of a partner: whether it comes from there, when it was sent, and which one it is.

Three spellings of the same: HMAC-SHA256 over a time and the very bytes of the body.

    Mux       mux-signature: t=TIME,v1=HEX                  TIME.BODY
    Stream    webhook-signature: time=TIME,sig1=HEX         TIME.BODY
    Frame.io  x-frameio-request-timestamp, x-frameio-signature: v0=HEX      v0:TIME:BODY

1. Nothing a call says is believed: it only makes us ask the partner, over our own connection.
2. The signature is compared in constant time; a time more than five minutes off is refused.
3. Mux numbers its calls. The others do not: there time and body together are the number.

Sources: https://www.mux.com/docs/core/verify-webhook-signatures,
https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/,
https://developer.frame.io/platform/docs/guides/webhooks
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from rushes.errors import Kind, RushesError
from rushes.partners.copy import Partner

MAX_BYTES: Final = 256 * 2**10
WINDOW: Final = timedelta(minutes=5)
KNOWN_FOR: Final = timedelta(days=30)
"""For how long a call is known again."""


class CallRefused(RushesError):
    """The call is not signed by the partner, or was signed more than five minutes ago."""

    code = "partner.call_refused"
    kind = Kind.UNAUTHENTICATED


class CallUnreadable(RushesError):
    """The call is signed, and holds no JSON object."""

    code = "partner.call_unreadable"
    kind = Kind.INVALID


class CallTooLarge(RushesError):
    """A call of a partner has 256 KiB at most."""

    code = "partner.call_too_large"
    kind = Kind.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Form:
    """How a partner spells it: where time and signature stand, and what is signed."""

    header: str
    signature: str
    time: str
    """A field of that header, or a header of its own."""
    signed: str


FORMS: Final = MappingProxyType(
    {
        Partner.MUX: Form("mux-signature", "v1", "t", "{time}."),
        Partner.STREAM: Form("webhook-signature", "sig1", "time", "{time}."),
        Partner.FRAMEIO: Form(
            "x-frameio-signature", "v0", "x-frameio-request-timestamp", "v0:{time}:"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that comes from the partner."""

    id: str
    told: Mapping[str, Any]


def read_call(
    partner: Partner, secret: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> Call:
    """Return what a partner calls about.

    Args:
        partner: whose address was called.
        secret: what the two of us know.
        headers: those of the request, names in small letters.
        body: its very bytes.
        now: the aware present.

    Raises:
        CallTooLarge: it has more bytes than any.
        CallRefused: it is forged, or stale.
        CallUnreadable: it is no JSON object.
    """
    if len(body) > MAX_BYTES:
        raise CallTooLarge("A call has 256 KiB at most.")
    form = FORMS[partner]
    fields = dict(_list_fields(headers.get(form.header, "")))
    told_time = fields.get(form.time) or headers.get(form.time, "")
    signature = fields.get(form.signature, "")
    signed = form.signed.format(time=told_time).encode() + body
    expected = hmac.digest(secret.encode(), signed, hashlib.sha256).hex()
    if not hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace")):
        raise _refused()
    if not _is_fresh(told_time, now):
        raise _refused()
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise CallUnreadable("The body is no JSON object.")
    return Call(_id_of(partner, told, signed), told)


def _list_fields(text: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in text.split(","))
    return [(name, value) for name, mark, value in pairs if mark]


def _is_fresh(text: str, now: datetime) -> bool:
    if not text.isascii() or not text.isdecimal() or len(text) > len("9999999999"):
        return False
    return abs(now - datetime.fromtimestamp(int(text), UTC)) <= WINDOW


def _id_of(partner: Partner, told: Mapping[str, Any], signed: bytes) -> str:
    number = told.get("id")
    if partner is Partner.MUX and isinstance(number, str) and number:
        return number[:200]
    return hashlib.sha256(signed).hexdigest()


def _refused() -> CallRefused:
    return CallRefused("The signature does not fit, or is more than five minutes old.")
