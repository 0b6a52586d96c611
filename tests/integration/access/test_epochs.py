"""Addresses that were signed for an account end with what opened them."""

from __future__ import annotations

import httpx
import pytest

from rushes.access.permit import Role
from rushes.delivery.sign import AddressRevoked
from rushes.delivery.standing import Standing
from tests.support.entrance import PASSWORD, Hall

BEA = "bea@example.org"
ENDING = {
    "locked down": ("POST", "/lock-down", {}),
    "locked down, and on": ("POST", "/lock-down", {"stays_on": True}),
    "switched off": ("PATCH", "", {"is_active": False}),
    "another role": ("PATCH", "", {"role": "viewer"}),
    "another password": ("PATCH", "", {"password": "nine herons on a roof"}),
    "removed": ("DELETE", "", None),
}


async def epoch_of(hall: Hall) -> int:
    """Log in; return what stands in the addresses that are signed then."""
    _, cookie = await hall.entrance.door.log_in(BEA, PASSWORD, "192.0.2.7")
    return (await hall.access.identify_session(cookie)).epoch


@pytest.mark.parametrize("how", ENDING)
async def test_an_address_ends_with_the_sessions(
    hall: Hall, admin: httpx.AsyncClient, how: str
) -> None:
    """Whatever ended them; `Standing` looks anew after seconds."""
    method, place, body = ENDING[how]
    account_id, epoch = await hall.add(BEA, Role.EDITOR), await epoch_of(hall)
    await Standing(hall.database, hall.clock).require(account_id, epoch)

    answer = await admin.request(method, f"/api/v1/accounts/{account_id}{place}", json=body)

    assert answer.is_success, answer.text
    with pytest.raises(AddressRevoked):
        await Standing(hall.database, hall.clock).require(account_id, epoch)


async def test_who_logs_in_anew_gets_addresses_that_open(
    hall: Hall, admin: httpx.AsyncClient
) -> None:
    """The old ones stay closed; those of jobs and links ask no account."""
    account_id, before = await hall.add(BEA, Role.EDITOR), await epoch_of(hall)
    await admin.post(f"/api/v1/accounts/{account_id}/lock-down", json={"stays_on": True})
    after = await epoch_of(hall)
    standing = Standing(hall.database, hall.clock)

    await standing.require(account_id, after)
    await standing.require("system", 0)

    assert before + 1 == after
    with pytest.raises(AddressRevoked):
        await standing.require(account_id, before)
