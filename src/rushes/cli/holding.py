"""`rushes scans`: what virus scans keep out, seen, looked through again, or let in."""

from __future__ import annotations

from typing import Annotated

import typer

from rushes.access.permit import SYSTEM
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.library.releasing import Held, Releasing

SHOWN = 500

scans = typer.Typer(no_args_is_help=True, help="Files that a virus scan keeps out.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(scans, name="scans")


@scans.command("list")
def list_held(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """List what is kept out, newest first."""

    async def show(house: House) -> None:
        found = await _open(house).list_held(SYSTEM, None, SHOWN)
        words = "\n".join(map(_line, found)) or "Nothing is kept out."
        answer([_facts(one) for one in found], words, as_json=as_json)

    run_in_house(load_settings(data), show)


@scans.command("again")
def scan_again(upload_id: str, *, data: DataOption = None, as_json: AsJson = False) -> None:
    """Have an upload looked through again; workers do it."""

    async def ask(house: House) -> None:
        await _open(house).scan_again(SYSTEM, upload_id)

    run_in_house(load_settings(data), ask)
    answer({"upload_id": upload_id}, f"{upload_id} is looked through again.", as_json=as_json)


@scans.command("release")
def release(
    upload_id: str,
    *,
    reason: Annotated[str, typer.Option(help="Why; the audit keeps it.")],
    infected: Annotated[
        bool, typer.Option("--infected", help="Also if something was found in it.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Let an upload in as it is; it is called not scanned."""

    async def let_in(house: House) -> None:
        await _open(house).release(SYSTEM, upload_id, reason, infected=infected)

    run_in_house(load_settings(data), let_in)
    answer({"upload_id": upload_id}, f"{upload_id} comes in, as not scanned.", as_json=as_json)


def _open(house: House) -> Releasing:
    return Releasing(house.database, house.clock, house.settings.scan)


def _facts(held: Held) -> dict[str, object]:
    verdict = held.scanned.verdict
    return {
        "upload_id": held.upload.id,
        "file_name": held.upload.file_name,
        "size_bytes": held.upload.offset,
        "scan": verdict.scan.value,
        "why": None if verdict.why is None else verdict.why.value,
        "found": list(verdict.found),
        "removed": held.scanned.removed_at is not None,
    }


def _line(held: Held) -> str:
    verdict, gone = held.scanned.verdict, held.scanned.removed_at is not None
    said = ", ".join(verdict.found) or verdict.why or ""
    end = "  (deleted)" if gone else ""
    return f"{held.upload.id}  {verdict.scan:11} {said}  {held.upload.file_name}{end}"
