"""The command that makes a folder the tree of the editing tier, and what doctor says of it."""

from __future__ import annotations

from rushes.cli.admin import run_in_house
from rushes.cli.finding import Finding
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.errors import Kind, RushesError
from rushes.settings import Settings
from rushes.tiers import editing_records
from rushes.tiers.editing_tree import open_tree, prepare_tree


class EditingOff(RushesError):
    """There is no folder for editors."""

    code = "editing.off"
    kind = Kind.INVALID


def prepare(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Make the folder of the editing tier ours: its mount must be there."""
    settings = load_settings(data)
    path = settings.tiers.editing.path
    if path is None:
        raise EditingOff("There is no folder for editors. Set `path` in `[tiers.editing]` first.")
    tree_id = prepare_tree(path)

    async def keep(house: House) -> None:
        async with house.database.transaction() as connection:
            await editing_records.record_tree(connection, tree_id)

    run_in_house(settings, keep)
    facts = {"path": str(path), "tree_id": tree_id}
    answer(facts, f"{path} is ours. Workers bring the files.", as_json=as_json)


def examine_editing(settings: Settings) -> Finding:
    """Say whether the tree of the editing tier is there, as far as this machine sees."""
    path = settings.tiers.editing.path
    if path is None:
        return Finding("editing", is_well=True, found="off")
    open_tree(path, None).close()
    return Finding("editing", is_well=True, found=f"{path} is there")
