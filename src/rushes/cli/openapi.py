"""`rushes openapi`: the document of the API, as the server gives it at /openapi.json."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import typer

from rushes.cli.admin import run_in_house
from rushes.cli.voice import AsJson
from rushes.compose import House
from rushes.http.app import build_app
from rushes.settings import Settings


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("openapi")(openapi)


def openapi(*, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON in any case
    """Print the OpenAPI document of the API."""

    async def describe(house: House) -> dict[str, object]:
        return build_app(house, trouble=lambda: None).openapi()

    with tempfile.TemporaryDirectory() as folder:
        document = run_in_house(Settings(data=Path(folder), database_url=None), describe)
    typer.echo(json.dumps(document, indent=1))
