"""`rushes demo`: a filled library on a folder of its own, to look at and to play with.

The folder is kept; what is missing in it is made and sent through the API like anybody's files.
Each start gives the demo's admin a new password.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from rushes.access.account import Account
from rushes.access.accounts import AccountChange
from rushes.access.permit import SYSTEM, Role, Scope
from rushes.access.tokens import TokenWish
from rushes.cli import logs
from rushes.cli.footage import make_footage
from rushes.cli.places import load_settings
from rushes.cli.serve import INTERRUPTED, run_server
from rushes.cli.voice import AsJson, answer
from rushes.client import ClientFailure, Rushes
from rushes.compose import House
from rushes.errors import RushesError

FOLDER: Final = Path("rushes-demo")
EMAIL: Final = "demo@example.com"
PROJECT: Final = "demo-studio/harbour-film"

log = logging.getLogger(__name__)


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("demo")(demo)


def demo(
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Empty the demo's folder first.")] = False,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a server with a small filled library in ./rushes-demo."""
    if fresh and FOLDER.exists():
        shutil.rmtree(FOLDER)
    settings = load_settings(FOLDER, host=host, port=port)
    logs.set_up("warning")
    filling: set[asyncio.Task[None]] = set()

    async def begin(address: str, house: House) -> None:
        password = secrets.token_urlsafe(12)
        await _open_account(house, password)
        facts = {"ready": True, "url": address, "email": EMAIL, "password": password}
        text = f"Rushes is ready at {address}\nLog in as {EMAIL} with the password {password}"
        answer(facts, text, as_json=as_json)
        filling.add(asyncio.create_task(_fill(address, house)))

    if asyncio.run(run_server(settings, begin)):
        raise typer.Exit(INTERRUPTED)


async def _open_account(house: House, password: str) -> Account:
    """Make the demo's admin, or give them a new password."""
    for account in await house.accounts.list(SYSTEM, None, 100):
        if account.email == EMAIL:
            return await house.accounts.change(SYSTEM, account.id, AccountChange(password=password))
    return await house.accounts.create_at_console(EMAIL, password, Role.SUPERADMIN)


async def _fill(address: str, house: House) -> None:
    """Send what the library lacks, through the API."""
    wish = TokenWish("demo", frozenset({Scope.READ, Scope.WRITE}))
    token, secret = await house.tokens.create_at_console(EMAIL, wish)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Rushes(address, secret, state=Path(folder) / "uploads.json") as rushes,
        ):
            known = await asyncio.to_thread(lambda: {one.file_name for one in rushes.assets()})
            async for file in make_footage(Path(folder), known):
                await asyncio.to_thread(rushes.send, file, project=PROJECT)
    except (RushesError, ClientFailure) as failure:
        log.warning("The demo could not be filled: %s", failure)
    finally:
        await house.tokens.revoke(SYSTEM, token.id)
