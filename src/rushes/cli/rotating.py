"""`rushes secrets`: the keys of this installation, and putting new ones in their place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rushes.access.rotating import KeyUse, Rotating
from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House

secrets = typer.Typer(no_args_is_help=True, help="Keys that seal and sign.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(secrets, name="secrets")


@secrets.command("list")
def list_keys(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """List keys, oldest first, and how many rows each of them closed."""

    async def show(house: House) -> None:
        uses = await _open(house).list_uses()
        facts = [asdict(use) | {"made_at": use.made_at.isoformat()} for use in uses]
        answer(facts, "\n".join(map(_line, uses)), as_json=as_json)

    run_in_house(load_settings(data), show)


@secrets.command("rotate")
def rotate(
    *,
    signing: Annotated[
        bool, typer.Option("--signing", help="The key of signed addresses and grants instead.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a new key, and seal by it all that is kept; also while the server runs."""

    async def seal(house: House) -> None:
        done = await _open(house).rotate()
        begun = "The new key" if done.is_new else "A rotation that was begun is done: the key"
        words = f"{begun} {done.key_id} closes all. {done.resealed} rows were sealed anew."
        if done.unreadable:
            words += f" {done.unreadable} rows open with no key at hand, and stay as they are."
        words += " The old key stays for a day; then `rushes secrets forget` deletes it."
        answer(asdict(done), words, as_json=as_json)

    async def sign(house: House) -> None:
        key_id = await _open(house).rotate_signing()
        words = (
            f"The new key {key_id} signs once servers and workers were started again. The old one "
            "is believed for eight days; then `rushes secrets forget` deletes it."
        )
        answer({"key_id": key_id}, words, as_json=as_json)

    run_in_house(load_settings(data), sign if signing else seal)


@secrets.command("forget")
def forget(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Delete keys that nothing needs any more."""

    async def delete(house: House) -> None:
        gone = await _open(house).forget()
        words = f"Deleted: {', '.join(gone)}." if gone else "Every key is still needed, or too new."
        answer({"forgotten": gone}, words, as_json=as_json)

    run_in_house(load_settings(data), delete)


def _open(house: House) -> Rotating:
    return Rotating(house.database, house.clock, house.settings.at("keys"))


def _line(use: KeyUse) -> str:
    closed = "" if use.rows is None else f", {use.rows} rows"
    newest = ", closes and signs now" if use.is_newest else ""
    return f"{use.ring:8} {use.id}  made {use.made_at:%Y-%m-%d %H:%M} UTC{closed}{newest}"
