"""Secrets that must be read again are kept sealed: AES-256-GCM, bound to their place.

What is kept is `v1:key id:nonce:ciphertext`, the last two in base64. Table, column and id are
authenticated with it, so a sealed text moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rushes.access.keys import KeyUnreadable, LiveRing, Ring
from rushes.clock import Clock

VERSION: Final = "v1"
NONCE_BYTES: Final = 12
"""96 bits: NIST SP 800-38D, section 5.2.1.1."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Closes and opens texts with the ring `secret`."""

    ring: Ring | LiveRing
    clock: Clock

    def close(self, place: str, text: str) -> bytes:
        """Return the sealed text; `place` is `table.column.id`."""
        key = self.ring.newest
        nonce = self.clock.entropy(NONCE_BYTES)
        closed = AESGCM(key.secret).encrypt(nonce, text.encode(), place.encode())
        parts = (VERSION.encode(), key.id.encode(), *map(base64.b64encode, (nonce, closed)))
        return b":".join(parts)

    def open(self, place: str, sealed: bytes) -> str:
        """Return the text that was sealed for `place`.

        Raises:
            KeyUnreadable: the key is missing or another one, or the row was changed.
        """
        try:
            _, key_id, nonce, closed = sealed.decode("ascii").split(":")
            key = self.ring.get(key_id)
            opened = AESGCM(key.secret).decrypt(
                base64.b64decode(nonce), base64.b64decode(closed), place.encode()
            )
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise KeyUnreadable("A kept secret does not open with the keys at hand.") from error
        return opened.decode()
