"""Tables of single ways to upload: chunks, concatenation, straight to a store, on to the archive.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, false

from rushes.db.columns import Document, Moment, Size, of
from rushes.db.tables import metadata

upload_chunks = Table(  # the chunks that are here, in any order
    "upload_chunks",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("length", Size, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256
    Column("file", Text, nullable=False),  # relative to the spool; each process writes its own
)

upload_concats = Table(  # of which partials a final upload consists, in order
    "upload_concats",
    metadata,
    of("uploads", "final_id", primary_key=True),
    Column("position", Integer, primary_key=True),
    of("uploads", "partial_id", index=True),
)

upload_groups = Table(  # partials that are written into one file, each from its own place on
    "upload_groups",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("owner", Text, nullable=False),
    Column("group", Text, nullable=False),  # 128 bits, hex, chosen by the client
    Column("start", Size, nullable=False),
    Column("total", Size, nullable=False),
    Index(None, "owner", "group"),
)

direct_uploads = Table(  # uploads whose bytes go past us, into a store
    "direct_uploads",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("store", Text, nullable=False),
    Column("key", Text, nullable=False),  # the final one
    Column("store_upload_id", Text),  # null: one PUT
    Column("part_bytes", Size),  # null: the client decides, as it told no size
    Column("look_at", Moment),  # when to look at the store again
    Column("is_foreign", Boolean, nullable=False, server_default=false()),  # never deleted by us
    Index(None, "look_at"),
)

upload_copies = Table(  # multiparts that carry an upload on to the archive while it arrives
    "upload_copies",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("key", Text, nullable=False),
    Column("store_upload_id", Text),
    Column("part_bytes", Size, nullable=False),
    Column("done_parts", Integer, nullable=False, server_default="0"),
    Column("sent", Document, nullable=False),  # first and last number of each run of them
    Column("fence", Size, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("updated_at", Moment, nullable=False),
)

upload_looks = Table(  # what was seen of a file while it still came
    "upload_looks",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("format", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("facts", Document),  # null: the header is not here yet, or tells nothing
    Column("updated_at", Moment, nullable=False),
)

imported_objects = Table(  # what others put into the archive's store, and we took in there
    "imported_objects",
    metadata,
    Column("store", Text, primary_key=True),  # empty: a folder
    Column("key", Text, primary_key=True),
    Column("version", Text, nullable=False),  # as it was taken in
    Column("size_bytes", Size, nullable=False),
    Column("upload_id", Text, nullable=False, index=True),  # its row may be gone
    Column("may_go", Boolean, nullable=False, server_default=false()),  # with its asset: as wished
    Column("created_at", Moment, nullable=False),
)

BESIDE: Final = (upload_chunks, upload_groups, direct_uploads, upload_copies, upload_looks)
"""Tables whose rows go with the upload that they name."""
