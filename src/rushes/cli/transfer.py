"""Commands about what a server has, through the SDK: get, ls."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rushes.cli.places import OfflineOption, ParallelOption, TokenOption, UrlOption, open_client
from rushes.cli.showing import Showing
from rushes.cli.voice import AsJson, answer, interruptible
from rushes.client import Asset, Rushes
from rushes.client.pace import MOST

GO_ON = "The same command goes on where it stopped."


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.command("get")(get)
    app.command("ls")(ls)


def get(
    asset_id: str,
    *,
    quality: Annotated[str, typer.Option(help="original, or a quality such as 720p.")] = "original",
    to: Annotated[Path, typer.Option(help="A folder, or the file to write.")] = Path(),
    parallel: ParallelOption = MOST,
    offline: OfflineOption = 60.0,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Fetch an original or one of its qualities; what was broken off goes on where it stopped."""
    client = open_client(url, token, parallel=parallel, offline_seconds=offline)
    showing = Showing(as_json=as_json)
    with interruptible(GO_ON, as_json=as_json), client as rushes, showing as shown:
        tell = partial(shown.move, Path(asset_id))
        file = rushes.download(asset_id, to, quality=quality, on_progress=tell)
    facts = {"file": str(file), "size_bytes": file.stat().st_size}
    answer(facts, str(file), as_json=as_json)


def ls(
    search: Annotated[str | None, typer.Argument(help="Words of the name.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="The most assets to list.")] = 100,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """List assets, newest first."""
    with open_client(url, token) as rushes:
        found = _first(rushes, search, limit)
    lines = [
        f"{asset.id}  {asset.state:8}  {asset.kind:8}  {asset.size_bytes:>14,}  {asset.file_name}"
        for asset in found
    ]
    answer([dict(asset.raw) for asset in found], "\n".join(lines), as_json=as_json)


def _first(rushes: Rushes, search: str | None, limit: int) -> list[Asset]:
    found = []
    for asset in rushes.assets(search, limit=min(limit, 500)):
        found.append(asset)
        if len(found) == limit:
            break
    return found
