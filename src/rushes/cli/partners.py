"""`rushes partners`: hand assets to services elsewhere, see how far they are, take them back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.partners.arranging import Arranging
from rushes.partners.copy import PartnerCopy
from rushes.partners.links import links_of

partners = typer.Typer(no_args_is_help=True, help="Assets at services elsewhere.")

AssetId = Annotated[str, typer.Argument(metavar="ASSET", help="The asset's id, `ast_...`.")]
Name = Annotated[
    str, typer.Argument(metavar="PARTNER", help="`mux`, `stream` or `frameio`, if it is on.")
]


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(partners, name="partners")


@partners.command("ls")
def list_copies(asset_id: AssetId, *, data: DataOption = None, as_json: AsJson = False) -> None:
    """List where else an asset is, and how it is watched there."""

    async def tell(house: House) -> None:
        arranging = _arranging(house)
        copies, available = await arranging.list_copies(SYSTEM, asset_id)
        told = [_facts(house, copy) for copy in copies]
        lines = [
            line for copy, facts in zip(copies, told, strict=True) for line in _say(copy, facts)
        ]
        free = ", ".join(each.value for each in available) or "none is on that takes it"
        words = "\n".join([*lines, f"It may be handed to: {free}."])
        answer({"items": told, "available": [*available]}, words, as_json=as_json)

    run_in_house(load_settings(data), tell)


@partners.command("hand")
def hand_over(
    asset_id: AssetId, partner: Name, *, data: DataOption = None, as_json: AsJson = False
) -> None:
    """Hand an asset to a partner; a worker sends it."""

    async def ask(house: House) -> None:
        copy = await _arranging(house).hand_over(SYSTEM, asset_id, partner)
        answer(_facts(house, copy), "\n".join(_say(copy, {})), as_json=as_json)

    run_in_house(load_settings(data), ask)


@partners.command("withdraw")
def withdraw(
    asset_id: AssetId, partner: Name, *, data: DataOption = None, as_json: AsJson = False
) -> None:
    """Have a partner delete what it has of an asset; what is here stays."""

    async def ask(house: House) -> None:
        copy = await _arranging(house).withdraw(SYSTEM, asset_id, partner)
        answer(_facts(house, copy), "\n".join(_say(copy, {})), as_json=as_json)

    run_in_house(load_settings(data), ask)


def _arranging(house: House) -> Arranging:
    return Arranging(house.database, house.clock, house.settings.partners)


def _facts(house: House, copy: PartnerCopy) -> dict[str, Any]:
    settings, life = house.settings.partners, house.settings.delivery.playback_life
    return {
        "partner": copy.partner.value,
        "state": copy.state.value,
        "sent_bytes": copy.sent_bytes,
        "size_bytes": copy.size_bytes,
        "error": copy.error_detail,
        "links": links_of(settings, copy, house.clock.now(), life),
    }


def _say(copy: PartnerCopy, facts: dict[str, Any]) -> list[str]:
    share = f", {copy.sent_bytes} of {copy.size_bytes} bytes" if copy.state == "sending" else ""
    lines = [f"{copy.partner.value}: {copy.state.value}{share}"]
    lines += [f"  {copy.error_detail}"] if copy.error_detail else []
    return lines + [f"  {name}: {url}" for name, url in facts.get("links", {}).items()]
