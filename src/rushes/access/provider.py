"""The provider of identities: its addresses and keys are looked up, and a code is redeemed there.

Rules of this file (OpenID Connect Discovery 1.0; OpenID Connect Core 1.0, section 3.1.3):
1. Addresses and keys come from `{issuer}/.well-known/openid-configuration` alone; a token never
   says where its key is. What is looked up has to name the configured issuer.
2. Both are kept for an hour. A key that is not known is looked for once more, at most each minute.
3. Signatures are RS256, ES256 or Ed25519; there is no way to talk us into another.
4. No redirect is followed, and no answer is read beyond 1 MiB or 10 seconds.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jws import JWSRegistry

from rushes.access.outside import (
    Brought,
    Flow,
    Person,
    ProviderAway,
    ProviderRefused,
    challenge_of,
    judge,
    person_of,
    require_issuer,
)
from rushes.access_section import OidcSettings, is_safe_address
from rushes.clock import Clock

ALGORITHMS: Final = ("RS256", "ES256", "Ed25519")
"""`EdDSA`, which leaves the curve open, gave way to `Ed25519` in RFC 9864."""
HEADERS: Final = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
"""A header that is not known says nothing, unless it is `crit`: RFC 7515, section 4."""
KEPT_FOR: Final = timedelta(hours=1)
KEYS_AGAIN: Final = timedelta(minutes=1)
TIMEOUT_SECONDS: Final = 10.0
MAX_BYTES: Final = 2**20
RETRY_SECONDS: Final = 10.0
KINDS: Final = frozenset({"RSA", "EC", "OKP"})
REFUSALS: Final = frozenset({400, 401})
"""RFC 6749, section 5.2."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked up, and when; the keys may be newer than the addresses."""

    document: dict[str, Any]
    keys: KeySet
    looked_up_at: datetime
    keys_at: datetime


class Provider:
    """One provider of identities."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._client_id = settings.client_id or ""
        self._clock = clock
        self._known: _Known | None = None

    async def write_address(self, flow: Flow, redirect_uri: str) -> str:
        """Return the address where a person logs in.

        Raises:
            ProviderAway: the provider does not answer.
        """
        known = await self._look_up()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        return _join(_address(known.document, "authorization_endpoint"), asked)

    async def examine(self) -> list[str]:
        """Return what it lacks for log-ins of ours, in words; nothing where all is well.

        Raises:
            ProviderAway: the provider does not answer, or not as the standard says.
        """
        known = await self._look_up()
        for name in ("authorization_endpoint", "token_endpoint"):
            _address(known.document, name)
        told = known.document.get
        lacks = {
            "no key that signs": not known.keys.keys,
            "no PKCE by S256": "S256" not in told("code_challenge_methods_supported", ["S256"]),
            "no signature of RS256, ES256 or Ed25519": not {*ALGORITHMS}
            & {*told("id_token_signing_alg_values_supported", ALGORITHMS)},
        }
        return [words for words, is_so in lacks.items() if is_so]

    async def find_way_out(self, client_back: str) -> str | None:
        """Return the address where a person logs out; None where the provider has none.

        OpenID Connect RP-Initiated Logout 1.0, section 2.

        Raises:
            ProviderAway: the provider does not answer.
        """
        known = await self._look_up()
        if "end_session_endpoint" not in known.document:
            return None
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": client_back}
        return _join(_address(known.document, "end_session_endpoint"), asked)

    async def redeem(self, brought: Brought, flow: Flow, redirect_uri: str) -> Person:
        """Return whom the provider vouches for.

        Raises:
            ProviderRefused: the code is not good, or what it gave cannot be believed.
            ProviderAway: the provider does not answer.
        """
        known = await self._look_up()
        require_issuer(brought, known.document)
        asked = {
            "grant_type": "authorization_code",
            "code": brought.code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
        }
        given = await self._ask_for_tokens(known.document, asked)
        claims = await self._verify(str(given.get("id_token", "")))
        subject = judge(
            claims,
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=flow.nonce,
            now=self._clock.now(),
        )
        if "email" not in claims and "userinfo_endpoint" in known.document:
            claims = await self._ask_about(known.document, str(given.get("access_token", "")))
            if claims.get("sub") != subject:
                raise ProviderRefused("The provider told of somebody else. Begin again.")
        return person_of(claims, self._issuer, subject)

    async def _look_up(self) -> _Known:
        now, known = self._clock.now(), self._known
        if known is not None and now < known.looked_up_at + KEPT_FOR:
            return known
        place = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        document = await _fetch("GET", place)
        if document.get("issuer") != self._issuer:
            raise ProviderAway(
                "The provider calls itself otherwise than `oidc.issuer` does. Tell an admin.",
                retry_after=RETRY_SECONDS,
            )
        keys = await self._fetch_keys(document)
        self._known = _Known(document, keys, now, now)
        return self._known

    async def _fetch_keys(self, document: dict[str, Any]) -> KeySet:
        found = (await _fetch("GET", _address(document, "jwks_uri"))).get("keys")
        if not isinstance(found, list):
            raise _away()
        return KeySet([key for key in map(_import_key, found) if key is not None])

    async def _verify(self, token: str) -> dict[str, Any]:
        known = await self._look_up()
        try:
            return _decode(token, known.keys)
        except InvalidKeyIdError:
            now = self._clock.now()
            if now < known.keys_at + KEYS_AGAIN:
                raise _refuse() from None
        keys = await self._fetch_keys(known.document)
        self._known = _Known(known.document, keys, known.looked_up_at, now)
        try:
            return _decode(token, keys)
        except InvalidKeyIdError:
            raise _refuse() from None

    async def _ask_for_tokens(
        self, document: dict[str, Any], asked: dict[str, str]
    ) -> dict[str, Any]:
        secret, headers = self._settings.client_secret, {"Accept": "application/json"}
        told = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is None:
            asked |= {"client_id": self._client_id}
        elif "client_secret_basic" in told:
            pair = f"{quote(self._client_id, safe='')}:{quote(secret.get_secret_value(), safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            asked |= {"client_id": self._client_id, "client_secret": secret.get_secret_value()}
        return await _fetch("POST", _address(document, "token_endpoint"), headers, asked)

    async def _ask_about(self, document: dict[str, Any], token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return await _fetch("GET", _address(document, "userinfo_endpoint"), headers)


def _import_key(known: object) -> Key | None:
    """Return a key that may sign; one of a kind that is not known is passed over (RFC 7517, 5)."""
    if not isinstance(known, dict) or known.get("kty") not in KINDS or known.get("use") == "enc":
        return None
    try:
        return import_key(known)
    except (JoseError, KeyError, TypeError, ValueError):
        return None


def _decode(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(token, keys, registry=HEADERS).claims
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError) as error:
        raise _refuse() from error


async def _fetch(
    method: str,
    address: str,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the JSON object that an address answers with.

    Raises:
        ProviderRefused: it answered that this may not be.
        ProviderAway: it did not answer so.
    """
    body = bytearray()
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream(method, address, headers=headers, data=form) as answer,
        ):
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MAX_BYTES:
                    raise _away()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise _away() from error
    return _read(answer.status_code, bytes(body), is_redeeming=form is not None)


def _read(status: int, body: bytes, *, is_redeeming: bool) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _away() from error
    if not isinstance(document, dict):
        raise _away()
    if is_redeeming and status in REFUSALS:  # `invalid_client` is a matter for admins
        log.warning("The provider refused a code", extra={"told": str(document.get("error"))[:64]})
        raise ProviderRefused("The provider refused this log-in. Begin again.")
    if status != httpx.codes.OK:
        raise _away()
    return document


def _address(document: dict[str, Any], name: str) -> str:
    found = document.get(name)
    if not isinstance(found, str) or not is_safe_address(found):
        raise _away()
    return found


def _join(place: str, asked: dict[str, str]) -> str:
    return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"


def _refuse() -> ProviderRefused:
    return ProviderRefused("The provider's token is not signed as it should be. Begin again.")


def _away() -> ProviderAway:
    return ProviderAway(
        "The provider of identities does not answer as it should. Try again, or tell an admin.",
        retry_after=RETRY_SECONDS,
    )
