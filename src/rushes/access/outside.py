"""A log-in by a provider of identities (OpenID Connect): what is sent, and what is believed.

Rules of this file (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207):
1. What begins a log-in is kept by the browser, sealed, for ten minutes: a state, a nonce, and the
   verifier of PKCE. The answer has to fit all three.
2. An ID token is believed if its issuer is the configured one, letter by letter, it was made for
   us, its nonce is ours, and its time is now.
3. A person is the pair of issuer and subject. A mail address counts once, at the first log-in, and
   only if the provider says that it was verified.
4. An account with a second factor of its own is asked for it all the same: for five minutes the
   browser keeps, sealed, that the provider vouched.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rushes.errors import Kind, RushesError

LIFE: Final = timedelta(minutes=10)
HALF_LIFE: Final = timedelta(minutes=5)
LEEWAY_SECONDS: Final = 60.0
PART_BYTES: Final = 32
ENTROPY_BYTES: Final = 3 * PART_BYTES
HOME: Final = "/app/library"
LAST_SECOND: Final = 2**53
MAX_SUBJECT: Final = 255
"""OpenID Connect Core 1.0, section 2: `sub`."""


class ProviderOff(RushesError):
    """No provider of identities is configured here."""

    code = "oidc.off"
    kind = Kind.MISSING


class ProviderRefused(RushesError):
    """The provider of identities let nobody in, or what it said cannot be believed."""

    code = "oidc.refused"
    kind = Kind.UNAUTHENTICATED


class NoAccount(RushesError):
    """The provider vouches for somebody who has no account here, and none is made for them."""

    code = "oidc.no_account"
    kind = Kind.FORBIDDEN


class ProviderAway(RushesError):
    """The provider of identities does not answer, or not as the standard says."""

    code = "oidc.provider_away"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Flow:
    """A log-in that was begun; `expires_at` is in epoch seconds."""

    state: str
    nonce: str
    verifier: str
    next: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Brought:
    """What a browser brings back from the provider; `issuer` as RFC 9207 says, if it does."""

    code: str
    state: str
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Half:
    """The provider vouched for an account that is to give a code, too."""

    account_id: str
    next: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for; the address is None where it is not known to be theirs."""

    issuer: str
    subject: str
    email: str | None


def begin_flow(entropy: bytes, following: str, now: datetime) -> Flow:
    """Return a new flow of `ENTROPY_BYTES` random bytes; it leads to a page of ours."""
    state, nonce, verifier = (
        _encode(entropy[start : start + PART_BYTES])
        for start in range(0, ENTROPY_BYTES, PART_BYTES)
    )
    return Flow(state, nonce, verifier, choose_next(following), (now + LIFE).timestamp())


def begin_half(account_id: str, following: str, now: datetime) -> Half:
    """Return what is kept while a code is asked for."""
    return Half(account_id, following, (now + HALF_LIFE).timestamp())


def write_kept(kept: Flow | Half) -> str:
    """Return as text what a browser keeps."""
    return json.dumps(asdict(kept))


def read_half(text: str, now: datetime) -> Half:
    """Return for which account the provider vouched.

    Raises:
        ProviderRefused: that was too long ago.
    """
    half = Half(**json.loads(text))
    if half.expires_at <= now.timestamp():
        raise ProviderRefused("This log-in was begun too long ago. Begin again.")
    return half


def read_flow(text: str, state: str, now: datetime) -> Flow:
    """Return the flow that an answer with this state belongs to.

    Raises:
        ProviderRefused: it belongs to none, or comes too late.
    """
    flow = Flow(**json.loads(text))
    is_ours = hmac.compare_digest(flow.state.encode(), state.encode())
    if not is_ours or flow.expires_at <= now.timestamp():
        raise ProviderRefused("This log-in was begun elsewhere, or too long ago. Begin again.")
    return flow


def challenge_of(verifier: str) -> str:
    """Return what is told of a verifier: RFC 7636, section 4.2, `S256`."""
    return _encode(hashlib.sha256(verifier.encode()).digest())


def choose_next(text: str) -> str:
    """Return the page to lead to: one of ours, whatever was asked for."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_ours and len(text) <= 2_000 else HOME  # noqa: PLR2004 - as addresses are cut


def require_issuer(brought: Brought, document: Mapping[str, Any]) -> None:
    """Return if an answer comes from the provider that was asked (RFC 9207, section 2.4).

    Raises:
        ProviderRefused: it comes from another one, or does not say so where this one always does.
    """
    is_told = document.get("authorization_response_iss_parameter_supported") is True
    expected = document.get("issuer")
    if brought.issuer != expected and (is_told or brought.issuer is not None):
        raise ProviderRefused("This answer comes from another provider. Begin again.")


def judge(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> str:
    """Return the subject of an ID token whose signature is right.

    Raises:
        ProviderRefused: it was made by or for somebody else, for another log-in or another time.
    """
    if claims.get("iss") != issuer:
        raise _refuse("issuer")
    _require_audience(claims, client_id)
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise _refuse("nonce")
    _require_time(claims, now.timestamp())
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise _refuse("subject")
    return subject


def person_of(claims: Mapping[str, Any], issuer: str, subject: str) -> Person:
    """Return whom claims vouch for; without the word of the provider an address is nobody's."""
    email = claims.get("email")
    is_theirs = isinstance(email, str) and claims.get("email_verified") is True
    return Person(issuer, subject, email if is_theirs else None)


def is_at_home(email: str, domains: tuple[str, ...]) -> bool:
    """Say whether accounts are made for the domain of an address."""
    return email.rpartition("@")[2].lower() in {domain.lower() for domain in domains}


def _require_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise _refuse("audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise _refuse("authorized party")


def _require_time(claims: Mapping[str, Any], present: float) -> None:
    expires_at, issued_at = _read_seconds(claims.get("exp")), _read_seconds(claims.get("iat"))
    if expires_at is None or expires_at + LEEWAY_SECONDS <= present:
        raise _refuse("end")
    if issued_at is None or issued_at - LEEWAY_SECONDS > present:
        raise _refuse("time")


def _read_seconds(value: object) -> float | None:
    """Return a `NumericDate` of RFC 7519; whatever is none, and what has no end, is None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < LAST_SECOND else None


def _refuse(what: str) -> ProviderRefused:
    return ProviderRefused(f"The {what} of the provider's token is not as it should be.")


def _encode(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
