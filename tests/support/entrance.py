"""The API of access alone, over a real database, and people who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Request

from rushes.access import account_records
from rushes.access.account import Account
from rushes.access.accounts import Accounts
from rushes.access.answers import Answers
from rushes.access.door import open_door
from rushes.access.hashing import MEMORY_KIB, Hashing
from rushes.access.identify import Access
from rushes.access.keys import SECRET, SIGNING, LiveRing, load_ring
from rushes.access.linking import Linking
from rushes.access.permit import SYSTEM, Role
from rushes.access.places import Places
from rushes.access.projects import Projects
from rushes.access.rates import Rates
from rushes.access.seal import Sealer
from rushes.access.setup import Setup
from rushes.access.telling import new_id
from rushes.access.tokens import Tokens
from rushes.clock import Clock
from rushes.db.engine import Database, open_database
from rushes.http import access as access_routes
from rushes.http.access import Entrance
from rushes.http.auth import Callers
from rushes.http.guard import protect
from rushes.http.paging import PURPOSE, Pager
from rushes.http.repeats import add_repeats
from rushes.ids import Prefix
from rushes.settings import Settings

PASSWORD = "seven ferns in a lift"
ADMIN = "ada@example.org"
HOST = "http://127.0.0.1:8080"
CSRF = {"X-Rushes-CSRF": "1"}


@dataclass(frozen=True, slots=True)
class Hall:
    """Everything of access, put together for a test."""

    database: Database
    clock: Clock
    settings: Settings
    access: Access
    entrance: Entrance
    app: FastAPI

    def visitor(
        self, headers: dict[str, str] | None = None, *, base: str = HOST
    ) -> httpx.AsyncClient:
        """Return a client with its own cookies; `Host` is ours."""
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 50_000))
        return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)

    async def logged_in(self, email: str) -> httpx.AsyncClient:
        """Return a client with a session, which sends what our own pages send."""
        visitor = self.visitor(CSRF)
        answer = await visitor.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert 200 == answer.status_code, answer.text
        return visitor

    async def add(self, email: str, role: Role) -> str:
        """Make an account; return its id."""
        account = Account(
            id=new_id(Prefix.ACCOUNT, self.clock),
            email=email,
            role=role,
            is_active=True,
            created_at=self.clock.now(),
            password_changed_at=self.clock.now(),
        )
        async with self.database.transaction() as connection:
            await account_records.record_setup(connection, self.clock.now())
            await self.entrance.accounts.record(connection, SYSTEM, account, hash_once())
        return account.id


@cache
def hash_once() -> str:
    """Return the hash of `PASSWORD`, computed once in a run."""
    return PasswordHasher(time_cost=1, memory_cost=MEMORY_KIB, parallelism=1).hash(PASSWORD)


def build_hall(database: Database, clock: Clock, settings: Settings, folder: Path) -> Hall:
    """Put access together over a database."""
    hashing, rates = Hashing(), Rates(database, clock)
    places = Places(database, clock)
    signing = load_ring(folder, SIGNING, clock)
    access = Access(database, clock, settings.access, signing, hashing, rates, places)
    accounts = Accounts(database, clock, hashing)
    sealer = Sealer(LiveRing(folder, load_ring(folder, SECRET, clock)), clock)
    entrance = Entrance(
        door=open_door(settings, hashing, rates, sealer),
        setup=Setup(database, clock, accounts, rates),
        accounts=accounts,
        tokens=Tokens(database, clock, settings.access),
        projects=Projects(database, clock, places),
        linking=Linking(database, clock, settings.access, sealer, hashing, places),
    )
    app = FastAPI()
    callers = Callers(access, settings)
    app.include_router(
        access_routes.routes(entrance, callers, Pager(signing.newest.derive(PURPOSE)))
    )

    @app.get("/healthz")
    async def healthz() -> str:
        return "ok"

    @app.get("/api/v1/broken")
    async def broken() -> str:
        raise RuntimeError("a secret of the inside")

    @app.post("/u/{token}/files/")
    async def send(request: Request, token: str) -> str:
        del token  # the caller is found by it
        return (await callers.identify(request)).id

    add_repeats(app, Answers(database, clock, sealer))
    protect(app, settings, callers, entrance.setup.is_done)
    return Hall(database, clock, settings, access, entrance, app)


@pytest.fixture
async def empty_hall(sqlite_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Hall]:
    """Access before the first admin."""
    database = open_database(sqlite_url)
    try:
        yield build_hall(database, clock, Settings(), tmp_path / "keys")
    finally:
        await database.close()


@pytest.fixture
async def hall(empty_hall: Hall) -> Hall:
    """Access with its first admin, a superadmin."""
    await empty_hall.add(ADMIN, Role.SUPERADMIN)
    return empty_hall


@pytest.fixture
async def admin(hall: Hall) -> AsyncIterator[httpx.AsyncClient]:
    """The first admin, logged in."""
    visitor = await hall.logged_in(ADMIN)
    yield visitor
    await visitor.aclose()


@pytest.fixture
async def stranger(hall: Hall) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody that is known."""
    async with hall.visitor() as visitor:
        yield visitor
