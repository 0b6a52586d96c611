"""Commands for buckets: `rushes stores cors`, so that browsers may send to one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

import typer

from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.errors import Kind, RushesError
from rushes.sections import StoreSettings
from rushes.settings import Settings
from rushes.stores.cors import Rule, make_rule
from rushes.stores.s3 import open_s3
from rushes.stores.s3_cors import allow_pages

stores = typer.Typer(no_args_is_help=True, help="Buckets that files are kept in.")


class StoreUnknown(RushesError):
    """The settings know no bucket of this name."""

    code = "cli.store_unknown"
    kind = Kind.MISSING


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(stores, name="stores")


@stores.callback()
def choose() -> None:
    """Keep `cors` a word of its own, though it is the only one."""


@stores.command("cors")
def cors(
    name: str,
    *,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="An origin whose pages may send; by default those of your settings."),
    ] = None,
    only_show: Annotated[
        bool, typer.Option("--show", help="Print the rule, and change nothing.")
    ] = False,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Let browsers send to the bucket NAME: put our CORS rule there, beside those of others."""
    settings = load_settings(data)
    rule = make_rule(origin or find_origins(settings))
    if only_show:
        typer.echo(json.dumps([rule], indent=2))
        return
    held = asyncio.run(_allow(name, _find_bucket(settings, name), rule))
    origins = ", ".join(rule["AllowedOrigins"])
    told = f"Pages of {origins} may send to {name}. It now has {len(held)} CORS rule(s)."
    answer(list(held), told, as_json=as_json)


def find_origins(settings: Settings) -> tuple[str, ...]:
    """Return whose pages may send: ours, and those that may use the API or upload links."""
    public = urlsplit(settings.public_url)
    http = settings.http
    return (f"{public.scheme}://{public.netloc}", *http.cors_origins, *http.link_origins)


def _find_bucket(settings: Settings, name: str) -> StoreSettings:
    buckets = {key: one for key, one in settings.stores.items() if one.kind == "s3"}
    if name not in buckets:
        known = ", ".join(buckets) or "none"
        raise StoreUnknown(f"There is no bucket {name} in the settings. Known: {known}.")
    return buckets[name]


async def _allow(name: str, bucket: StoreSettings, rule: Rule) -> Sequence[Rule]:
    async with await open_s3(name, bucket) as store:
        return await allow_pages(store, rule)
