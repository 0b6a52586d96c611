"""Commands about upload links: made with all that one can choose of them, and as a QR code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import segno
import typer

from rushes.cli.places import TokenOption, UrlOption, open_client
from rushes.cli.voice import AsJson, answer
from rushes.client import Rushes

GIGABYTE: Final = 10**9
DEFAULT_DAYS: Final = -1

TypesOption = Annotated[
    list[str] | None,
    typer.Option("--type", help="An extension, media type or preset it takes; several."),
]
AskOption = Annotated[
    list[str] | None, typer.Option(help="A question that may be answered; several.")
]
RequireOption = Annotated[
    list[str] | None, typer.Option(help="A question that has to be answered; several.")
]
LogoOption = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="A PNG, JPEG or WebP picture, 256 KiB."),
]

link = typer.Typer(no_args_is_help=True, help="Upload links for people without an account.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(link, name="link")


@link.command("create")
def create_link(
    place: Annotated[str, typer.Argument(metavar="CLIENT/PROJECT")],
    *,
    title: Annotated[str, typer.Option(help="What senders see.")] = "",
    message: Annotated[str, typer.Option(help="What they read below it.")] = "",
    notes: Annotated[str, typer.Option(help="What only your people read.")] = "",
    days: Annotated[
        int, typer.Option(help="Days it is open; 0: for ever; by default as the server says.")
    ] = DEFAULT_DAYS,
    password: Annotated[str | None, typer.Option(help="What senders have to give.")] = None,
    max_files: Annotated[int | None, typer.Option(help="The most files it takes.")] = None,
    max_file_gb: Annotated[float | None, typer.Option(help="The largest file, in GB.")] = None,
    max_total_gb: Annotated[float | None, typer.Option(help="All files together, in GB.")] = None,
    types: TypesOption = None,
    ask: AskOption = None,
    require: RequireOption = None,
    client_mail: Annotated[
        str | None, typer.Option(help="Who is told by mail of what arrived.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Let senders watch what they sent, for a day.")
    ] = False,
    color: Annotated[str | None, typer.Option(help="Of the page's buttons, as #ffb020.")] = None,
    logo: LogoOption = None,
    qr: Annotated[bool, typer.Option("--qr", help="Show its address as a QR code too.")] = False,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an upload link; client and project are made where they are new."""
    client, _, project = place.partition("/")
    if not client or not project:
        raise typer.BadParameter("Write it as CLIENT/PROJECT.")
    chosen = {
        "title": title,
        "message": message,
        "notes": notes,
        "password": password,
        "max_files": max_files,
        "max_file_bytes": _bytes_of(max_file_gb),
        "max_total_bytes": _bytes_of(max_total_gb),
        "types": types,
        "fields": _ask(ask or [], is_required=False) + _ask(require or [], is_required=True),
        "client_email": client_mail,
        "preview": "own" if preview else None,
        "color": color,
    }
    options = {name: value for name, value in chosen.items() if value}
    with open_client(url, token) as rushes:
        made = rushes.create_link(client, project, **options, **_life(days), **_logo(rushes, logo))
    code = _draw(made.url) if qr and not as_json else ""
    answer(dict(made.raw), f"{made.url}{code}", as_json=as_json)


def _bytes_of(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * GIGABYTE)


def _ask(labels: list[str], *, is_required: bool) -> list[dict[str, Any]]:
    return [{"label": label, "required": is_required} for label in labels]


def _life(days: int) -> dict[str, str | None]:
    """Return when it ends; nothing where the server is to say."""
    if days == DEFAULT_DAYS:
        return {}
    ends = datetime.now(UTC) + timedelta(days=days)
    return {"expires_at": ends.isoformat() if days > 0 else None}


def _logo(rushes: Rushes, picture: Path | None) -> dict[str, str]:
    return {} if picture is None else {"logo_id": rushes.keep_logo(picture)}


def _draw(address: str) -> str:
    """Return a QR code of half blocks, with the white around it that cameras need."""
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix_iter(border=4)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    signs = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    lines = (
        "".join(signs[bool(upper), bool(lower)] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n\n" + "\n".join(lines)
