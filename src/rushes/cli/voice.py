"""How a command answers: text for people, JSON for programs, errors on standard error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from rushes.client import ClientFailure, FileChanged, Refused, Unreachable, WrongDigest
from rushes.errors import Kind, RushesError

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

EXIT_CODES: Final[Mapping[Kind, int]] = {
    Kind.BROKEN: 1,
    Kind.INVALID: 2,
    Kind.UNUSABLE: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 3,
    Kind.MISSING: 4,
    Kind.GONE: 4,
    Kind.CONFLICT: 5,
    Kind.STALE: 5,
    Kind.TOO_LARGE: 6,
    Kind.UNSUPPORTED: 6,
    Kind.LOCKED: 7,
    Kind.UNAVAILABLE: 8,
    Kind.FULL: 8,
    Kind.LIMITED: 9,
}

_BY_STATUS: Final[Mapping[int, int]] = {
    400: 2,
    401: 3,
    403: 3,
    404: 4,
    409: 5,
    410: 4,
    412: 5,
    413: 6,
    415: 6,
    422: 2,
    423: 7,
    429: 9,
    503: 8,
    507: 8,
}


INTERRUPTED: Final = 130
"""As shells say that a command was ended by Ctrl-C."""


def answer(facts: object, text: str, *, as_json: bool) -> None:
    """Print the answer of a command."""
    typer.echo(json.dumps(facts, default=str) if as_json else text)


def complain(code: str, text: str, *, as_json: bool) -> None:
    """Print an error."""
    said = json.dumps({"code": code, "detail": text}) if as_json else text
    typer.echo(said, err=True)


@contextmanager
def interruptible(how_to_go_on: str, *, as_json: bool) -> Iterator[None]:
    """Let Ctrl-C end a command with a sentence that says how to go on, and the code 130."""
    try:
        yield
    except KeyboardInterrupt:
        complain("cli.interrupted", f"Stopped. {how_to_go_on}", as_json=as_json)
        raise typer.Exit(INTERRUPTED) from None


def exit_code(failure: RushesError | ClientFailure) -> int:
    """Return the exit code that tells what sort of trouble it was."""
    if isinstance(failure, RushesError):
        return EXIT_CODES[failure.kind]
    if isinstance(failure, Refused):
        return _BY_STATUS.get(failure.status, 1)
    if isinstance(failure, WrongDigest):
        return EXIT_CODES[Kind.UNUSABLE]
    if isinstance(failure, FileChanged):
        return EXIT_CODES[Kind.CONFLICT]
    return EXIT_CODES[Kind.UNAVAILABLE] if isinstance(failure, Unreachable) else 1
