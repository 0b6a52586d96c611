"""How things are found."""

from __future__ import annotations

import re
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from rushes.db.columns import Document, Moment, Size

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OLD: Final = "INSERT INTO asset_words(asset_words, rowid, terms) "
_OLD_VALUES: Final = "VALUES ('delete', old.place, old.terms);"
_NEW: Final = "INSERT INTO asset_words(rowid, terms) VALUES (new.place, new.terms);"
FOLLOW: Final = (
    ("INSERT", _NEW),
    ("DELETE", _OLD + _OLD_VALUES),
    ("UPDATE", _OLD + _OLD_VALUES + _NEW),
)


def upgrade() -> None:
    """Add what search knows of assets, and find the assets of before by their names."""
    _add_terms()
    _add_notes()
    _add_fields()
    _add_saved_searches()
    _fill()
    op.drop_column("assets", "search")
    op.create_index(op.f("ix_assets_place"), "assets", ["place"], unique=True)


def _add_terms() -> None:
    terms = sa.Text().with_variant(TSVECTOR(), "postgresql")
    op.add_column("assets", sa.Column("place", Size))
    op.create_table(
        "asset_terms",
        sa.Column("place", Size, autoincrement=False, nullable=False),
        sa.Column("terms", terms, nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_asset_terms")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_asset_terms_terms", "asset_terms", ["terms"], postgresql_using="gin")
        return
    op.execute(
        "CREATE VIRTUAL TABLE asset_words USING fts5(terms, content='asset_terms', "
        "content_rowid='place', tokenize=\"ascii tokenchars ':'\", "
        "prefix='1 2 3 4 5 6 7 8 9 10', detail=none)"
    )
    for verb, deed in FOLLOW:
        name = f"asset_words_{verb.lower()}"
        op.execute(f"CREATE TRIGGER {name} AFTER {verb} ON asset_terms BEGIN {deed} END")


def _add_notes() -> None:
    op.create_table(
        "asset_notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_notes")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_asset_notes_asset_id")),
    )
    op.create_index(
        op.f("ix_asset_notes_asset_id_created_at_id"),
        "asset_notes",
        ["asset_id", "created_at", "id"],
    )


def _add_fields() -> None:
    op.create_table(
        "fields",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fields")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_fields_scope_key")),
    )


def _add_saved_searches() -> None:
    name = "saved_searches"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", Document, nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_saved_searches_account_id")
        ),
    )
    op.create_index(op.f("ix_saved_searches_account_id"), name, ["account_id"])
    op.create_index(op.f("ix_saved_searches_created_at_id"), name, ["created_at", "id"])


def _fill() -> None:
    """Give each asset its place in time, and the words of its names as terms."""
    connection = op.get_bind()
    assets = sa.table(
        "assets",
        sa.column("id", sa.Text()),
        sa.column("search", sa.Text()),
        sa.column("created_at", Moment()),
        sa.column("place", Size),
    )
    oldest = sa.select(assets.c.id, assets.c.search, assets.c.created_at)
    rows = connection.execute(oldest.order_by(assets.c.created_at, assets.c.id)).all()
    last = 0
    for row in rows:
        last = max(last + 1, int(row.created_at.timestamp() * 1_000_000))
        _insert(connection, last, " ".join(sorted(set(re.findall(r"[^\W_]+", row.search)))))
        connection.execute(assets.update().where(assets.c.id == row.id).values(place=last))


def _insert(connection: Any, place: int, terms: str) -> None:
    value = ":terms"
    if connection.dialect.name == "postgresql":
        value = "array_to_tsvector(string_to_array(:terms, ' '))"
    connection.execute(
        sa.text(f"INSERT INTO asset_terms (place, terms) VALUES (:place, {value})"),  # noqa: S608
        {"place": place, "terms": terms},
    )
