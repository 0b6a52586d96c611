"""Somebody comes in by the word of a provider of identities; at the first time an account is found.

Rules of this file:
1. Whoever came before is known by issuer and subject; their mail address may change meanwhile.
2. The first time, a verified mail address leads to the account that has it. If there is none, one
   is made where its domain is among `oidc.domains`, with the role `oidc.role`.
3. An account belongs to one person of a provider. Who is given an address that was another's does
   not get the account: an admin decides.
4. An account that is off stays out. One with a second factor of its own gives a code of it, too;
   for the others asking for one is the provider's part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rushes.access import account_records, identity_records
from rushes.access.account import Account, AccountExists, BadEmail, parse_email
from rushes.access.accounts import Accounts
from rushes.access.door import Door
from rushes.access.factor import CodeRefused
from rushes.access.keys import KeyUnreadable
from rushes.access.outside import (
    ENTROPY_BYTES,
    Brought,
    Flow,
    Half,
    NoAccount,
    Person,
    ProviderOff,
    ProviderRefused,
    begin_flow,
    begin_half,
    is_at_home,
    read_flow,
    read_half,
    write_kept,
)
from rushes.access.permit import SYSTEM, Role
from rushes.access.provider import Provider
from rushes.access.rates import Rule, subject_of
from rushes.access.telling import new_id, tell
from rushes.access_section import OidcSettings
from rushes.db.engine import Connection
from rushes.events.event import EventType
from rushes.ids import Prefix
from rushes.settings import Settings

FLOW: Final = "oidc.flow.cookie"
HALF: Final = "oidc.half.cookie"
"""What the two cookies are sealed for: one cannot pass for the other."""

TRIES: Final = Rule("oidc", 30)
UNUSABLE_BYTES: Final = 32
CALLBACK: Final = "/login/oidc/callback"
LEFT: Final = "/login?left=1"


@dataclass(frozen=True, slots=True)
class Entered:
    """The page to lead to, and the cookie of a session; a half one waits for a code."""

    following: str
    cookie: str
    is_half: bool = False


@dataclass(frozen=True, slots=True)
class Vouching:
    """Lets people in by a provider of identities; `base_url` is where it sends them back."""

    settings: OidcSettings
    door: Door
    provider: Provider
    base_url: str

    @property
    def redirect_uri(self) -> str:
        """The address that the provider has to know."""
        return f"{self.base_url}{CALLBACK}"

    async def begin(self, following: str, address: str) -> tuple[str, str]:
        """Return where to send a browser, and the cookie that it has to bring back.

        Raises:
            ProviderOff: there is no provider.
            ProviderAway: it does not answer.
            TooOften: it was tried too often from this address.
        """
        await self._count(address)
        clock = self.door.clock
        flow = begin_flow(clock.entropy(ENTROPY_BYTES), following, clock.now())
        there = await self.provider.write_address(flow, self.redirect_uri)
        return there, self._close(FLOW, flow)

    async def finish(
        self, brought: Brought, cookie: str, address: str, former: str | None
    ) -> Entered:
        """Return a new session, or what is to be brought with a code of the second factor.

        Raises:
            ProviderOff, ProviderAway, TooOften: as above.
            ProviderRefused: the answer fits no log-in of this browser, or cannot be believed.
            NoAccount: there is no account, and none is made.
        """
        await self._count(address)
        now = self.door.clock.now()
        flow = read_flow(self._open(FLOW, cookie), brought.state, now)
        try:
            person = await self.provider.redeem(brought, flow, self.redirect_uri)
            account = await self._find_account(person)
        except (ProviderRefused, NoAccount):
            await self.door.tell_refusal(None)
            raise
        await self._require_active(account)
        if account.has_factor:
            half = begin_half(account.id, flow.next, now)
            return Entered(flow.next, self._close(HALF, half), is_half=True)
        session = await self.door.open_session(account, former, by_provider=True)
        return Entered(flow.next, session)

    async def prove(self, cookie: str, code: str, address: str, former: str | None) -> Entered:
        """Return a new session for whom the provider vouched, and who gives a code as well.

        Raises:
            ProviderOff, TooOften: as above.
            ProviderRefused: the provider vouched for nobody, or too long ago.
            CodeRefused: the code is wrong, too old, or was used before.
            NoAccount: the account is off, or gone, by now.
        """
        await self._count(address)
        half = read_half(self._open(HALF, cookie), self.door.clock.now())
        async with self.door.database.reading() as connection:
            account = await account_records.find_account(connection, half.account_id)
        if account is None:
            raise NoAccount("The account is gone. Ask an admin.")
        await self._require_active(account)
        try:
            await self.door.factors.prove(account, code)
        except CodeRefused:
            await self.door.tell_refusal(account)
            raise
        session = await self.door.open_session(account, former, by_provider=True)
        return Entered(half.next, session)

    async def find_way_out(self) -> str:
        """Return where a browser goes to be logged out at the provider, too; it leads back to us.

        Raises:
            ProviderOff, ProviderAway: as above.
        """
        self._require()
        return await self.provider.find_way_out(f"{self.base_url}{LEFT}") or LEFT

    async def _find_account(self, person: Person) -> Account:
        door = self.door
        async with door.database.reading() as connection:
            known = await identity_records.find_known(connection, person)
        if known is not None:
            return known
        unusable = await door.hashing.hash(door.clock.entropy(UNUSABLE_BYTES).hex())
        try:
            return await self._know(person, unusable)
        except AccountExists:  # somebody with this address came first at the same moment
            return await self._know(person, unusable)

    async def _know(self, person: Person, unusable: str) -> Account:
        async with self.door.database.transaction() as connection:
            known = await identity_records.find_known(connection, person)
            return known or await self._welcome(connection, person, unusable)

    async def _welcome(self, connection: Connection, person: Person, unusable: str) -> Account:
        """Return the account of somebody who comes for the first time."""
        email, now = _read_email(person), self.door.clock.now()
        found = await account_records.find_credentials(connection, email)
        account = found[0] if found is not None else self._draft(email, now)
        if found is None:
            if not is_at_home(email, self.settings.domains):
                raise NoAccount("There is no account for your mail address. Ask an admin for one.")
            accounts = Accounts(self.door.database, self.door.clock, self.door.hashing)
            await accounts.record(connection, SYSTEM, account, unusable)
        if not await identity_records.record_identity(connection, person, account.id, now):
            raise NoAccount("The account of your mail address is another person's. Ask an admin.")
        await tell(
            connection,
            self.door.clock,
            EventType.ACCOUNT_VOUCHED_FOR,
            actor_id=account.id,
            subject=account.id,
            issuer=person.issuer,
        )
        return account

    def _draft(self, email: str, now: datetime) -> Account:
        return Account(
            id=new_id(Prefix.ACCOUNT, self.door.clock),
            email=email,
            role=Role(self.settings.role),
            is_active=True,
            created_at=now,
            password_changed_at=now,
        )

    async def _require_active(self, account: Account) -> None:
        if not account.is_active:
            await self.door.tell_refusal(account)
            raise NoAccount("The account is off. Ask an admin.")

    async def _count(self, address: str) -> None:
        self._require()
        await self.door.rates.take(TRIES, subject_of(address))

    def _require(self) -> None:
        if self.settings.issuer is None:
            raise ProviderOff("No provider of identities is set up here. Log in with a password.")

    def _close(self, place: str, kept: Flow | Half) -> str:
        return self.door.factors.sealer.close(place, write_kept(kept)).decode()

    def _open(self, place: str, cookie: str) -> str:
        try:
            return self.door.factors.sealer.open(place, cookie.encode())
        except (KeyUnreadable, UnicodeEncodeError):
            raise ProviderRefused("This log-in was not begun in this browser. Begin.") from None


def open_vouching(settings: Settings, door: Door) -> Vouching:
    """Return what lets people into a house by its provider of identities."""
    provider = Provider(settings.oidc, door.clock)
    return Vouching(settings.oidc, door, provider, settings.public_url)


def _read_email(person: Person) -> str:
    if person.email is None:
        raise NoAccount("The provider does not vouch for a mail address of yours. Ask an admin.")
    try:
        return parse_email(person.email)
    except BadEmail:
        raise NoAccount("The provider tells no mail address of yours. Ask an admin.") from None
