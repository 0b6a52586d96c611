"""A pass: what a visitor of a share carries behind its token, `{token}~{pass}`.

    base64url(visitor, 9 bytes + expiry in seconds, 5 bytes + first 16 bytes of HMAC-SHA256)

It says that the visit was counted and that the password was given. The MAC covers the share and
the hash of its password, so another password ends every visit.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime
from typing import Final

SEPARATOR: Final = "~"
VISITOR_BYTES: Final = 9
EXPIRY_BYTES: Final = 5
MAC_BYTES: Final = 16


def split(text: str) -> tuple[str, str]:
    """Return token and pass; the pass is empty where there is none."""
    token, _, proof = text.partition(SEPARATOR)
    return token, proof


def make_pass(
    key: bytes, share_id: str, password_hash: str | None, visitor: bytes, expires_at: datetime
) -> str:
    """Return a pass of `VISITOR_BYTES` random bytes for this share and password."""
    told = visitor + int(expires_at.timestamp()).to_bytes(EXPIRY_BYTES, "big")
    return _text(told + _mac(key, share_id, password_hash, told))


def read_pass(
    key: bytes, proof: str, share_id: str, password_hash: str | None, now: datetime
) -> str | None:
    """Return who visits; None where the pass was not made here, for this, or is over."""
    try:
        parts = base64.b64decode(proof + "=" * (-len(proof) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    told, mac = parts[: VISITOR_BYTES + EXPIRY_BYTES], parts[VISITOR_BYTES + EXPIRY_BYTES :]
    if not hmac.compare_digest(mac, _mac(key, share_id, password_hash, told)):
        return None
    expiry = datetime.fromtimestamp(int.from_bytes(told[VISITOR_BYTES:], "big"), UTC)
    return _text(told[:VISITOR_BYTES]) if now < expiry else None


def _mac(key: bytes, share_id: str, password_hash: str | None, told: bytes) -> bytes:
    covered = b"\0".join((share_id.encode(), (password_hash or "").encode(), told))
    return hmac.digest(key, covered, "sha256")[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
