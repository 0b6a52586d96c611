"""Objects of others in the archive's store: used where they lie, never replaced.

One is deleted only if a person said so with its asset, nothing needs it any more, and it is still
the object that was taken in.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.stores.s3 import S3Store
from rushes.stores.store import NotFound, ObjectInfo, Vault
from rushes.uploads import foreign_records
from rushes.uploads.direct import FOLDER
from rushes.uploads.foreign_records import Foreign

PAGE: Final = 100
CLOCKS_DIFFER: Final = timedelta(hours=1)

LOG: Final = logging.getLogger(__name__)


class NotOurs(RushesError):
    """The object belongs to others, so it is not replaced."""

    code = "import.not_ours"
    kind = Kind.CONFLICT


def name_of(archive: Vault) -> str:
    """Return the archive's name where objects of others are written down."""
    return archive.name if isinstance(archive, S3Store) else FOLDER


async def list_theirs(database: Database, archive: Vault, keys: Collection[str]) -> set[str]:
    """Return those of these keys at which objects of others lie.

    Also of those taken in while the settings called the store something else: what is still the
    same there, and older than its row, is no copy of ours.

    Raises:
        Unreachable, Busy, Refused: the store has to be asked, and failed.
    """
    async with database.reading() as connection:
        theirs = set(await foreign_records.list_foreign(connection, name_of(archive), keys))
        others = await foreign_records.list_elsewhere(connection, name_of(archive), keys)
    for foreign in others:
        if foreign.key not in theirs and await _is_from_before(archive, foreign):
            theirs.add(foreign.key)
    return theirs


async def require_ours(database: Database, archive: Vault, key: str) -> None:
    """Return if an object of the archive may be replaced.

    Raises:
        NotOurs: somebody else put it there.
    """
    if await list_theirs(database, archive, [key]):
        raise NotOurs(
            f"The object {key} is not what was imported any more, and it is not ours to replace. "
            "Put the old one back, or delete the asset and import the new one under another key."
        )


def is_same(foreign: Foreign, found: ObjectInfo) -> bool:
    """Say whether an object is the one that was taken in."""
    return found.size_bytes == foreign.size_bytes and clean(found.version) == foreign.version


def clean(version: str) -> str:
    """Return a version as it is compared: listings and looks quote it differently."""
    return version.strip('"')


async def remove_let_go(database: Database, archive: Vault) -> int:
    """Delete objects of others that were let go with their assets; return how many.

    Raises:
        Unreachable, Busy, Refused: the store failed; another round goes on.
    """
    async with database.reading() as connection:
        going = await foreign_records.list_let_go(connection, name_of(archive), PAGE)
    gone = 0
    for foreign in going:
        if await _is_there(archive, foreign):
            await archive.delete(foreign.key)
            gone += 1
        async with database.transaction() as connection:
            await foreign_records.forget_foreign(connection, foreign)
    return gone


async def _is_from_before(archive: Vault, foreign: Foreign) -> bool:
    try:
        found = await archive.head(foreign.key)
    except NotFound:
        return False
    return is_same(foreign, found) and found.modified < foreign.created_at + CLOCKS_DIFFER


async def _is_there(archive: Vault, foreign: Foreign) -> bool:
    try:
        found = await archive.head(foreign.key)
    except NotFound:
        return False
    if not is_same(foreign, found):
        LOG.warning("%s stays: it is another object than the one imported", foreign.key)
        return False
    return True
