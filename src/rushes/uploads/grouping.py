"""Groups: partial uploads that write into one file, each at its place, so nothing is joined later.

Who has which place is decided in the transaction that keeps the partial. It holds the project's row
by then, because room was taken in it, so two partials of a group never decide at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from rushes.db.engine import Connection, Database
from rushes.uploads import concat_records
from rushes.uploads.concat import BadGroup, Place, name_group, plan_place
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Upload


@dataclass(frozen=True, slots=True)
class Seat:
    """The file an upload is written to, and the byte at which it begins there; None: not here."""

    file: str | None
    start: int = 0
    place: Place | None = None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """Seats uploads in files of the spool."""

    database: Database
    spool: Spool

    async def seat(self, upload: Upload, place: Place | None) -> Seat:
        """Make the file of a new upload: its own, or a name in that of its group.

        Raises:
            BadGroup: it does not fit into its group.
            OSError: the disk is full or broken.
        """
        if place is not None:
            owner = find_owner(upload)
            async with self.database.reading() as connection:
                members = await concat_records.list_members(connection, owner, place.group)
            if plan_place(place, upload.size_bytes, members):
                group = name_group(owner, place.group)
                file = await self.spool.create_shared(upload.id, group)
                if file is not None:
                    return Seat(file, place.start, place, is_shared=True)
        return Seat(await self.spool.create(upload.id), place=place)

    async def find_twin(self, upload: Upload, place: Place | None) -> Upload | None:
        """Return the partial that was asked for in the same words before, if its bytes count.

        An answer may be lost on its way: whoever asks again means the same bytes.
        """
        if place is None:
            return None
        async with self.database.reading() as connection:
            twin = await concat_records.find_seated(
                connection, find_owner(upload), place, upload.size_bytes
            )
        return twin if twin is not None and twin.metadata == upload.metadata else None

    async def record(self, connection: Connection, upload: Upload, seat: Seat) -> None:
        """Keep its place, in the caller's transaction, which has taken room in its project.

        Raises:
            BadGroup: another came first.
        """
        place = seat.place
        if place is None:
            return
        owner = find_owner(upload)
        members = await concat_records.list_members(connection, owner, place.group)
        may_share = plan_place(place, upload.size_bytes, members)
        if seat.is_shared and not may_share:
            raise BadGroup("This place of the group was left just now. Send the partial again.")
        await concat_records.record_place(connection, upload, owner, place)


def find_owner(upload: Upload) -> str:
    """Return whose groups an upload belongs to: of its sender, in its project."""
    return f"{upload.project_id} {upload.link_id or upload.account_id}"
