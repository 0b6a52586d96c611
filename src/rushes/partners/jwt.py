"""Tokens by which partners let people watch: JWT, signed by RS256 (RFC 7515, RFC 7518 3.3)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rushes.partners.copy import PartnerUnexpected


def sign(key_id: str, key: str, claims: Mapping[str, object]) -> str:
    """Return a token.

    Args:
        key_id: the key's name at the partner.
        key: its private half, PEM in base64.
        claims: what the token says.

    Raises:
        PartnerUnexpected: the key is none that this can use.
    """
    head = {"alg": "RS256", "kid": key_id, "typ": "JWT"}
    signed = f"{_encode(head)}.{_encode(claims)}"
    signature = _open(key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_plain(signature)}"


@lru_cache(maxsize=8)
def _open(key: str) -> RSAPrivateKey:
    try:
        opened = load_pem_private_key(base64.b64decode(key), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        opened = None
    if not isinstance(opened, RSAPrivateKey):
        raise PartnerUnexpected("The partner's signing key is no private RSA key. Copy it again.")
    return opened


def _encode(told: Mapping[str, object]) -> str:
    return _plain(json.dumps(told, separators=(",", ":")).encode())


def _plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
