"""The command `rushes tiers check`: rows against stores, here and now, with a table of findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.tiers.check import DONE

BY_HAND: Final = "admin"
"""Who asks on the machine itself."""

LOST_STATUS: Final = 4


def check_tiers(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Read every byte that the tiers hold.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what is lost of a copy elsewhere.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Compare rows and stores both ways, and read some bytes again; 4 where something is lost."""
    found: list[bool] = []

    async def tell(house: House) -> None:
        check = await house.vaults.checking.run_now(
            f"{SYSTEM.id}:{BY_HAND}", is_full=everything, repairs=repair
        )
        report = dict(check.report)
        lost = sum(tally["lost"] for tally in report["tiers"].values())
        found.append(lost == 0 and check.state == DONE)
        facts = {"id": check.id, "state": check.state, **report}
        answer(facts, _told(report), as_json=as_json)

    run_in_house(load_settings(data), tell)
    if not all(found):
        raise typer.Exit(LOST_STATUS)


def _told(report: Mapping[str, Any]) -> str:
    lines = []
    for tier, tally in report["tiers"].items():
        lines.append(
            f"{tier:8} {tally['rows']} rows, {tally['objects']} objects, "
            f"{tally['bytes_read'] / 10**9:.1f} GB read"
        )
        words = ("doubted", "missing", "resized", "wrong", "unknown", "repaired", "lost")
        lines += [f"  {word}: {tally[word]}" for word in words if tally[word]]
        if tally["trouble"]:
            lines.append(f"  it ended early: {tally['trouble']}")
    lines += [f"no row tells of {key}" for key in report["unknown"]]
    return "\n".join(lines)
