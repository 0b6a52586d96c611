"""Tables of colours that people send: `.cube` files, kept by a name that never changes its meaning.

A name keeps its table: what was made with it says so by the name, so another table needs another
one. A table that somebody uses stays.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.media.color import LOG_PREFIX, NAME
from rushes.media.curves import CAMERAS
from rushes.media.lut import Hald, hald_of, parse_cube
from rushes.renditions import lut_records
from rushes.renditions.lut_records import SentLut

VERSION_LETTERS: Final = 8
AT_MOST: Final = 200
"""Tables that are kept at once; one has up to 1.5 MiB."""


class LutNotFound(RushesError):
    """There is no table of this name."""

    code = "color.lut_not_found"
    kind = Kind.MISSING


class LutNameTaken(RushesError):
    """The name is that of another table."""

    code = "color.lut_name_taken"
    kind = Kind.CONFLICT


class LutInUse(RushesError):
    """Something is shown through this table."""

    code = "color.lut_in_use"
    kind = Kind.CONFLICT


class LutNameInvalid(RushesError):
    """No table can have this name."""

    code = "color.lut_name_invalid"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Luts:
    """Keeps tables; files are read one at a time, as each takes much memory and time."""

    database: Database
    clock: Clock
    _reader: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def put(self, actor_id: str, name: str, content: bytes) -> SentLut:
        """Keep a `.cube` file under a name; the same file once more changes nothing.

        Raises:
            LutNameInvalid: the name is none, or that of one of ours.
            CubeInvalid: the file does not follow its format.
            LutNameTaken: another table has the name, or there are too many.
        """
        if NAME.fullmatch(name) is None or name in CAMERAS:
            raise LutNameInvalid(
                "A name has 1 to 40 small letters, digits and dashes, and is none of "
                f"{', '.join(CAMERAS)}."
            )
        version = hashlib.sha256(content).hexdigest()[:VERSION_LETTERS]
        async with self._reader:
            lut, hald = await asyncio.to_thread(_read, content)
        sent = SentLut(name, lut[0], version, lut[1], actor_id, self.clock.now())
        async with self.database.transaction() as connection:
            known = await lut_records.find_lut(connection, name)
            if known is None and await lut_records.count_luts(connection) >= AT_MOST:
                raise LutNameTaken(f"{AT_MOST} LUTs are kept at most. Delete one that is not used.")
            if known is None:
                await lut_records.record_lut(connection, sent, hald.side, hald.content)
                known = await lut_records.find_lut(connection, name)
        if known is None or known.version != version:  # it was there, or came first
            raise LutNameTaken("Another LUT has this name. Take another name for this one.")
        return known

    async def list_all(self) -> list[SentLut]:
        """Return the tables that people sent, by name."""
        async with self.database.reading() as connection:
            return await lut_records.list_luts(connection)

    async def delete(self, name: str) -> None:
        """Remove a table.

        Raises:
            LutNotFound: there is none.
            LutInUse: something is shown through it.
        """
        async with self.database.transaction() as connection:
            await lut_records.lock_lut(connection, name)  # nobody chooses it meanwhile
            uses = await lut_records.count_uses(connection, LOG_PREFIX + name)
            if uses:
                raise LutInUse(f"{uses} files are shown through this LUT. Choose others there.")
            if not await lut_records.delete_lut(connection, name):
                raise LutNotFound("There is no such LUT. GET /luts lists them.")


def _read(content: bytes) -> tuple[tuple[str, int], Hald]:
    """Return title and steps of a `.cube` file, and its Hald image."""
    lut = parse_cube(content)
    return (lut.title, lut.side), hald_of(lut)
