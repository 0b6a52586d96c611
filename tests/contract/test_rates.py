"""Limits are exact on every database, however many ask at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from rushes.access.rates import Rates, Rule, TooOften, subject_of
from rushes.clock import Clock
from rushes.db.engine import Database
from tests.support.moments import Hands

TEN = Rule("test", 10)


async def is_allowed(rates: Rates, subject: str = "somebody", rule: Rule = TEN) -> bool:
    try:
        await rates.take(rule, subject)
    except TooOften:
        return False
    return True


@pytest.mark.covers("X-SEC-05", "C-SEC-02", "BG-19")
async def test_of_thirty_that_race_ten_are_allowed(database: Database, clock: Clock) -> None:
    """Each is counted by one statement, so none slips through between two."""
    rates = Rates(database, clock)

    allowed = await asyncio.gather(*(is_allowed(rates) for _ in range(30)))

    assert 10 == sum(allowed)


async def test_room_comes_back_step_by_step(database: Database, clock: Clock, hands: Hands) -> None:
    """After a tenth of the window, one call; after the window, all of them."""
    rates = Rates(database, clock)
    for _ in range(10):
        await rates.take(TEN, "somebody")
    with pytest.raises(TooOften) as refused:
        await rates.take(TEN, "somebody")

    hands.advance(timedelta(seconds=6))
    one = [await is_allowed(rates), await is_allowed(rates)]
    hands.advance(timedelta(seconds=60))
    all_again = [await is_allowed(rates) for _ in range(11)]

    assert 6 == refused.value.retry_after
    assert [True, False] == one
    assert [True] * 10 + [False] == all_again


async def test_subjects_and_rules_do_not_touch_each_other(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """And a sweep forgets only those that have nothing against them."""
    rates, once = Rates(database, clock), Rule("once", 1)
    first = [await is_allowed(rates, "a", once), await is_allowed(rates, "b", once)]

    hands.advance(timedelta(seconds=59))
    await rates.sweep()
    early = await is_allowed(rates, "a", once)
    hands.advance(timedelta(seconds=2))
    await rates.sweep()

    assert [True, True] == first
    assert not early
    assert await is_allowed(rates, "a", once)


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "nowhere"),
        ("testclient", "nowhere"),
    ],
)
def test_an_address_is_one_host_or_one_network(address: str, subject: str) -> None:
    """A household of IPv6 has as many addresses as it likes, and one /64."""
    assert subject == subject_of(address)
