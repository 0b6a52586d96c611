"""The command `rushes import`: takes in what others put into the archive's store.

It works on the data folder itself, also while the server runs, and as its owner.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.tiers.adopt import Order, Survey
from rushes.tiers.layout import BY_FOLDERS, parse_layout

SHOWN: Final = 20
"""Keys that are told one by one; `--json` tells all."""


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("import")(import_objects)


def import_objects(
    *,
    prefix: Annotated[str, typer.Option(help="Only keys that begin so.")] = "",
    project: Annotated[
        str | None, typer.Option(help="Where all of it goes: client/project.")
    ] = None,
    layout: Annotated[
        str, typer.Option(help="Which folders of a key name client and project.")
    ] = BY_FOLDERS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come.")] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Take in what others put into the archive's bucket or folder; nothing is moved or copied."""
    order = Order(prefix, project, parse_layout(layout), dry_run=dry_run)

    async def take(house: House) -> None:
        whole = await house.estate.adopting.take_all(SYSTEM, order)
        answer(_facts(whole), _text(whole, dry_run=dry_run), as_json=as_json)

    run_in_house(load_settings(data), take)


def _facts(survey: Survey) -> dict[str, object]:
    return {
        "new": {"objects": survey.new, "size_bytes": survey.new_bytes},
        "kinds": {
            kind: {"objects": objects, "size_bytes": size_bytes}
            for kind, (objects, size_bytes) in survey.kinds.items()
        },
        "known": survey.known,
        "own": survey.own,
        "changed": survey.changed,
        "gone": survey.gone,
        "refused": [{"key": key, "code": code} for key, code in survey.refused],
    }


def _text(survey: Survey, *, dry_run: bool) -> str:
    what = "would be taken in" if dry_run else "are taken in; workers read them now"
    lines = [f"{survey.new} objects, {survey.new_bytes} bytes, {what}."]
    lines += [
        f"  {kind or 'no extension'}: {objects} objects, {size_bytes} bytes"
        for kind, (objects, size_bytes) in sorted(survey.kinds.items())
    ]
    lines.append(f"{survey.known} were taken in before, {survey.own} are Rushes' own.")
    told = [f"  changed since, left as it was: {key}" for key in survey.changed]
    told += [f"  gone, and needed: {key}" for key in survey.gone]
    told += [f"  not taken in ({code}): {key}" for key, code in survey.refused]
    lines += told[:SHOWN]
    if len(told) > SHOWN:
        lines.append(f"  and {len(told) - SHOWN} more; --json tells all.")
    return "\n".join(lines)
