"""The server dies, or its power is cut, under senders of every protocol: nothing is lost.

The short form of `python -m tests.faults.long`, which `make nightly` runs for long.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.long.house import find_house
from tests.faults.long.journal import MIB
from tests.faults.long.power import KINDS, Cut, make_disk
from tests.faults.long.rounds import Plan, Run
from tests.faults.long.ways import BROKEN, WAYS

KILLS, CUTS = 3, 1
EVERY = [name for name in WAYS if name != "direct"]
"""Protocols that need no bucket."""


@pytest.mark.covers("X-UP-15", "S-UP-11", "S-UP-12")
@pytest.mark.timeout(600)
def test_no_protocol_loses_an_acknowledged_byte_when_the_server_is_killed(
    tmp_path: Path, chance: random.Random
) -> None:
    """Killed at random moments; each word that was said stays true, and all bytes are equal."""
    plan = Plan(KILLS, len(EVERY), EVERY, largest=2 * MIB)
    with find_house(tmp_path, "sqlite", "folder") as house:
        run = Run(plan, house, chance)
        asyncio.run(run.play(house.kill))

    assert KILLS == run.faults
    assert run.verified >= plan.uploads
    assert run.journal.acknowledgements >= run.verified


@pytest.mark.power
@pytest.mark.root
@pytest.mark.covers("X-UP-15", "S-UP-12")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_no_protocol_loses_an_acknowledged_byte_when_the_power_is_cut(
    tmp_path: Path, chance: random.Random, kind: str
) -> None:
    """What was not synced is gone after it, and nothing of that had been acknowledged."""
    plan = Plan(CUTS, len(EVERY), EVERY, largest=4 * MIB, forgiven=BROKEN)
    with (
        make_disk(tmp_path, kind, 2 * 2**30) as disk,
        find_house(tmp_path, "sqlite", "folder") as house,
    ):
        run = Run(plan, house, chance)
        asyncio.run(run.play(Cut(house, disk, chance)))

    assert CUTS == disk.cuts
    assert run.verified >= plan.uploads
