"""Commands that send files: upload, and what became of what was sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rushes.cli.places import OfflineOption, ParallelOption, TokenOption, UrlOption, open_client
from rushes.cli.showing import Showing
from rushes.cli.voice import AsJson, answer, complain, exit_code, interruptible
from rushes.client import ClientFailure, Refused, Sent
from rushes.client.files import find_files
from rushes.client.pace import MOST

uploads = typer.Typer(no_args_is_help=True, help="What was sent, and what is on its way.")

UNUSABLE = 2
ASK = "-"
GO_ON = "`rushes upload --resume`, or the same command, goes on where it stopped."


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.command("upload")(upload)
    app.add_typer(uploads, name="uploads")


def upload(
    paths: Annotated[
        list[Path] | None, typer.Argument(exists=True, readable=True, help="Files and folders.")
    ] = None,
    *,
    link_url: Annotated[
        str | None, typer.Option("--link", help="An upload link to send through; needs no token.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            help="The password of the link; `-` asks for it.", envvar="RUSHES_LINK_PASSWORD"
        ),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", help="KEY=TEXT: what the link asks; several.", metavar="KEY=TEXT"),
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="client/project; by default your inbox.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with all that was begun and not finished.")
    ] = False,
    parallel: ParallelOption = MOST,
    offline: OfflineOption = 60.0,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """Send files and folders; what was broken off goes on where it stopped."""
    if bool(paths) == resume:
        raise typer.BadParameter("Name files and folders, or say --resume for what was begun.")
    client = open_client(
        url,
        token,
        link=link_url,
        password=_ask(password),
        answers=_read_answers(answers or []),
        parallel=parallel,
        offline_seconds=offline,
    )
    with interruptible(GO_ON, as_json=as_json), client as rushes:
        if paths:
            sizes = {found.path: found.path.stat().st_size for found in find_files(paths)}
        else:
            sizes = {Path(record.path): record.size for record in rushes.unfinished()}
        with Showing(as_json=as_json, sizes=sizes) as shown:

            def tell(sent: Sent) -> None:
                shown.end(sent.path)
                _tell(sent, as_json=as_json)

            if paths:
                sent = rushes.send_all(paths, project=project, on_progress=shown.move, on_sent=tell)
            else:
                sent = rushes.resume_all(on_progress=shown.move, on_sent=tell)
    _end(sent)


def _ask(told: str | None) -> str | None:
    """Return what opens a link; asked for where that was the wish."""
    return typer.prompt("Password of the link", hide_input=True) if told == ASK else told


def _read_answers(told: list[str]) -> dict[str, str]:
    """Return answers by the keys of their questions."""
    pairs = [one.partition("=") for one in told]
    if not all(key and sign for key, sign, _ in pairs):
        raise typer.BadParameter("Write an answer as KEY=TEXT, with the key of the question.")
    return {key: answer for key, _, answer in pairs}


@uploads.command("ls")
def list_uploads(
    *,
    state: Annotated[
        str | None, typer.Option(help="receiving, completed, accepted, quarantined, ...")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most uploads to list.")] = 100,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """List what you sent, newest first."""
    with open_client(url, token) as rushes:
        found = rushes.uploads(state, limit=limit)
    lines = [
        f"{one.id}  {one.state:11}  {one.offset:>14,} of {one.size_bytes or 0:,}  {one.file_name}"
        for one in found
    ]
    answer([dict(one.raw) for one in found], "\n".join(lines), as_json=as_json)


@uploads.command("rm")
def remove_uploads(
    upload_ids: list[str],
    *,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: AsJson = False,
) -> None:
    """End uploads, and forget them here; of what was accepted only the address goes."""
    with open_client(url, token) as rushes:
        for upload_id in upload_ids:
            rushes.cancel(upload_id)
            answer({"id": upload_id, "removed": True}, upload_id, as_json=as_json)


def _tell(sent: Sent, *, as_json: bool) -> None:
    """Print what became of a file."""
    name = sent.relative_path or sent.path.name
    if sent.upload is None:
        code, text = _read_failure(sent.failure)
        complain(code, f"{name}: {text}", as_json=as_json)
        return
    facts = {
        "id": sent.upload.id,
        "asset_id": sent.upload.asset_id,
        "file_name": sent.upload.file_name,
        "relative_path": sent.relative_path,
        "size_bytes": sent.upload.size_bytes,
        "digest": sent.upload.digest,
        "state": sent.upload.state,
    }
    answer(facts, f"{name}: {sent.upload.asset_id or sent.upload.id}", as_json=as_json)


def _end(sent: list[Sent]) -> None:
    """End with the exit code of the first trouble, if there was any."""
    for one in sent:
        if isinstance(one.failure, ClientFailure):
            raise typer.Exit(exit_code(one.failure))
        if one.failure is not None:
            raise typer.Exit(UNUSABLE)


def _read_failure(failure: Exception | None) -> tuple[str, str]:
    if isinstance(failure, OSError):
        return "file.unusable", str(failure.strerror)
    code = failure.code if isinstance(failure, Refused) else "client.failed"
    return code, str(failure)
