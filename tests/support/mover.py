"""A worker that moves objects between tiers and can be killed at any moment.

`mover DATABASE FOLDER ARCHIVE EDGE`: stores as JSON, an edge of `{}` is a folder. Each line it
reads is an order: moves to make at once, by a process that is forked for them, so that a kill
costs no start. What became of each move, and the process's end, are lines of its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rushes.clock import Clock, utc_now
from rushes.db.engine import open_database
from rushes.errors import RushesError
from rushes.sections import StoreSettings
from rushes.stores.filesystem import open_folder
from rushes.stores.patience import Patience
from rushes.stores.s3 import open_s3
from rushes.tiers import records
from rushes.tiers.check import open_checking
from rushes.tiers.flow import Flow
from rushes.tiers.leftovers import Leftovers
from rushes.tiers.placement import State, Tier
from tests.support.copying import Pair
from tests.support.handing import Handing
from tests.support.stored import FOUND

HASTY = Patience(
    metadata=2,
    part=2,
    bytes_a_second=8 * 2**20,
    whole=4,
    idle=1,
    connect=1,
    first_wait=0.01,
    longest_wait=0.05,
    down=0.2,
    narrow=0.5,
)
"""Of a store that fails on purpose: a time-out is over soon, and the next try comes at once."""

TROUBLES = (RushesError, OSError, TimeoutError)


class NotDone(RushesError):
    """The move ended well, and is not made: it has to be asked for again."""

    code = "test.not_done"


@asynccontextmanager
async def open_mover(words: list[str], shift: timedelta, *, is_hasty: bool) -> AsyncIterator[Pair]:
    """Open the house of a mover, so much later than now."""
    url, folder, *stores = words
    async with AsyncExitStack() as stack:
        opened: dict[str, Any] = {}
        for name, told in zip(("archive", "edge"), map(json.loads, stores), strict=True):
            if told:
                settings = StoreSettings.model_validate(told)
                found = FOUND["swift" if settings.provider == "swift" else "ceph"]
                store: Any = await open_s3(name, settings, found, HASTY if is_hasty else None)
            else:
                store = await open_folder(Path(folder) / name)
            opened[name] = await stack.enter_async_context(store)
        database = open_database(url)
        stack.push_async_callback(database.close)
        clock = Clock(now=lambda: utc_now() + shift)
        house = Handing(
            Path(folder),
            database,
            clock,
            opened["archive"],
            opened["edge"],
            on_ingest=frozenset({"360p"}),
        )
        yield Pair(house, Flow())


async def keep(pair: Pair, object_id: str) -> None:
    """Bring an original or a rendition into the archive."""
    if object_id.startswith("cnt_"):
        await pair.keeper.keep_original(object_id)
    else:
        await pair.keeper.keep_rendition(object_id, pair.house.folder / object_id)


async def recall(pair: Pair, object_id: str) -> None:
    """Bring a rendition to the edge."""
    await pair.recalling.want([object_id], at_once=True)
    await pair.recalling.fill(object_id)


async def evict(pair: Pair, object_id: str) -> None:
    """Let a rendition leave the edge."""
    evicting = pair.house.evicting()
    async with pair.house.database.reading() as connection:
        place = await records.find_placement(connection, object_id, Tier.EDGE)
    if place is None:
        return
    await evicting.mark({place.id: "hand"})
    await evicting.finish_due()
    async with pair.house.database.reading() as connection:
        place = await records.find_placement(connection, object_id, Tier.EDGE)
    if place is not None and place.state is not State.ABSENT:
        raise NotDone(f"{object_id} is {place.state} on the edge still.")


async def repair(pair: Pair, object_id: str) -> None:
    """Look at everything, and mend what is lost."""
    checking = open_checking(pair.keeper, pair.house.locator, 2**40)
    check = await checking.run_now("acc_1", is_full=True, repairs=True)
    if check.state != "done" or any(each["lost"] for each in check.report["tiers"].values()):
        raise NotDone(f"{object_id} is not mended yet.")


async def sweep(pair: Pair, _object_id: str) -> None:
    """Give up what nobody will end."""
    house = pair.house
    leftovers = Leftovers(house.database, house.clock, house.archive, house.edge)
    await leftovers.end_stale()
    await leftovers.abort_orphans()


MOVES = {"keep": keep, "recall": recall, "evict": evict, "repair": repair, "sweep": sweep}


async def carry_out(words: list[str], order: dict[str, Any]) -> None:
    """Make the moves of an order at once, and tell of each."""
    shift = timedelta(seconds=order["shift"])

    async def make(number: int, kind: str, object_id: str) -> None:
        try:
            await MOVES[kind](pair, object_id)
        except TROUBLES as trouble:
            code = trouble.code if isinstance(trouble, RushesError) else type(trouble).__name__
            tell("failed", number, code)
        else:
            tell("done", number)

    async with (
        open_mover(words, shift, is_hasty=order["is_hasty"]) as pair,
        asyncio.TaskGroup() as all_of_it,
    ):
        for number, (kind, object_id) in enumerate(order["moves"]):
            all_of_it.create_task(make(number, kind, object_id))


def tell(*facts: object) -> None:
    """Say a line at once; it stays whole whoever is killed."""
    os.write(1, (" ".join(map(str, facts)) + "\n").encode())


def main() -> None:
    """Fork a process for each order."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            tell("pid", os.getpid())
            asyncio.run(carry_out(sys.argv[1:], json.loads(line)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        tell("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
