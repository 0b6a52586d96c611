"""Keys are rotated: a new one closes, all that is kept is sealed anew, and old ones are forgotten.

Rules of this file:
1. The new key is on stable storage before anything is closed with it, and the old ones stay: at
   whatever moment this ends, everything still opens. Beginning again goes on where it ended.
2. A row is written only if it is still what was read: what people change meanwhile wins.
3. A key is forgotten a day after a newer one was made, and only while no row names it. A signing
   key after eight days: addresses and grants that it signed are over by then.
4. Servers that run read the new key of sealed things at its first use. A signing key is read when
   a server starts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rushes.access import sealed_records
from rushes.access.keys import (
    SECRET,
    SIGNING,
    Key,
    KeyUnreadable,
    Ring,
    add_key,
    drop_keys,
    holding,
    load_ring,
)
from rushes.access.seal import VERSION, Sealer
from rushes.access.sealed_records import PASSING, SEALED, Sealed
from rushes.access.telling import tell
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.events.event import SYSTEM_ACTOR, EventType

BATCH: Final = 200
LIVES: Final = {SECRET: timedelta(days=1), SIGNING: timedelta(days=8)}
"""How long something lives that only the key before the newest one opens."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done: the key that closes now, and how many rows were sealed anew.

    `is_new` is False where an earlier rotation was brought to its end. Rows that open with no key
    at hand are `unreadable`, and stay as they are.
    """

    key_id: str
    is_new: bool
    resealed: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key, and how many rows it closed; of signing keys nobody counts what they signed."""

    ring: str
    id: str
    made_at: datetime
    is_newest: bool
    rows: int | None


@dataclass(frozen=True, slots=True)
class Rotating:
    """Changes the keys of an installation; `folder` is where their files lie."""

    database: Database
    clock: Clock
    folder: Path

    async def rotate(self) -> Rotated:
        """Seal all that is kept anew by a new key, or end what was begun.

        Raises:
            KeysHeld: somebody else rotates just now.
            KeyUnreadable: the file is damaged.
        """
        with holding(self.folder):
            ring, is_new = load_ring(self.folder, SECRET, self.clock), False
            resealed, unreadable = await self._reseal_all(ring) if len(ring.keys) > 1 else (0, 0)
            if not resealed:  # nothing was begun, or nothing of it can be ended
                ring, is_new = add_key(self.folder, SECRET, self.clock), True
                resealed, unreadable = await self._reseal_all(ring)
            await self._tell(EventType.KEY_ROTATED, ring.newest, rows=resealed)
        return Rotated(ring.newest.id, is_new, resealed, unreadable)

    async def rotate_signing(self) -> str:
        """Add a new signing key; return its id.

        Raises:
            KeysHeld, KeyUnreadable: as above.
        """
        with holding(self.folder):
            load_ring(self.folder, SIGNING, self.clock)
            ring = add_key(self.folder, SIGNING, self.clock)
            await self._tell(EventType.KEY_ROTATED, ring.newest)
        return ring.newest.id

    async def list_uses(self) -> list[KeyUse]:
        """Return every key, oldest first, and how much still needs it."""
        found = []
        for name in (SECRET, SIGNING):
            ring = load_ring(self.folder, name, self.clock)
            for key in ring.keys:
                rows = await self._count(key) if name == SECRET else None
                found.append(KeyUse(name, key.id, key.made_at, key == ring.newest, rows))
        return found

    async def forget(self) -> list[str]:
        """Delete keys that nothing needs any more; return their ids.

        Raises:
            KeysHeld, KeyUnreadable: as above.
        """
        gone: list[str] = []
        with holding(self.folder):
            for name, life in LIVES.items():
                ring = load_ring(self.folder, name, self.clock)
                ids = [key.id async for key in self._list_over(ring, life)]
                if ids:
                    drop_keys(self.folder, name, ids, self.clock)
                    gone += ids
                for key in ring.keys:
                    if key.id in ids:
                        await self._tell(EventType.KEY_FORGOTTEN, key)
        return gone

    async def _list_over(self, ring: Ring, life: timedelta) -> AsyncIterator[Key]:
        for key, newer in zip(ring.keys, ring.keys[1:], strict=False):
            if newer.made_at + life > self.clock.now():
                continue
            if ring.name == SIGNING or await self._count(key) == 0:
                yield key

    async def _count(self, key: Key) -> int:
        async with self.database.reading() as connection:
            counts = [
                await sealed_records.count_closed(connection, sealed, _begin(key))
                for sealed in (*SEALED, PASSING)
            ]
        return sum(counts)

    async def _reseal_all(self, ring: Ring) -> tuple[int, int]:
        sealer = Sealer(ring, self.clock)
        counts = [await self._reseal(sealed, sealer) for sealed in SEALED]
        return sum(done for done, _ in counts), sum(lost for _, lost in counts)

    async def _reseal(self, sealed: Sealed, sealer: Sealer) -> tuple[int, int]:
        """Return how many rows were sealed anew, and how many open with no key."""
        done, lost, after = 0, 0, ""
        mine = _begin(sealer.ring.newest)
        while True:
            async with self.database.transaction() as connection:
                rows = await sealed_records.list_closed(connection, sealed, mine, after, BATCH)
                for row_id, former in rows:
                    place = f"{sealed.place}.{row_id}"
                    try:
                        anew = sealer.close(place, sealer.open(place, former))
                    except KeyUnreadable:
                        lost += 1
                        continue
                    done += await sealed_records.close_anew(
                        connection, sealed, row_id, former, anew
                    )
            if len(rows) < BATCH:
                return done, lost
            after = rows[-1][0]

    async def _tell(self, what: EventType, key: Key, **facts: object) -> None:
        async with self.database.transaction() as connection:
            await tell(
                connection,
                self.clock,
                what,
                actor_id=SYSTEM_ACTOR,
                subject=key.id,
                project=None,
                **facts,
            )


def _begin(key: Key) -> bytes:
    """Return how all begins that a key closed."""
    return f"{VERSION}:{key.id}:".encode()
