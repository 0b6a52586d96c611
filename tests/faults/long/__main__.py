"""Kill a server, or cut its power, under senders of every protocol, and count what is lost.

python -m tests.faults.long kills --rounds 200 --uploads 32 --ways all --store folder
    --database sqlite
python -m tests.faults.long cuts --rounds 20 --disk xfs
python -m tests.faults.long disk --rounds 20
python -m tests.faults.long stalls --rounds 20
python -m tests.faults.long ladder --rounds 50
python -m tests.faults.long movements --rounds 200 --edge swift
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from tests.faults.long.disk import FailingDisk, Spoil, build_shim
from tests.faults.long.house import House, find_house
from tests.faults.long.journal import Lost
from tests.faults.long.movements import move_all
from tests.faults.long.power import KINDS, Cut, make_disk
from tests.faults.long.rounds import Plan, Run
from tests.faults.long.stalls import measure_stalls
from tests.faults.long.ways import BROKEN, BUSY, WAYS, Refused

DISK_BYTES = 12 * 2**30  # sparse
STALL_SECONDS = 1.0
LADDER = "tests/faults/test_worker_killed.py"
LADDER_TEST = "test_a_worker_that_is_killed_in_mid_transcode_makes_everything_once"


def main() -> int:
    """Run, print what was seen, and say by the exit code whether a promise was broken."""
    words = read_words()
    if words.fault == "ladder":
        return kill_in_ladders(words.rounds, words.folder)
    if words.fault == "movements":
        return move(words)
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="rushes-faults-", dir=words.folder)
        folder = Path(stack.enter_context(made))
        if words.fault == "stalls":
            house = stack.enter_context(find_house(folder, words.database, words.store))
            return tell_stalls(asyncio.run(measure_stalls(house, words.rounds)))
        return play(words, folder, stack)


def kill_in_ladders(rounds: int, folder: str | None) -> int:
    """Kill the worker so often while it makes ladders; nothing that stands is encoded again."""
    place = [] if folder is None else [f"--basetemp={folder}/ladder"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"{LADDER}::{LADDER_TEST}", "-s", *place],
        env=os.environ | {"RUSHES_TEST_ROUNDS": str(rounds)},
        check=False,
    )
    say(f"{rounds} kills in ladders: {'well' if done.returncode == 0 else 'BROKEN'}")
    return done.returncode


def move(words: argparse.Namespace) -> int:
    """Move objects between a bucket and an edge; one round is one movement."""
    seed = words.seed or int.from_bytes(os.urandom(4))
    begun = time.monotonic()
    say(f"seed {seed}")
    facts = dict(asyncio.run(move_all(words.folder, words.edge, words.rounds, seed, say)))
    facts["minutes"] = round((time.monotonic() - begun) / 60, 1)
    say(
        f"{json.dumps(facts, indent=2)}\n{facts['movements']} movements, {facts['kills']} kills, "
        f"{facts['faults']} faults, {facts['objects']} objects, lost: {facts['lost']}"
    )
    return 1 if facts["lost"] else 0


def play(words: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    """Make one kind of fault again and again."""
    seed = words.seed or int.from_bytes(os.urandom(4))
    say(f"seed {seed}")
    forgiven = BUSY if words.fault == "kills" else BROKEN
    ways = choose_ways(words.ways, words.store)
    plan = Plan(
        words.rounds, words.uploads, ways, seconds=words.minutes * 60, tell=say, forgiven=forgiven
    )
    chance = random.Random(seed)  # noqa: S311 - when to pull the plug
    begun = time.monotonic()
    more: dict[str, str] = {}
    strikes: dict[str, Callable[[House], Callable[[], Awaitable[None]]]] = {
        "kills": lambda house: house.kill
    }
    if words.fault == "cuts":
        disk = stack.enter_context(make_disk(folder, words.disk, DISK_BYTES))
        strikes["cuts"] = lambda house: Cut(house, disk, chance)
    if words.fault == "disk":
        failing = FailingDisk(build_shim(folder), folder / "plan", folder / "data")
        strikes["disk"] = lambda house: Spoil(house, failing, chance)
        more = failing.environment
    house = stack.enter_context(find_house(folder, words.database, words.store, **more))
    run = Run(plan, house, chance)
    lost = ""
    try:
        asyncio.run(run.play(strikes[words.fault](house)))
    except* (Lost, Refused, TimeoutError) as found:
        lost = "; ".join(repr(each) for each in find_all(found))
    facts = sum_up(run, words, time.monotonic() - begun)
    facts["lost"] = lost or 0
    say(f"{json.dumps(facts, indent=2)}\n{tell(facts)}")
    return 1 if lost else 0


def tell_stalls(waits: list[float]) -> int:
    """Print how long newcomers waited; more than a second is too long, for the slowest too."""
    middle, longest = waits[len(waits) // 2], waits[-1]
    say(f"{len(waits)} stalls: a newcomer waits {middle:.2f} s, {longest:.2f} s at most")
    return 0 if longest < STALL_SECONDS else 1


def say(line: str) -> None:
    """Print a line, now."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def find_all(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    """Return what went wrong, out of the groups it came in."""
    found: list[Exception] = []
    for each in group.exceptions:
        found += find_all(each) if isinstance(each, BaseExceptionGroup) else [each]
    return found


def read_words() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.long", description=__doc__)
    parser.add_argument("fault", choices=["kills", "cuts", "disk", "stalls", "ladder", "movements"])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60, help="no fault after them")
    parser.add_argument("--uploads", type=int, default=32)
    parser.add_argument("--ways", default="all", help=f"of {', '.join(WAYS)}; or all")
    parser.add_argument("--store", choices=["folder", "s3"], default="folder")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--disk", choices=KINDS, default="ext4", help="of which power is cut")
    parser.add_argument("--edge", choices=["folder", "swift"], default="folder", help="movements")
    parser.add_argument("--folder", help="where the data folder is made")
    parser.add_argument("--seed", type=int, help="repeats a run")
    return parser.parse_args()


def choose_ways(wanted: str, store: str) -> list[str]:
    """Return the protocols of a run; direct uploads need a bucket."""
    names = list(WAYS) if wanted == "all" else wanted.split(",")
    return [name for name in names if name != "direct" or store == "s3"]


def sum_up(run: Run, words: argparse.Namespace, seconds: float) -> dict[str, object]:
    """Return the figures of a run."""
    returns = sorted(run.house.returns)
    journal = run.journal
    return {
        "run": f"{run.faults} {words.fault}, {words.uploads} uploads, {words.store}, "
        f"{words.database}",
        "minutes": round(seconds / 60, 1),
        "files": run.verified,
        "bytes": run.verified_bytes,
        "acknowledgements": journal.acknowledgements,
        "interim": journal.interim,
        "checks": journal.checks,
        "refusals": dict(journal.refusals),
        "back_seconds": [round(returns[len(returns) // 2], 2), round(returns[-1], 2)],
    }


def tell(facts: dict[str, object]) -> str:
    """Return the one line that a table of runs shows."""
    return (
        f"{facts['run']}: {facts['files']} files, {facts['acknowledgements']} acknowledgements, "
        f"{facts['checks']} checks, lost: {facts['lost']}"
    )


if __name__ == "__main__":
    sys.exit(main())
