"""Tables of the editing tier: its tree, a folder for each project, a file for each asset.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from rushes.db.columns import Moment, Size
from rushes.db.tables import metadata

editing_trees = Table(  # the one tree, and who writes there
    "editing_trees",
    metadata,
    Column("name", Text, primary_key=True),  # "editing"
    Column("tree_id", Text, nullable=False),  # what its marker holds
    Column("holder", Text),  # the process that writes, while its lease lasts
    Column("lease_until", Moment),
    Column("fence", Size, nullable=False, server_default="0"),
    Column("trouble", Text),  # why nothing is written there
    Column("trouble_since", Moment),
)

editing_folders = Table(
    "editing_folders",
    metadata,
    Column("project_id", Text, primary_key=True),  # may be gone
    Column("client_slug", Text, nullable=False),
    Column("path", Text, nullable=False, unique=True),  # below the tree's root
    Column("moving_to", Text),  # written before the folder is renamed
)

editing_files = Table(
    "editing_files",
    metadata,
    Column("asset_id", Text, primary_key=True),  # may be gone: its file goes then
    Column("project_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),  # the name as filesystems compare it
    Column("rendition_id", Text),  # what lies there; none: nothing yet
    Column("size_bytes", Size, nullable=False, server_default="0"),
    Column("digest", LargeBinary),
    Column("version", Text),
    Column("written_at", Moment),
    Column("error", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Moment),
    UniqueConstraint("project_id", "folded"),
)

EDITING: Final = (editing_trees, editing_folders, editing_files)
