"""Passwords, hashed by argon2id: two at a time, and not without end.

m=47104 KiB, t=1, p=1: the first choice of the OWASP Password Storage Cheat Sheet.
"""

from __future__ import annotations

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rushes.errors import Kind, RushesError

MEMORY_KIB: Final = 47_104
AT_ONCE: Final = 2
WAITING: Final = 50
RETRY_SECONDS: Final = 2.0

NOBODY: Final = (
    "$argon2id$v=19$m=47104,t=1,p=1$hbAxpygDzRrb7kzdUxC3xQ$"
    "pPdpj2lmraFsK6pftHmJsepRmtK1crWHmqCOcfqQXkA"
)
"""Verified in place of a password that is not there, so that its absence takes as long."""


class HashingBusy(RushesError):
    """Too many passwords wait to be checked."""

    code = "session.busy"
    kind = Kind.LIMITED


class Hashing:
    """Hashes and verifies in threads; each takes 46 MiB while it runs."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=MEMORY_KIB, parallelism=1)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            HashingBusy: too many wait already.
        """
        await self._enter()
        try:
            return await asyncio.to_thread(self._hasher.hash, password)
        finally:
            self._places.release()

    async def verify(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one that is kept; None takes as long, and is never so.

        Raises:
            HashingBusy: too many wait already.
        """
        await self._enter()
        try:
            is_same = await asyncio.to_thread(self._verify, kept or NOBODY, password)
        finally:
            self._places.release()
        return is_same and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Say whether a hash was made with other figures than today's."""
        return self._hasher.check_needs_rehash(kept)

    async def _enter(self) -> None:
        if self._waiting >= WAITING:
            raise HashingBusy(
                "Many people log in just now. Try again in a moment.", retry_after=RETRY_SECONDS
            )
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
