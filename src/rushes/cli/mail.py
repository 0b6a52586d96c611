"""Commands of mail: `rushes mail test`, to find out whether it arrives."""

from __future__ import annotations

import typer

from rushes.cli.admin import run_in_house
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House

mail = typer.Typer(no_args_is_help=True, help="Mail to admins and clients.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(mail, name="mail")


@mail.callback()
def choose() -> None:
    """Keep `test` a word of its own, though it is the only one."""


@mail.command("test")
def send_test(address: str, *, data: DataOption = None, as_json: AsJson = False) -> None:
    """Send a mail to ADDRESS now, and say what the mail server answers."""

    async def send(house: House) -> None:
        await house.outlets.postman.test(address)

    run_in_house(load_settings(data), send)
    answer({"sent_to": address}, f"The mail server took a mail to {address}.", as_json=as_json)
