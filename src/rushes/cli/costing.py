"""`rushes tiers cost`: what tiers and projects hold and cost, what moved, and what is to come."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.http.ledger import LedgerAnswer, describe_ledger, parse_month

GB: Final = 10**9
SHOWN_PROJECTS: Final = 20


def show_cost(
    *,
    month: Annotated[
        str | None, typer.Option(help="A month, 2026-11; by default this one.")
    ] = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what tiers and projects cost, what that saves, what moved, and what is to come."""
    try:
        wanted = parse_month(month)
    except ValueError:
        raise typer.BadParameter("A month is written like 2026-11.") from None

    async def tell(house: House) -> None:
        books = house.vaults.upkeep.books
        await books.account()
        told = describe_ledger(await books.tell(wanted), books.places)
        answer(told.model_dump(mode="json"), "\n".join(format_ledger(told)), as_json=as_json)

    run_in_house(load_settings(data), tell)


def format_ledger(told: LedgerAnswer) -> list[str]:
    """Return the ledger as lines for people."""
    head = f"{told.month}{'store':>14}{'GB now':>12}{'storage':>10}{'requests':>10}{'egress':>9}"
    lines = [f"{head}{'so far':>9}{'month':>9}"]
    lines += [
        f"{each.tier:<8}{each.store:>13}{_gb(each.size_bytes):>12}{each.storage:>10.2f}"
        f"{each.requests:>10.2f}{each.egress:>9.2f}{each.total:>9.2f}{each.month:>9.2f}"
        for each in told.tiers
    ]
    rate = "nothing was read" if told.hit_rate is None else f"{told.hit_rate:.1%} of the reads"
    lines += ["", f"The edge answered: {rate}"]
    lines.append(
        f"All on the edge: ${told.all_on_edge:.2f} so far; saved by keeping less: "
        f"${told.saving:.2f}"
    )
    lines += ["", "Projects, in dollars so far and GB:"]
    lines += [
        f"  {each.name or each.project_id or '(none)':<32}{each.total:>9.2f}  "
        + ", ".join(f"{tier} {_gb(held)}" for tier, held in each.size_bytes.items())
        for each in told.projects[:SHOWN_PROJECTS]
    ]
    lines += ["", "Movements by month, in GB:"]
    lines += [
        f"  {each.month} {each.tier:<8} in {_gb(each.came_bytes):>10} ({each.came})"
        f"   out {_gb(each.gone_bytes):>10} ({each.gone})"
        for each in told.movements
    ]
    lines += ["", "If the last 30 days go on:"]
    lines += [
        f"  {each.tier:<8} in {each.days} days {_gb(each.size_bytes):>10} GB,"
        f" ${each.cost_per_month:.2f} a month"
        for each in told.forecast
    ]
    return [*lines, "", *_prices(told)]


def _prices(told: LedgerAnswer) -> list[str]:
    lines = ["Prices, in dollars (storage a GB and month, egress a GB):"]
    for each in told.prices:
        whence = "costs nothing here" if each.provider is None else _source(each.source)
        dated = f", as of {each.as_of}" if each.as_of else ""
        own = ", by your settings" if each.is_own else ""
        lines.append(
            f"  {each.tier:<8} {each.storage} storage, {each.egress} egress: {whence}{dated}{own}"
        )
    return lines


def _source(source: str | None) -> str:
    return source or "no source is named"


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / GB:,.2f}"
