"""Senders: who sends bytes, to which upload, and what they may. The same for every protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from fastapi import Request

from rushes.access.permit import Actor, Verb, permit
from rushes.access.project import Project
from rushes.access.rates import Rule
from rushes.http.auth import Caller
from rushes.ids import Prefix, is_id
from rushes.settings import Settings
from rushes.uploads.receive import May
from rushes.uploads.upload import Upload, UploadMissing

CREATIONS: Final = Rule("upload-creation", 600)
"""How many uploads one link may begin in a minute."""

FindCaller: TypeAlias = Callable[[Request], Awaitable[Caller]]
ResolveProject: TypeAlias = Callable[[Actor, str | None], Awaitable[Project]]


def may(actor: Actor, verb: Verb) -> May:
    """Return what raises where this actor may not do this to an upload."""

    def ask(upload: Upload) -> None:
        permit(
            actor,
            verb,
            upload.project_id,
            link_id=upload.link_id,
            missing=UploadMissing("There is no such upload. Start a new one."),
        )

    return ask


def join_headers(request: Request) -> dict[str, str]:
    """Return the headers by lower-case name; one that was sent twice is joined by commas."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def parse_id(text: str | None) -> str:
    """Return an upload's id; what has not its form names nothing."""
    if text is None or not is_id(Prefix.UPLOAD, text):
        raise UploadMissing("There is no such upload. Start a new one.")
    return text


def find_base(request: Request, settings: Settings) -> str:
    """Return the address people use, or the one that this request was sent to."""
    if settings.base_url is not None:
        return settings.public_url
    return f"{request.url.scheme}://{request.url.netloc}"
