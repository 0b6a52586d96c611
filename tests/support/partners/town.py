"""An asset, a project, people, and what carries assets to partners: over any database."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from rushes.access.keys import SECRET, load_ring
from rushes.access.permit import Actor, ActorKind, Role
from rushes.access.seal import Sealer
from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database
from rushes.notify.guard import open_way_out
from rushes.partner_section import PartnerSettings
from rushes.partners import records
from rushes.partners.arranging import Arranging
from rushes.partners.copy import Partner, PartnerCopy, State
from rushes.partners.host import Host
from rushes.partners.hosting import Hosting
from rushes.partners.wire import Wire
from tests.support.filed import Filed, Files
from tests.support.moments import Hands, until

ADMIN = Actor(ActorKind.ACCOUNT, "acc_1", Role.ADMIN, None)
WORK_SECONDS = 60


@cache
def make_key() -> RSAPrivateKey:
    """Return a private key; the same in each test, as making one takes its time."""
    return generate_private_key(65_537, 2_048)


def key_text() -> str:
    """Return that key as partners give theirs: PEM in base64."""
    pem = make_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(pem).decode()


def read_token(token: str) -> dict[str, object]:
    """Return what a token says, once its signature was found right."""
    head, claims, signature = token.split(".")
    signed = f"{head}.{claims}".encode()
    make_key().public_key().verify(_open(signature), signed, PKCS1v15(), SHA256())
    told: dict[str, object] = json.loads(_open(claims))
    return told


def _open(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Town:
    """What a test of a partner stands on."""

    database: Database
    clock: Clock
    hands: Hands
    folder: Path
    settings: PartnerSettings
    partner: Partner
    make: Callable[[PartnerSettings, Wire], Host]
    content: Mapping[str, bytes] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    """From which offsets originals were read."""

    @property
    def arranging(self) -> Arranging:
        """What people and partners ask."""
        return Arranging(self.database, self.clock, self.settings)

    async def file(
        self, content: bytes, *, project_id: str | None = None, kind: str = "video"
    ) -> Filed:
        """File an asset with these bytes."""
        files = Files(self.database, self.clock)
        filed = await files.asset(content, project_id=project_id, kind=kind)
        self.content = {**self.content, filed.content_id: content}
        return filed

    async def stream(self, content_id: str, start: int) -> AsyncGenerator[bytes, None]:
        """Give an original, in pieces of an odd length."""
        self.read.append(start)
        content = self.content[content_id]
        for at in range(start, len(content), 100_003):
            yield content[at : at + 100_003]

    async def hand_over(self, filed: Filed) -> PartnerCopy:
        """Hand an asset over."""
        return await self.arranging.hand_over(ADMIN, filed.asset_id, self.partner.value)

    async def find(self, filed: Filed) -> PartnerCopy:
        """Return an asset at the partner as its row is now."""
        async with self.database.reading() as connection:
            found = await records.list_of_asset(connection, filed.asset_id)
        return next(copy for copy in found if copy.partner is self.partner)

    async def reach(self, filed: Filed, state: State, hosting: Hosting) -> PartnerCopy:
        """Wait until an asset is in a state over there, whatever it takes to be due."""

        async def is_there() -> bool:
            copy = await self.find(filed)
            if copy.claim is None and copy.due_at is not None and copy.state is not state:
                self.hands.now = max(self.hands.now, copy.due_at)
            hosting.wake()
            return copy.state is state

        await until(is_there, seconds=WORK_SECONDS, what=f"{filed.asset_id} being {state}")
        return await self.find(filed)

    async def rest(self, filed: Filed, hosting: Hosting, tries: int = 1) -> PartnerCopy:
        """Wait until nobody is at an asset after so many misses or looks."""

        async def is_at_rest() -> bool:
            copy = await self.find(filed)
            hosting.wake()
            return copy.claim is None and copy.misses + copy.looks >= tries

        await until(is_at_rest, seconds=WORK_SECONDS, what=f"{filed.asset_id} being at rest")
        return await self.find(filed)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Hosting]:
        """Carry out meanwhile; at the end all of it stops where it is, as a kill does."""
        sealer = Sealer(load_ring(self.folder / "keys", SECRET, SYSTEM), SYSTEM)
        async with open_way_out(self.settings.allow_private) as pool:
            wire = Wire(pool, self.clock, frozenset(self.settings.allow_private))
            hosts = {self.partner: self.make(self.settings, wire)}
            hosting = Hosting(self.database, self.clock, sealer, hosts, self.stream)
            task = asyncio.create_task(hosting.run())
            try:
                yield hosting
            finally:
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
