"""Commands for whoever keeps the server: migrate, account, token.

They work on the data folder itself, also while the server runs.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from rushes import compose
from rushes.access.permit import Role, Scope
from rushes.access.tokens import TokenWish
from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.db import migrate as schema
from rushes.jobs import engine
from rushes.settings import Settings

T = TypeVar("T")

account = typer.Typer(no_args_is_help=True, help="Accounts of people.")
token = typer.Typer(no_args_is_help=True, help="Tokens of programs.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.command("migrate")(migrate)
    app.add_typer(account, name="account")
    app.add_typer(token, name="token")


def migrate(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Bring the database forward to this version."""
    settings = load_settings(data)
    before = schema.migrate(settings.rooms_url)
    engine.migrate(settings)
    answer({"before": before.value}, f"The database is current (it was {before}).", as_json=as_json)


@account.command("create")
def create_account(
    email: str,
    *,
    role: Annotated[
        Role | None, typer.Option(help="By default editor; the first account rules.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an account; the password is asked for, and never an argument."""
    password = _read_password(from_stdin=password_stdin)

    async def create(house: House) -> None:
        made = await house.accounts.create_at_console(email, password, role)
        facts = {"id": made.id, "email": made.email, "role": made.role.value}
        answer(facts, f"{made.email} is {made.role}.", as_json=as_json)

    run_in_house(load_settings(data), create)


@account.command("lock")
def lock_account(
    email: str,
    *,
    stays_on: Annotated[
        bool, typer.Option("--stays-on", help="Let it log in anew, with the same password.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """End every session, token, upload link and share of an account at once."""

    async def lock(house: House) -> None:
        ended = await house.door.lockdown.lock_at_console(email, stays_on=stays_on)
        words = (
            f"Ended: {ended.sessions} sessions, {len(ended.tokens)} tokens, "
            f"{len(ended.links)} links, {len(ended.shares)} shares. "
            f"{email} {'may log in anew' if stays_on else 'is off'}."
        )
        answer({"email": email, "is_active": stays_on} | asdict(ended), words, as_json=as_json)

    run_in_house(load_settings(data), lock)


@account.command("reset")
def reset_account(
    email: str,
    *,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the new password from standard input.")
    ] = False,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Take away the second factor and the lock only.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Let a locked-out account in: on, with a new password, without a second factor."""
    password = None if keep_password else _read_password(from_stdin=password_stdin)

    async def reset(house: House) -> None:
        made = await house.door.lockdown.reset_at_console(email, password)
        facts = {"id": made.id, "email": made.email, "is_active": True}
        words = f"{made.email} may log in again; its sessions and its second factor are gone."
        answer(facts, words, as_json=as_json)

    run_in_house(load_settings(data), reset)


@token.command("create")
def create_token(
    name: str,
    *,
    scope: Annotated[str, typer.Option(help="What it may do: read,write,...")] = "read",
    email: Annotated[
        str | None, typer.Option("--account", help="Whose it is; by default the first admin's.")
    ] = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token; it is shown this once."""
    wish = TokenWish(name, _parse_scopes(scope))

    async def create(house: House) -> None:
        made, secret = await house.tokens.create_at_console(email, wish)
        answer({"id": made.id, "token": secret}, secret, as_json=as_json)

    run_in_house(load_settings(data), create)


def run_in_house(settings: Settings, deed: Callable[[House], Awaitable[T]]) -> T:
    """Do something in a house that is opened for it; an embedded database is brought forward.

    Raises:
        SchemaTooOld: the PostgreSQL database waits for `rushes migrate`.
    """

    async def run() -> T:
        async with compose.open_house(settings) as house:
            return await deed(house)

    if settings.is_embedded:
        schema.migrate(settings.rooms_url)
    else:
        schema.require_current(settings.rooms_url)
    return asyncio.run(run())


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _parse_scopes(text: str) -> frozenset[Scope]:
    try:
        return frozenset(Scope(word.strip()) for word in text.split(","))
    except ValueError:
        known = ", ".join(Scope)
        raise typer.BadParameter(f"Scopes are {known}, joined by commas.") from None
