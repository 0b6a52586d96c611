"""The commands `rushes tiers migrate` and `rushes tiers migration`: the archive moves elsewhere.

They work on the data folder itself, also while the server runs, and as its owner; workers move.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.settings import SettingsRefused
from rushes.tier_section import OUR_FOLDER
from rushes.tiers.holding import open_store
from rushes.tiers.migrate import Progress
from rushes.tiers.migration_plan import MigrationPlan, plan_migration
from rushes.tiers.placement import Tier
from rushes.tiers.prices import list_of

SHOWN: Final = 20


def plan_move(
    to: Annotated[str, typer.Argument(help="The new store, by its name in the settings.")],
    *,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what it does to move the archive to another store, and how to begin; nothing changes."""
    settings = load_settings(data)
    if to not in settings.stores:
        raise SettingsRefused(f"There is no [stores.{to}] in the settings. Add it first.")

    async def plan(house: House) -> None:
        store = await open_store(settings, to, "archive")
        try:
            found = await plan_migration(house.database, store)
        finally:
            await store.close()
        former = house.vaults.overview.places[Tier.ARCHIVE].price
        cost = found.cost(former, list_of(settings.stores[to], settings.prices).price)
        facts = {**_facts(found), "cost": float(round(cost, 4))}
        name = settings.tiers.archive.store or OUR_FOLDER
        text = [*_lines(found), f"It costs ${cost:.2f}.", *_steps(name, to)]
        answer(facts, "\n".join(text), as_json=as_json)

    run_in_house(settings, plan)


def show_migration(
    *,
    pause: Annotated[bool, typer.Option("--pause", help="Let it rest.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="All has moved: forget the former store.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say how far the archive is on its way to another store; let it rest, go on, or end."""

    async def show(house: House) -> None:
        migrating = house.estate.migrating
        if pause:
            found = await migrating.pause()
        elif resume:
            found = await migrating.resume()
        elif finish:
            found = await migrating.finish()
        else:
            found = await migrating.show()
        answer(_progress(found), _told(found, is_over=finish), as_json=as_json)

    run_in_house(load_settings(data), show)


def _facts(found: MigrationPlan) -> dict[str, object]:
    return {
        "moving": {"objects": found.moving[0], "size_bytes": found.moving[1]},
        "alike": {"objects": found.alike[0], "size_bytes": found.alike[1]},
        "conflicts": found.conflicts,
    }


def _lines(found: MigrationPlan) -> list[str]:
    lines = [f"{found.moving[0]} objects, {found.moving[1]} bytes, move."]
    if found.alike[0]:
        lines.append(f"{found.alike[0]} are there already by name and size; they are read.")
    lines += [f"  the name is another's there: {key}" for key in found.conflicts[:SHOWN]]
    if len(found.conflicts) > SHOWN:
        lines.append(f"  and {len(found.conflicts) - SHOWN} more; --json tells all.")
    return lines


def _steps(former: str, to: str) -> list[str]:
    return [
        "To begin, stop the server and all workers, and set:",
        "  [tiers.archive]",
        f'  store = "{to}"',
        f'  former = "{former}"',
        "Then start them; everything plays meanwhile. `rushes tiers migration` tells the rest.",
    ]


def _progress(found: Progress) -> dict[str, object]:
    return {
        "former": found.migration.former,
        "store": found.migration.store,
        "state": found.migration.state,
        "moved": {"objects": found.moved[0], "size_bytes": found.moved[1]},
        "left": {"objects": found.left[0], "size_bytes": found.left[1]},
        "troubles": [
            {"object_id": each.object_id, "kind": each.kind, "key": each.key, "said": each.said}
            for each in found.troubles
        ],
    }


def _told(found: Progress, *, is_over: bool) -> str:
    way = f"From {found.migration.former} to {found.migration.store}: {found.migration.state}."
    moved = f"{found.moved[0]} objects, {found.moved[1]} bytes, have moved"
    lines = [f"{way} {moved}; {found.left[0]}, {found.left[1]} bytes, have not."]
    lines += [f"  {each.kind}: {each.said}" for each in found.troubles]
    if is_over:
        lines.append(
            f"It is over. Take tiers.archive.former out of the settings; what lies in "
            f"{found.migration.former} stays there."
        )
    return "\n".join(lines)
