"""Senders: who sends bytes, to which upload, and what they may. The same for every protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from rushes.access.limits import Offered
from rushes.access.link import Link
from rushes.access.permit import Actor, Verb, permit
from rushes.access.project import Project
from rushes.access.rates import Rule
from rushes.http.auth import Caller, Callers
from rushes.ids import Prefix, is_id
from rushes.uploads.admission import Admission
from rushes.uploads.receive import May
from rushes.uploads.upload import Owner, Upload, UploadMissing

CREATIONS: Final = Rule("upload-creation", 600)
"""How many uploads one link may begin in a minute."""


@dataclass(frozen=True, slots=True)
class Senders:
    """What every way to send asks about whoever sends."""

    callers: Callers
    admission: Admission

    async def find_caller(self, request: Request) -> Caller:
        """Return who calls, with the link where they come by one.

        Raises:
            Unauthenticated, LinkNotFound, CsrfRefused: as `Callers.identify` says.
        """
        return await self.callers.find_caller(request)

    async def count(self, rule: Rule, caller: Caller) -> None:
        """Count one more of a kind that a caller may ask for so often.

        Raises:
            TooOften: it was asked for too often.
        """
        await self.callers.access.rates.take(rule, caller.actor.id)

    async def welcome(
        self, caller: Caller, offered: Offered, project: str | None, *, is_spooled: bool = True
    ) -> Project:
        """Return the project that a file goes to; nothing is made for one that may not come.

        Raises:
            TooOften: its link began too many.
            TypeRefused, FileTooLarge, NoSpace, LinkNotFound: it may not come.
            ProjectNotFound: there is no such project for this caller.
        """
        if caller.link is not None:
            await self.callers.access.rates.take(CREATIONS, caller.link.id)
        await self.admission.admit(offered, caller.link, is_spooled=is_spooled)
        return await self.resolve_project(caller, project)

    async def resolve_project(self, caller: Caller, text: str | None) -> Project:
        """Return the project that a text names for this caller; see `Places.resolve_project`."""
        return await self.callers.access.resolve_project(caller.actor, text)

    def find_upload_base(self, request: Request) -> str:
        """Return the address that bytes are sent to."""
        return self.callers.find_upload_base(request)

    def find_upload_place(self, path: str) -> str | None:
        """Return a path at the address for bytes; None where that is the one of everything."""
        told = self.callers.settings.upload_url
        return None if told is None else f"{told.rstrip('/')}{path}"

    def find_most_bytes(self, link: Link | None) -> int:
        """Return how many bytes a file may have of which nothing is known yet."""
        most = self.admission.settings.max_file_bytes
        return most if link is None else min(most, link.max_file_bytes or most)

    def most(self, link: Link | None) -> Callable[[Upload], int]:
        """Return what says how many bytes an upload may have."""
        return lambda upload: self.admission.find_most(upload, link)


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


def find_owner(caller: Caller) -> Owner:
    """Return whose an upload of this caller is."""
    if caller.link is not None:
        return Owner(link_id=caller.link.id)
    return Owner(account_id=caller.actor.id)


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
