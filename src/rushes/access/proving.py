"""A second factor is added, confirmed, asked for at the door, and taken away.

Rules of this file:
1. The secret is kept sealed, and shown only until a code of it was seen.
2. A code is taken by one conditional write, so of two who send it at once one is refused.
3. Codes are counted by account, from whatever address they come: who sends one knows the password.
4. A program's token never changes a second factor; a person does, in a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from rushes.access import account_records, factor_records
from rushes.access.account import Account, AccountNotFound
from rushes.access.accounts import RULERS, require_recent
from rushes.access.factor import (
    DIGITS,
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    STEP_SECONDS,
    CodeNeeded,
    CodeRefused,
    Factor,
    FactorCodeWrong,
    FactorMissing,
    FactorPresent,
    digest_recovery_code,
    find_step,
    fold_code,
    is_code,
    is_required,
    read_secret,
    write_recovery_code,
    write_secret,
)
from rushes.access.permit import Actor, ActorKind, Forbidden, Verb, permit
from rushes.access.rates import Rates, Rule
from rushes.access.seal import Sealer
from rushes.access.telling import tell
from rushes.access.token import digest_of
from rushes.access_section import AccessSettings
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events.event import EventType

QUICK: Final = Rule("code", 5)
SLOW: Final = Rule("code-hour", 30, 3_600.0)
"""Of 10**6 codes three are good at a time: at this pace a guess a day hits once in 460."""

DRAFT_LIFE: Final = timedelta(minutes=15)
"""So long a secret that was shown waits for its first code."""

NEVER: Final = -1
"""The step before all others."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an app needs: the secret to type, or the address that its QR code says."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with an account's second factor."""

    is_required: bool
    confirmed_at: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Manages second factors; `issuer` is what apps call this server."""

    database: Database
    clock: Clock
    settings: AccessSettings
    sealer: Sealer
    rates: Rates
    issuer: str

    def is_asked_of(self, account: Account) -> bool:
        """Say whether this server wants a second factor of an account."""
        return is_required(self.settings.second_factor, account.role)

    async def find_standing(self, actor: Actor) -> Standing:
        """Return how it stands with one's own second factor."""
        permit(actor, Verb.SEE_SELF)
        async with self.database.reading() as connection:
            account = await _get(connection, actor.id)
            factor = await factor_records.find_factor(connection, actor.id)
            left = await factor_records.count_codes(connection, actor.id)
        return Standing(
            self.is_asked_of(account), None if factor is None else factor.confirmed_at, left
        )

    async def begin(self, actor: Actor) -> Draft:
        """Make a secret for one's own app; it is asked for once a code of it was seen.

        Raises:
            LoginAgain: the log-in is older than 15 minutes.
            FactorPresent: there is a second factor already.
        """
        _require_person(actor)
        now = self.clock.now()
        require_recent(actor, now)
        secret = write_secret(self.clock.entropy(SECRET_BYTES))
        factor = Factor(actor.id, self.sealer.close(_place(actor.id), secret), NEVER, now)
        async with self.database.transaction() as connection:
            known = await factor_records.find_factor(connection, actor.id)
            if known is not None and known.confirmed_at is not None:
                raise FactorPresent("There is a second factor already. Remove it first.")
            await factor_records.record_factor(connection, factor)
            account = await _get(connection, actor.id)
        return self._draft(account, secret)

    async def find_draft(self, actor: Actor) -> Draft:
        """Return what an app needs, while no code of it was seen.

        Raises:
            FactorMissing: nothing was begun lately, or it is confirmed already.
        """
        _require_person(actor)
        async with self.database.reading() as connection:
            factor = await factor_records.find_factor(connection, actor.id)
            account = await _get(connection, actor.id)
        if factor is None or factor.confirmed_at is not None or self._is_over(factor):
            raise FactorMissing("No second factor waits for its first code. Begin with one.")
        return self._draft(account, self._open(factor))

    async def confirm(self, actor: Actor, code: str, cookie: str | None) -> tuple[str, ...]:
        """Take the first code of one's own app; return the recovery codes, shown this once.

        Every other session of the account ends.

        Raises:
            FactorMissing: nothing was begun in the last 15 minutes.
            FactorPresent: it is confirmed already.
            FactorCodeWrong: the code is another one.
            TooOften: it was tried too often.
        """
        _require_person(actor)
        await self._count(actor.id)
        now = self.clock.now()
        async with self.database.transaction() as connection:
            factor = await factor_records.find_factor(connection, actor.id)
            if factor is None:
                raise _missing()
            if factor.confirmed_at is not None:
                raise FactorPresent("This second factor is confirmed already.")
            if self._is_over(factor):
                raise FactorMissing("This key was shown too long ago. Begin with a new one.")
            if not await self._spend(connection, factor, code):
                raise _wrong()
            await factor_records.confirm_factor(connection, actor.id, now)
            kept = None if cookie is None else digest_of(cookie)
            await factor_records.delete_other_sessions(connection, actor.id, kept)
            await self._tell(connection, EventType.ACCOUNT_FACTOR_ADDED, actor.id, actor.id)
            return await self._make_codes(connection, actor.id)

    async def renew_codes(self, actor: Actor, code: str) -> tuple[str, ...]:
        """Make new recovery codes in place of the old ones; shown this once.

        Raises:
            FactorMissing: there is no second factor.
            FactorCodeWrong: the code is wrong, too old, or was used before.
            TooOften: it was tried too often.
        """
        _require_person(actor)
        await self._count(actor.id)
        async with self.database.transaction() as connection:
            await self._require(connection, actor, code)
            await self._tell(connection, EventType.ACCOUNT_CODES_RENEWED, actor.id, actor.id)
            return await self._make_codes(connection, actor.id)

    async def remove(self, actor: Actor, code: str) -> None:
        """Take one's own second factor away; a code of it is asked for.

        Raises:
            FactorMissing, FactorCodeWrong, TooOften: as above.
        """
        _require_person(actor)
        await self._count(actor.id)
        async with self.database.transaction() as connection:
            await self._require(connection, actor, code)
            await self._delete(connection, actor.id, actor.id)

    async def reset(self, actor: Actor, account_id: str) -> None:
        """Take the second factor of somebody who lost it away; all of their sessions end.

        Raises:
            Forbidden: the actor may not manage the account.
            LoginAgain: the log-in is older than 15 minutes.
            FactorMissing: there is none.
        """
        permit(actor, Verb.MANAGE_ACCOUNTS)
        _require_person(actor)
        require_recent(actor, self.clock.now())
        async with self.database.transaction() as connection:
            account = await _get(connection, account_id)
            if account.role in RULERS:
                permit(actor, Verb.MANAGE_ADMINS)
            if not await self._delete(connection, account_id, actor.id):
                raise _missing()
            await account_records.delete_sessions(connection, account_id)

    async def prove(self, account: Account, code: str | None) -> None:
        """Return if an account that gave its password gave its code too, or needs none.

        Raises:
            CodeNeeded: it was not given.
            CodeRefused: it is wrong, too old, or was used before.
            TooOften: it was tried too often.
        """
        if not account.has_factor:
            return
        if code is None:
            raise CodeNeeded("Give the code that your app shows, or a recovery code, as `code`.")
        await self._count(account.id)
        async with self.database.transaction() as connection:
            factor = await factor_records.find_factor(connection, account.id)
            is_taken = factor is not None and await self._spend(connection, factor, code)
        if not is_taken:
            raise CodeRefused("The code is wrong, too old, or was used before. Give the next one.")

    async def _require(self, connection: Connection, actor: Actor, code: str) -> None:
        factor = await factor_records.find_factor(connection, actor.id)
        if factor is None or factor.confirmed_at is None:
            raise _missing()
        if not await self._spend(connection, factor, code):
            raise _wrong()

    async def _spend(self, connection: Connection, factor: Factor, text: str) -> bool:
        code, mine = fold_code(text), factor.account_id
        if not is_code(code):
            digest = digest_recovery_code(mine, code)
            is_taken = await factor_records.spend_code(connection, mine, digest)
            if is_taken:
                await self._tell(connection, EventType.ACCOUNT_CODE_USED, mine, mine)
            return is_taken
        secret = read_secret(self._open(factor))
        step = find_step(secret, code, self.clock.now(), factor.last_step)
        return step is not None and await factor_records.spend_step(connection, mine, step)

    async def _make_codes(self, connection: Connection, account_id: str) -> tuple[str, ...]:
        codes = tuple(
            write_recovery_code(self.clock.entropy(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)
        )
        digests = [digest_recovery_code(account_id, code) for code in codes]
        await factor_records.record_codes(connection, account_id, digests)
        return codes

    async def _delete(self, connection: Connection, account_id: str, actor_id: str) -> bool:
        is_gone = await factor_records.delete_factor(connection, account_id)
        if is_gone:
            told = EventType.ACCOUNT_FACTOR_REMOVED
            await self._tell(connection, told, actor_id, account_id)
        return is_gone

    async def _count(self, account_id: str) -> None:
        for rule in (QUICK, SLOW):
            await self.rates.take(rule, account_id)

    def _is_over(self, factor: Factor) -> bool:
        return factor.created_at + DRAFT_LIFE <= self.clock.now()

    def _open(self, factor: Factor) -> str:
        return self.sealer.open(_place(factor.account_id), factor.secret_sealed)

    def _draft(self, account: Account, secret: str) -> Draft:
        """Return the secret as apps read it: the Key Uri Format of Google Authenticator."""
        facts = {"secret": secret, "issuer": self.issuer, "algorithm": "SHA1"}
        facts |= {"digits": str(DIGITS), "period": str(STEP_SECONDS)}
        label = f"{quote(self.issuer, safe='')}:{quote(account.email, safe='@')}"
        return Draft(secret, f"otpauth://totp/{label}?{urlencode(facts, quote_via=quote)}")

    async def _tell(
        self, connection: Connection, what: EventType, actor_id: str, account_id: str
    ) -> None:
        await tell(connection, self.clock, what, actor_id=actor_id, subject=account_id)


def _require_person(actor: Actor) -> None:
    permit(actor, Verb.MANAGE_SELF)
    if actor.kind is not ActorKind.ACCOUNT:
        raise Forbidden("A second factor is a person's: log in, and change it there.")


def _place(account_id: str) -> str:
    return f"factors.secret_sealed.{account_id}"


async def _get(connection: Connection, account_id: str) -> Account:
    account = await account_records.find_account(connection, account_id)
    if account is None:
        raise AccountNotFound("There is no such account. Check its id.")
    return account


def _missing() -> FactorMissing:
    return FactorMissing("There is no second factor here. Begin with one first.")


def _wrong() -> FactorCodeWrong:
    return FactorCodeWrong("The code is wrong, too old, or was used before. Give the next one.")
