"""Commands for the audit: `rushes audit verify` and `export`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated

import typer

from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.events.auditing import Auditing, Proof, parse_head
from rushes.events.chain import Head
from rushes.events.chain_records import Wanted
from rushes.settings import Settings

audit = typer.Typer(no_args_is_help=True, help="Who did what, and whether it was changed since.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(help="A head that was put away: it has to be in the chain still."),
    ] = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Compute the whole chain anew, and print its head; one changed row is found."""
    settings, known = load_settings(data), None if head is None else parse_head(head)
    proof = asyncio.run(_verify(settings, known))
    told = f"{proof.links} links hold. Put the head away elsewhere:\n{proof.head}"
    answer(asdict(proof), told, as_json=as_json)


@audit.command("export")
def export(
    *,
    to: Annotated[Path | None, typer.Option(help="A new file; by default the output.")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="One type, or a family: `asset.`")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write the audit as JSON lines, newest first."""
    settings, wanted = load_settings(data), Wanted(type=type_)
    if to is None:
        asyncio.run(_export(settings, wanted, sys.stdout))
        return
    with to.open("x") as file:
        asyncio.run(_export(settings, wanted, file))


async def _verify(settings: Settings, known: Head | None) -> Proof:
    database = open_database(settings.rooms_url)
    try:
        return await Auditing(database, SYSTEM).verify(known)
    finally:
        await database.close()


async def _export(settings: Settings, wanted: Wanted, file: IO[str]) -> None:
    database = open_database(settings.rooms_url)
    try:
        async for line in Auditing(database, SYSTEM).export(wanted):
            file.write(line)
    finally:
        await database.close()
