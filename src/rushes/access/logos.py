"""Logos: small pictures that people put on the pages of links and shares.

A logo's id is made of its bytes, so the same picture is kept once, and one that is shown never
changes. The bytes decide what it is; drawings that could run a script (SVG) are not taken.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from rushes.access import logo_records as records
from rushes.access.permit import Actor, Verb, permit
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError

MAX_BYTES: Final = 256 * 1024
ID_CHARACTERS: Final = 40
SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", b"", "image/png"),
    (b"\xff\xd8\xff", b"", "image/jpeg"),
    (b"RIFF", b"WEBP", "image/webp"),
)
"""How files begin, what stands at their ninth byte, and what they are."""

_ID: Final = re.compile(rf"[0-9a-f]{{{ID_CHARACTERS}}}", re.ASCII)


class LogoNotFound(RushesError):
    """There is no such logo."""

    code = "logo.not_found"
    kind = Kind.MISSING


class LogoTooLarge(RushesError):
    """A logo has more bytes than are taken."""

    code = "logo.too_large"
    kind = Kind.TOO_LARGE


class NotALogo(RushesError):
    """The bytes are no picture that every browser shows."""

    code = "logo.not_a_picture"
    kind = Kind.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Logos:
    """Keeps logos."""

    database: Database
    clock: Clock

    async def keep(self, actor: Actor, content: bytes) -> str:
        """Keep a picture; return its id.

        Raises:
            Forbidden: the actor manages neither links nor shares.
            LogoTooLarge, NotALogo: it cannot be one.
        """
        permit(actor, Verb.MANAGE_LINKS)
        if len(content) > MAX_BYTES:
            raise LogoTooLarge(f"A logo has {MAX_BYTES // 1024} KiB at most. Make it smaller.")
        media_type = find_type(content)
        if media_type is None:
            raise NotALogo("A logo is a PNG, JPEG or WebP picture. Save it as one of these.")
        logo_id = hashlib.sha256(content).hexdigest()[:ID_CHARACTERS]
        async with self.database.transaction() as connection:
            await records.record_logo(
                connection, logo_id, media_type, content=content, now=self.clock.now()
            )
        return logo_id

    async def get(self, logo_id: str) -> tuple[str, bytes]:
        """Return the type and the bytes of a logo.

        Raises:
            LogoNotFound: there is none.
        """
        found = None
        if _ID.fullmatch(logo_id) is not None:
            async with self.database.reading() as connection:
                found = await records.find_logo(connection, logo_id)
        if found is None:
            raise _missing()
        return found


async def require_logo(connection: Connection, logo_id: str | None) -> None:
    """Return if there is such a logo, or none is named.

    Raises:
        LogoNotFound: there is none.
    """
    if logo_id is not None and not await records.has_logo(connection, logo_id):
        raise _missing()


def find_type(content: bytes) -> str | None:
    """Return what picture these bytes begin; None if none that is taken."""
    for begin, ninth, media_type in SIGNATURES:
        if content.startswith(begin) and content[8 : 8 + len(ninth)] == ninth:
            return media_type
    return None


def _missing() -> LogoNotFound:
    return LogoNotFound("There is no such logo. Send it again.")
