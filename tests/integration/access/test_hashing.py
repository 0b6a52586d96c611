"""Passwords are hashed slowly, two at a time, and not without end."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from rushes.access.hashing import AT_ONCE, WAITING, Hashing, HashingBusy


@pytest.mark.covers("M-AD-02")
async def test_a_password_is_kept_as_argon2id_with_our_figures() -> None:
    """47104 KiB, one pass, one lane; never the same twice."""
    hashing = Hashing()

    kept = [await hashing.hash("seven ferns in a lift") for _ in range(2)]

    assert all(one.startswith("$argon2id$v=19$m=47104,t=1,p=1$") for one in kept)
    assert kept[0] != kept[1]
    assert await hashing.verify(kept[0], "seven ferns in a lift")
    assert not await hashing.verify(kept[0], "seven ferns in a loft")
    assert not hashing.is_outdated(kept[0])


@pytest.mark.parametrize("kept", [None, "", "plain", "$2b$12$bcrypt"])
async def test_what_is_no_hash_is_nobodys_password(kept: str | None) -> None:
    """Neither an absent account nor a damaged row lets anybody in."""
    assert not await Hashing().verify(kept, "seven ferns in a lift")


async def test_a_hash_of_other_figures_works_and_is_outdated() -> None:
    """So that it is made anew at the next log-in."""
    kept = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("seven ferns")
    hashing = Hashing()

    assert await hashing.verify(kept, "seven ferns")
    assert hashing.is_outdated(kept)


async def test_beyond_fifty_that_wait_the_next_is_sent_away() -> None:
    """Memory stays bounded; those who wait are served."""
    hashing = Hashing()
    kept = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("seven ferns")
    crowd = AT_ONCE + WAITING

    answers = await asyncio.gather(
        *(hashing.verify(kept, "seven ferns") for _ in range(crowd + 3)), return_exceptions=True
    )

    assert crowd == answers.count(True)
    busy = [one for one in answers if isinstance(one, HashingBusy)]
    assert 3 == len(busy)
    assert {2.0} == {one.retry_after for one in busy}
