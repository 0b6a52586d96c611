"""Commands for the tiers: what the edge holds, what would leave it, and deeds by hand.

They work on the data folder itself, also while the server runs, and as its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.tiers.retain import describe

GB: Final = 10**9

QualityOption = Annotated[
    str | None, typer.Option("--quality", help="One quality by its name; by default all.")
]


def show_status(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Say what each tier holds, gives and costs."""

    async def tell(house: House) -> None:
        uses, hit_rate = await house.vaults.overview.list_tiers()
        facts = [
            {
                "tier": use.tier.value,
                "store": use.store,
                "objects": use.present[0],
                "size_bytes": use.present[1],
                "limit_bytes": use.limit_bytes,
                "cost_per_month": use.cost_per_month,
                "waiting": use.moving[0],
                "trouble": use.trouble,
            }
            for use in uses
        ]
        lines = [
            f"{use.tier:8} {use.store:12} {use.present[0]:>9} objects {_gb(use.present[1])}"
            f"  ${use.cost_per_month:.2f} a month"
            for use in uses
        ]
        lines += [f"{use.tier}: {use.moving[0]} wait. {use.trouble}" for use in uses if use.trouble]
        rate = "nothing was read" if hit_rate is None else f"{hit_rate:.0%} of the reads"
        lines.append(f"The edge answered in 7 days: {rate}")
        answer({"items": facts, "hit_rate": hit_rate}, "\n".join(lines), as_json=as_json)

    run_in_house(load_settings(data), tell)


def show_plan(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Say what the rules would let leave the edge now; nothing is changed."""

    async def tell(house: House) -> None:
        told = describe(await house.vaults.retaining.plan())
        answer(told, _told(told), as_json=as_json)

    run_in_house(load_settings(data), tell)


def purge(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Let go what was deleted and waits for the end of its minimum; it is billed all the same."""

    async def hurry(house: House) -> None:
        found = await house.estate.closing.purge(SYSTEM)
        facts = {"objects": found.objects, "size_bytes": found.size_bytes}
        text = f"{found.objects} objects, {_gb(found.size_bytes)}: workers remove them now."
        answer(facts, text, as_json=as_json)

    run_in_house(load_settings(data), hurry)


def evict(
    asset: Annotated[
        str | None, typer.Argument(help="One asset; without it, what the plan names.")
    ] = None,
    *,
    quality: QualityOption = None,
    yes_to: Annotated[
        int | None,
        typer.Option(help="Carry out a plan that waits for you, of up to so many objects."),
    ] = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Let objects leave the edge; a worker deletes them after 16 minutes without a read."""

    async def do(house: House) -> None:
        if asset is not None:
            marked = (await house.vaults.by_hand.evict(SYSTEM, asset, quality)).objects
        else:
            marked = await house.vaults.retaining.carry_out(yes_to)
        text = f"{marked} objects leave the edge, unless somebody reads them."
        if marked == 0:
            text = "Nothing leaves the edge. `rushes tiers plan` tells what would, and what waits."
        answer({"objects": marked}, text, as_json=as_json)

    run_in_house(load_settings(data), do)


def recall(
    asset: str,
    *,
    quality: QualityOption = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Bring an asset's qualities to the edge; a worker does it."""

    async def do(house: House) -> None:
        wishes = await house.vaults.by_hand.recall(SYSTEM, asset, quality)
        facts = {"objects": len(wishes), "size_bytes": sum(wish.size_bytes for wish in wishes)}
        answer(facts, f"{len(wishes)} objects come to the edge.", as_json=as_json)

    run_in_house(load_settings(data), do)


def pin(
    asset: str,
    *,
    until: Annotated[
        datetime | None, typer.Option(help="Until then (UTC); by default for ever.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Let the rules decide again.")] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Keep an asset's qualities on the edge, whatever the rules say."""
    end = None if until is None else until.replace(tzinfo=UTC)

    async def do(house: House) -> None:
        count = await house.vaults.by_hand.pin(SYSTEM, asset, until=end, is_pinned=not off)
        words = "are left to the rules" if off else "stay on the edge"
        answer({"objects": count}, f"{count} objects {words}.", as_json=as_json)

    run_in_house(load_settings(data), do)


def _told(plan: Mapping[str, Any]) -> str:
    share = f"{plan['objects']} of {plan['held_objects']} objects"
    worth = f"{_gb(plan['size_bytes'])}, ${plan['saving']:.2f} a month"
    lines = [f"{share} would leave the edge: {worth}"]
    lines += [
        f"  {reason}: {tally['objects']} objects, {_gb(tally['size_bytes'])}"
        for reason, tally in plan["reasons"].items()
    ]
    lines += [f"  stays, {why}: {count}" for why, count in plan["kept"].items()]
    if plan["doubts"]:
        lines.append(
            f"It waits for you ({', '.join(plan['doubts'])}): "
            f"`rushes tiers evict --yes-to {plan['objects']}`"
        )
    return "\n".join(lines)


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / GB:.1f} GB"
