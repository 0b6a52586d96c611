"""The pages of what people and programs call: the routes of HTTP and the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

from rushes.cli.main import build_app
from rushes.http.openapi import REFUSALS

ORDER: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def read_openapi() -> dict[str, Any]:
    """Return the OpenAPI document, as `rushes openapi` prints it."""
    run = CliRunner().invoke(build_app(["openapi"]), ["openapi"], catch_exceptions=False)
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def make_http() -> Iterator[str]:
    """Yield the page of the routes, address by address."""
    yield "# HTTP"
    yield ""
    yield "Every address, method and answer; `rushes openapi` prints the same with all fields."
    yield "Errors are `application/problem+json` with the codes of [Errors](errors.md)."
    yield "Who may: the lowest role, and the scope that a token needs."
    yield "*Made from the code by `make reference`.*"
    routes = sorted(list_routes(read_openapi()))
    for group, members in groupby(routes, key=lambda route: _group(route[0])):
        yield from (
            "",
            f"## `{group}`",
            "",
            "| method | address | what it does | who may | answers |",
        )
        yield "|---|---|---|---|---|"
        for path, place, about, who, answers in members:
            yield f"| {ORDER[place]} | `{path}` | {about} | {who} | {answers} |"


def list_routes(document: dict[str, Any]) -> Iterator[tuple[str, int, str, str, str]]:
    """Yield address, place of the method in `ORDER`, first sentence, who may, and statuses."""
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            about = " ".join(route.get("description", "").partition("\n\n")[0].split())
            answers = sorted(set(route["responses"]) - set(REFUSALS))
            yield path, ORDER.index(method.upper()), about, _who(route), ", ".join(answers)


def _who(route: dict[str, Any]) -> str:
    """Return who may at least: the last rank of the first right, and the scope of a token."""
    if "x-rights" not in route:
        return "anyone"
    right = route["x-rights"][0]
    *_, least = [rank for rank in right["roles"] if rank != "link" or len(right["roles"]) == 1]
    return f"{least}, `{right['scope']}`" if least != "link" else least


def _group(path: str) -> str:
    parts = path.strip("/").split("/")
    return "/" + "/".join(parts[:3] if parts[0] == "api" else parts[:1])


def make_cli() -> Iterator[str]:
    """Yield the page of the commands, in the order of `rushes --help`."""
    yield "# Command line"
    yield ""
    yield "Errors go to standard error; the exit codes are those of [Errors](errors.md)."
    yield "*Made from the code by `make reference`.*"
    root = typer.main.get_command(build_app([]))
    for words, command in list_commands(root, ("rushes",)):
        context = typer.Context(command, info_name=words[-1])
        usage = " ".join([*words, *command.collect_usage_pieces(context)])
        yield from ("", f"## `{' '.join(words)}`", "", " ".join((command.help or "").split()))
        yield from ("", "```", usage, "```")
        shown = list(list_words(command))
        if shown:
            yield from ("", "| word | meaning |", "|---|---|")
            yield from (f"| {word} | {meaning} |" for word, meaning in shown)


def list_commands(
    command: object, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Yield every command that does something, with the words that call it."""
    if isinstance(command, TyperCommand):
        yield words, command
    elif isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from list_commands(child, (*words, name))


def list_words(command: TyperCommand) -> Iterator[tuple[str, str]]:
    """Yield each argument and option of a command, with its meaning."""
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        if isinstance(parameter, TyperOption):
            name = ", ".join(f"`{word}`" for word in parameter.opts)
        elif isinstance(parameter, TyperArgument):
            name = f"`{(parameter.metavar or parameter.name or '').upper()}`"
        else:
            continue
        yield name, " ".join((parameter.help or "").split())
