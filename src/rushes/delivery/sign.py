"""Signed paths: who may have which bytes of one asset, and until when.

    /p/{base64url(grant)}.{base64url(first 16 bytes of HMAC-SHA256)}/...

The signature stands in the path, so the relative addresses of a playlist inherit it. A grant names
its asset, so no path under it can reach another one's bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from rushes.errors import Kind, RushesError

VERSION: Final = 1
MAC_BYTES: Final = 16
SKEW: Final = timedelta(seconds=60)
"""How far clocks of two machines may differ before an address seems expired."""


class SignatureRefused(RushesError):
    """The address was not made here, or was changed."""

    code = "delivery.signature_refused"
    kind = Kind.FORBIDDEN


class AddressExpired(RushesError):
    """The address was good, and its time is over."""

    code = "delivery.address_expired"
    kind = Kind.UNAUTHENTICATED


class AddressRevoked(RushesError):
    """The address was good; the account that it was made for is off, or its access was ended."""

    code = "delivery.address_revoked"
    kind = Kind.FORBIDDEN


class OutOfScope(RushesError):
    """The address is good, but not for this."""

    code = "delivery.out_of_scope"
    kind = Kind.FORBIDDEN


class Scope(StrEnum):
    """What a grant is for."""

    PLAY = "play"
    FILE = "file"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed path allows.

    `cap`: for `play` the best quality, None for all; for `file` the one file, `original` or the
    name of a rendition. `actor` is the id of who asked. `expires_at` counts in whole seconds.
    `region` is that of the edge to take the bytes from, where who asked has chosen one.
    """

    asset_id: str
    scope: Scope
    cap: str | None
    actor: str
    expires_at: datetime
    epoch: int = 0
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one key, and believes older ones while they are kept."""

    key: bytes = field(repr=False)
    key_id: str = "1"
    older: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def sign(self, grant: Grant) -> str:
        """Return the segment that stands after `/p/`."""
        fields = [
            VERSION,
            self.key_id,
            grant.asset_id,
            grant.scope.value,
            grant.cap,
            grant.epoch,
            grant.actor,
            int(grant.expires_at.timestamp()),
        ]
        if grant.region is not None:
            fields.append(grant.region)
        body = _encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{body}.{_mac(self.key, body)}"

    def verify(self, signed: str, now: datetime) -> Grant:
        """Return what a segment allows.

        Raises:
            SignatureRefused: it was not made with a key of ours.
            AddressExpired: its time is over.
        """
        if not signed.isascii():
            raise _refused()
        body, _, mac = signed.partition(".")
        fields = _parse(body)
        key = self._find_key(fields[1])
        if key is None or not hmac.compare_digest(_mac(key, body).encode(), mac.encode()):
            raise _refused()
        _, _, asset_id, scope, cap, epoch, actor, seconds, *region = fields
        expires_at = datetime.fromtimestamp(int(str(seconds)), UTC)
        if now > expires_at + SKEW:
            raise AddressExpired("This address has expired. Ask for a new one.")
        return Grant(
            asset_id=str(asset_id),
            scope=Scope(str(scope)),
            cap=None if cap is None else str(cap),
            actor=str(actor),
            expires_at=expires_at,
            epoch=int(str(epoch)),
            region=str(region[0]) if region else None,
        )

    def _find_key(self, key_id: object) -> bytes | None:
        return self.key if key_id == self.key_id else self.older.get(str(key_id))


def until(now: datetime, life: timedelta, *, step: timedelta = timedelta(0)) -> datetime:
    """Return when an address ends: whole seconds, rounded up to `step` so that it is cached."""
    seconds = (now + life).timestamp()
    whole = max(1, int(step.total_seconds()))
    return datetime.fromtimestamp(-(-seconds // whole) * whole, UTC)


def _parse(body: str) -> list[object]:
    """Return the fields of what may be anything; what is believed is decided by the signature."""
    try:
        fields = json.loads(_decode(body))
    except (ValueError, binascii.Error, RecursionError):
        raise _refused() from None
    match fields:
        case [int(version), str(), str(), str(), None | str(), int(), str(), int(), *region]:
            if version == VERSION and [str] * len(region) == [type(each) for each in region[:1]]:
                return list(fields)
    raise _refused()


def _mac(key: bytes, body: str) -> str:
    return _encode(hmac.digest(key, body.encode(), hashlib.sha256)[:MAC_BYTES])


def _encode(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _refused() -> SignatureRefused:
    return SignatureRefused("This address is not complete or was changed. Ask for a new one.")
