"""Options that many commands share: where the data lies, where the server is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rushes.client import Rushes
from rushes.client.pace import MOST
from rushes.errors import Kind, RushesError
from rushes.settings import Settings

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder; by default RUSHES_DATA, else ./rushes-data."),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="The server; by default RUSHES_URL.", envvar="RUSHES_URL"),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token",
        help="An API token; better in the variable RUSHES_TOKEN.",
        envvar="RUSHES_TOKEN",
        show_envvar=False,
    ),
]

ParallelOption = Annotated[
    int, typer.Option(min=1, max=25, help="The most parts of one file on their way at once.")
]
OfflineOption = Annotated[
    float,
    typer.Option(
        "--offline", min=0, help="For how many seconds a server out of reach is waited for."
    ),
]

LOCAL = "http://127.0.0.1:8080"


class TokenMissing(RushesError):
    """A command that asks a server has no token to show."""

    code = "cli.token_missing"
    kind = Kind.UNAUTHENTICATED


def load_settings(data: Path | None, **chosen: object) -> Settings:
    """Read the settings; the data folder named here is also that of every child process."""
    if data is not None:
        os.environ["RUSHES_DATA"] = str(data)
    return Settings.load(**chosen)


def open_client(
    url: str | None,
    token: str | None,
    *,
    link: str | None = None,
    password: str | None = None,
    answers: Mapping[str, str] | None = None,
    parallel: int = MOST,
    offline_seconds: float = 0.0,
) -> Rushes:
    """Return the SDK for a server; see `client.session.Options`.

    Raises:
        TokenMissing: neither a token nor an upload link was given.
    """
    if link is not None:
        return Rushes(
            link=link,
            password=password,
            answers=answers or {},
            parallel=parallel,
            offline_seconds=offline_seconds,
        )
    if token is None:
        raise TokenMissing(
            "Which token? Make one with `rushes token create NAME --scope read,write`, "
            "and put it into RUSHES_TOKEN."
        )
    return Rushes(url or LOCAL, token, parallel=parallel, offline_seconds=offline_seconds)
