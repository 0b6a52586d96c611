"""The commands `rushes projects`: one goes for good, after its cost was told, or gets a colour.

They work on the data folder itself, also while the server runs, and as its owner; workers remove
the bytes of what was deleted.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rushes.access.permit import SYSTEM, unknown_project
from rushes.access.project import parse_place
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.ids import Prefix, is_id
from rushes.media.color import AUTO
from rushes.tiers.placement import Tier
from rushes.tiers.removal import Early, Removal

projects = typer.Typer(no_args_is_help=True, help="Projects of clients.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(projects, name="projects")


@projects.command("delete")
def delete_project(
    project: Annotated[str, typer.Argument(help="client/project, or its id.")],
    *,
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Also what its store bills until a minimum duration ends."),
    ] = False,
    yes_to: Annotated[
        int | None, typer.Option(help="Do not ask: yes, if so many assets go.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Delete a project with its assets, links and shares; what goes and costs is told first."""

    async def delete(house: House) -> None:
        project_id = await _find(house, project)
        closing = house.estate.closing
        found = await closing.survey_project(SYSTEM, project_id)
        told = _tell(found, purge=purge)
        if dry_run:
            answer(_facts(found), told, as_json=as_json)
            return
        count = found.assets.objects
        if yes_to is None:
            typer.echo(told, err=True)
            typer.confirm(f"Delete {project} and these {count} assets?", abort=True, err=True)
        agreed = count if yes_to is None else yes_to
        found = await closing.delete_project(SYSTEM, project_id, assets=agreed, purge=purge)
        answer(_facts(found), f"{project} is deleted; workers remove its bytes.", as_json=as_json)

    run_in_house(load_settings(data), delete)


@projects.command("color")
def color_project(
    project: Annotated[str, typer.Argument(help="client/project, or its id.")],
    color: Annotated[
        str, typer.Argument(help="auto, rec709, pq, hlg, or log: and the name of a LUT.")
    ],
    *,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what films to come are taken for, where their file says nothing of their colour."""

    async def choose(house: House) -> None:
        changed = await house.projects.change(SYSTEM, await _find(house, project), color=color)
        told = f"Films to come into {changed.path} are shown as {changed.color or AUTO}."
        answer({"project": changed.path, "color": changed.color}, told, as_json=as_json)

    run_in_house(load_settings(data), choose)


async def _find(house: House, text: str) -> str:
    if is_id(Prefix.PROJECT, text):
        return text
    async with house.database.reading() as connection:
        found = await house.projects.places.find(connection, *parse_place(text))
    if found is None:
        raise unknown_project()
    return found.id


def _facts(found: Removal) -> dict[str, object]:
    return {
        "assets": found.assets.objects,
        "size_bytes": found.assets.size_bytes,
        "tiers": {
            tier.value: {"objects": pile.objects, "size_bytes": pile.size_bytes}
            for tier, pile in found.tiers.items()
        },
        "shared": found.shared.objects,
        "imported": found.imported.objects,
        "early": [
            {
                "tier": each.tier.value,
                "objects": each.objects,
                "size_bytes": each.size_bytes,
                "min_days": each.min_days,
                "cost": float(round(each.cost, 4)),
                "until": each.until.isoformat(),
            }
            for each in found.early
        ],
    }


def _tell(found: Removal, *, purge: bool) -> str:
    lines = [f"{found.assets.objects} assets, {found.assets.size_bytes} bytes of originals, go:"]
    lines += [
        f"  {tier.value}: {pile.objects} objects, {pile.size_bytes} bytes"
        for tier, pile in sorted(found.tiers.items())
    ]
    if found.shared.objects:
        lines.append(f"  {found.shared.objects} originals stay: other assets have the same.")
    if found.imported.objects:
        lines.append(f"  {found.imported.objects} imported objects stay where they lie.")
    lines += [_tell_early(each, purge=purge) for each in found.early]
    return "\n".join(lines)


def _tell_early(early: Early, *, purge: bool) -> str:
    stays = early.tier is Tier.ARCHIVE and not purge
    what = f"They stay until {early.until:%Y-%m-%d}." if stays else "They go now all the same."
    return (
        f"  {early.objects} objects of the {early.tier.value} have not been there for "
        f"{early.min_days} days: ${early.cost:.2f} is billed for them either way. {what}"
    )
