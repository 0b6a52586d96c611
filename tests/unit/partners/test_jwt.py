"""Tokens of partners: what RS256 says, and keys that are none."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from rushes.partners.copy import PartnerUnexpected
from rushes.partners.jwt import sign
from tests.support.partners.town import key_text, make_key


def test_a_token_is_verified_by_the_public_half() -> None:
    """Three parts without padding, the first naming key and algorithm."""
    token = sign("key1", key_text(), {"sub": "film"})

    head, claims, signature = token.split(".")
    opened = [base64.urlsafe_b64decode(part + "==") for part in (head, claims, signature)]
    signed = f"{head}.{claims}".encode()
    make_key().public_key().verify(opened[2], signed, PKCS1v15(), SHA256())
    assert {"alg": "RS256", "kid": "key1", "typ": "JWT"} == json.loads(opened[0])
    assert {"sub": "film"} == json.loads(opened[1])
    assert "=" not in token


EDWARDS = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
"""The private key of RFC 8410, section 10.3: a key, and no RSA key."""


@pytest.mark.parametrize(
    "pem",
    [
        b"-----BEGIN RSA PRIVATE KEY-----\nno\n-----END RSA PRIVATE KEY-----\n",
        f"-----BEGIN PRIVATE KEY-----\n{EDWARDS}\n-----END PRIVATE KEY-----\n".encode(),
    ],
)
def test_a_key_that_cannot_sign_is_said(pem: bytes) -> None:
    """Rather than a token that no partner takes."""
    with pytest.raises(PartnerUnexpected):
        sign("key1", base64.b64encode(pem).decode(), {})
