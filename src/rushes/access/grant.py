"""A grant: the proof, carried behind a link's token, that its password was given.

    {token}~{base64url(expiry in seconds, 5 bytes + first 16 bytes of HMAC-SHA256)}

The MAC covers the link and the hash of its password, so another password ends every grant.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime
from typing import Final

SEPARATOR: Final = "~"
EXPIRY_BYTES: Final = 5
MAC_BYTES: Final = 16


def split(text: str) -> tuple[str, str]:
    """Return token and grant; the grant is empty where there is none."""
    token, _, grant = text.partition(SEPARATOR)
    return token, grant


def make_grant(key: bytes, link_id: str, password_hash: str, expires_at: datetime) -> str:
    """Return a grant for this link and password."""
    expiry = int(expires_at.timestamp()).to_bytes(EXPIRY_BYTES, "big")
    return _text(expiry + _mac(key, link_id, password_hash, expiry))


def is_grant(key: bytes, grant: str, link_id: str, password_hash: str, now: datetime) -> bool:
    """Say whether a grant was made here, for this link and password, and is not over."""
    try:
        parts = base64.b64decode(grant + "=" * (-len(grant) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    expiry, mac = parts[:EXPIRY_BYTES], parts[EXPIRY_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, link_id, password_hash, expiry)):
        return False
    return now < datetime.fromtimestamp(int.from_bytes(expiry, "big"), UTC)


def _mac(key: bytes, link_id: str, password_hash: str, expiry: bytes) -> bytes:
    told = b"\0".join((link_id.encode(), password_hash.encode(), expiry))
    return hmac.digest(key, told, "sha256")[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
