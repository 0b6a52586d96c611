"""`rushes renditions`: make anew what an older recipe or another encoder made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House

renditions = typer.Typer(no_args_is_help=True, help="What is made of originals.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(renditions, name="renditions")


@renditions.callback()
def _nothing() -> None:
    """What is made of originals."""


@renditions.command("remake")
def remake(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost, and start nothing.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make anew what an older recipe or another encoder made, behind all other work."""

    async def roll_out(house: House) -> None:
        found = await house.remaking.survey()
        order = None if dry_run else await house.remaking.roll_out(SYSTEM.id)
        hours = found.core_seconds / 3600
        words = (
            f"{found.renditions} qualities of {found.contents} files: about {hours:.1f} hours of "
            f"one core. {found.busy} files are being made just now and are left alone."
        )
        told = "Nothing was started." if dry_run else "A worker begins; see the jobs."
        answer(asdict(found) | {"order": order}, f"{words} {told}", as_json=as_json)

    run_in_house(load_settings(data), roll_out)
