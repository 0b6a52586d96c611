"""Commands that move files, through the SDK: upload, get, ls, link create."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.progress import TimeRemainingColumn as TimeLeft

from rushes.cli.places import TokenOption, UrlOption, open_client
from rushes.cli.voice import AsJson, answer
from rushes.client import Asset, Rushes

link = typer.Typer(no_args_is_help=True, help="Upload links for people without an account.")

PLAIN_SECONDS = 2.0
"""Between two lines of progress where there is no terminal."""


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.command("upload")(upload)
    app.command("get")(get)
    app.command("ls")(ls)
    app.add_typer(link, name="link")


def upload(
    paths: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    link_url: Annotated[
        str | None, typer.Option("--link", help="An upload link to send through.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="client/project; by default your inbox.")
    ] = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Send files; what was broken off goes on where it stopped."""
    with open_client(url, token, link=link_url) as rushes:
        for path in paths:
            with Shown(path.name, is_quiet=as_json) as shown:
                upload = rushes.send(path, project=project, on_progress=shown.tell)
            facts = {
                "id": upload.id,
                "asset_id": upload.asset_id,
                "file_name": upload.file_name,
                "size_bytes": upload.size_bytes,
                "digest": upload.digest,
                "state": upload.state,
            }
            answer(facts, f"{path.name}: {upload.asset_id or upload.id}", as_json=as_json)


def get(
    asset_id: str,
    *,
    quality: Annotated[str, typer.Option(help="original, or a quality such as 720p.")] = "original",
    to: Annotated[Path, typer.Option(help="A folder, or the file to write.")] = Path(),
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Fetch an original or one of its qualities."""
    with open_client(url, token) as rushes, Shown(asset_id, is_quiet=as_json) as shown:
        file = rushes.download(asset_id, to, quality=quality, on_progress=shown.tell)
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


@link.command("create")
def create_link(
    place: Annotated[str, typer.Argument(metavar="CLIENT/PROJECT")],
    *,
    title: Annotated[str, typer.Option(help="What senders see.")] = "",
    max_files: Annotated[int | None, typer.Option(help="The most files it takes.")] = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an upload link; client and project are made where they are new."""
    client, _, project = place.partition("/")
    if not client or not project:
        raise typer.BadParameter("Write it as CLIENT/PROJECT.")
    options = {"title": title} if max_files is None else {"title": title, "max_files": max_files}
    with open_client(url, token) as rushes:
        made = rushes.create_link(client, project, **options)
    answer(dict(made.raw), made.url, as_json=as_json)


class Shown:
    """Progress: a bar on a terminal, plain lines elsewhere, nothing beside JSON."""

    def __init__(self, name: str, *, is_quiet: bool) -> None:
        self._name, self._is_quiet = name, is_quiet
        self._bar: Progress | None = None
        self._said = 0.0

    def __enter__(self) -> Self:
        """Begin to show."""
        if not self._is_quiet and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            self._bar = Progress(*columns, TransferSpeedColumn(), TimeLeft())
            self._bar.start()
            self._bar.add_task(self._name, total=None)
        return self

    def __exit__(self, *_failure: object) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, whole: int) -> None:
        """Show bytes that are there, and bytes in all."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=whole)
        elif not self._is_quiet and (time.monotonic() - self._said > PLAIN_SECONDS):
            self._said = time.monotonic()
            typer.echo(f"{self._name}: {done:,} of {whole:,} bytes", err=True)


def _first(rushes: Rushes, search: str | None, limit: int) -> list[Asset]:
    found = []
    for asset in rushes.assets(search, limit=min(limit, 500)):
        found.append(asset)
        if len(found) == limit:
            break
    return found
