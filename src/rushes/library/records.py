"""The library's queries: contents and assets.

Every query that answers a person takes the projects that the person may see; None means all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.catalog_tables import asset_notes, asset_terms
from rushes.db.statements import change_if_same
from rushes.db.tables import assets, contents, uploads
from rushes.ids import Prefix
from rushes.intake.verdict import Scan
from rushes.library.asset import Asset, State
from rushes.uploads.upload import State as UploadState


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an original, kept once in a client's scope."""

    id: str
    scope: str
    root: bytes
    digest: bytes | None
    size_bytes: int
    format: str
    media_type: str
    kind: str
    facts: Mapping[str, object] | None
    upload_id: str
    created_at: datetime
    error_code: str | None = None
    error_detail: str | None = None
    opened_at: datetime | None = None
    color: str | None = None

    @property
    def is_unread(self) -> bool:
        """Whether nobody has read its bytes: what stands for its root is the id of its upload."""
        return self.root == unread_root(self.upload_id)


UNREAD: Final = f"{Prefix.UPLOAD}_".encode()


def unread_root(upload_id: str) -> bytes:
    """Return what stands for a root that nobody knows yet; no SHA-256 has its length."""
    return upload_id.encode()


@dataclass(frozen=True, slots=True)
class Identity:
    """What handing out has to know of a content; each range that is asked for reads it.

    `opened_at`: since when it can be watched, whether its renditions are made or not.
    """

    id: str
    root: bytes
    media_type: str
    opened_at: datetime | None = None

    @property
    def is_unread(self) -> bool:
        """Whether nobody has read its bytes: see `Content.is_unread`."""
        return self.root.startswith(UNREAD)


@dataclass(frozen=True, slots=True)
class Label:
    """What a list shows of a content."""

    media_type: str
    digest: bytes | None
    error_code: str | None
    error_detail: str | None


async def find_content(connection: AsyncConnection, content_id: str) -> Content | None:
    """Return a content by its id."""
    return await _one_content(connection, select(contents).where(contents.c.id == content_id))


async def lock_content(connection: AsyncConnection, content_id: str) -> Content | None:
    """Return a content as it is now; nobody else changes it until the transaction ends."""
    query = select(contents).where(contents.c.id == content_id).with_for_update()
    return await _one_content(connection, query)


async def find_identity(connection: AsyncConnection, content_id: str) -> Identity | None:
    """Return what a content is; its facts, which may be long, are not read."""
    query = select(contents.c.id, contents.c.root, contents.c.media_type, contents.c.opened_at)
    row = (await connection.execute(query.where(contents.c.id == content_id))).one_or_none()
    return None if row is None else Identity(*row)


async def find_facts(connection: AsyncConnection, content_id: str) -> Mapping[str, object] | None:
    """Return what probing found of a content."""
    query = select(contents.c.facts).where(contents.c.id == content_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def record_opened(connection: AsyncConnection, content_id: str, now: datetime) -> None:
    """Note that a content can be watched from now on."""
    closed = and_(contents.c.id == content_id, contents.c.opened_at.is_(None))
    await connection.execute(update(contents).where(closed).values(opened_at=now))


async def record_color(connection: AsyncConnection, content_id: str, choice: str) -> None:
    """Keep what people chose for the colours of a content."""
    await connection.execute(
        update(contents).where(contents.c.id == content_id).values(color=choice)
    )


async def list_labels(
    connection: AsyncConnection, content_ids: Collection[str]
) -> dict[str, Label]:
    """Return labels of contents by their ids; facts, which may be long, are not read."""
    columns = [contents.c[name] for name in Label.__slots__]
    query = select(contents.c.id, *columns).where(contents.c.id.in_(content_ids))
    return {row.id: Label(*row[1:]) for row in await connection.execute(query)}


async def list_known_contents(
    connection: AsyncConnection, content_ids: Collection[str]
) -> set[str]:
    """Return those of these ids that are contents."""
    query = select(contents.c.id).where(contents.c.id.in_(content_ids))
    return set((await connection.execute(query)).scalars())


async def find_same_content(connection: AsyncConnection, scope: str, root: bytes) -> Content | None:
    """Return the content with these bytes in this client's scope."""
    same = and_(contents.c.scope == scope, contents.c.root == root)
    return await _one_content(connection, select(contents).where(same))


async def record_content(connection: AsyncConnection, content: Content) -> Content:
    """Insert a content, or return the equal one that another upload brought first."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {name: getattr(content, name) for name in Content.__slots__}
    statement = dialect.insert(contents).values(**values)
    await connection.execute(
        statement.on_conflict_do_nothing(index_elements=[contents.c.scope, contents.c.root])
    )
    kept = await find_same_content(connection, content.scope, content.root)
    if kept is None:
        raise LookupError(f"Content {content.id} was neither inserted nor found.")
    return kept


async def record_facts(
    connection: AsyncConnection,
    content_id: str,
    *,
    kind: str,
    facts: Mapping[str, object],
    duration: float | None,
    size: tuple[int, int] | None,
) -> None:
    """Keep what probing found, with the content and with each asset of it; it is no trouble now."""
    await connection.execute(
        update(contents)
        .where(contents.c.id == content_id)
        .values(facts=dict(facts), kind=kind, error_code=None, error_detail=None)
    )
    width, height = size or (None, None)
    await connection.execute(
        update(assets)
        .where(assets.c.content_id == content_id)
        .values(kind=kind, duration=duration, width=width, height=height)
    )


async def record_stream(
    connection: AsyncConnection, content_id: str, stream: Mapping[str, object]
) -> None:
    """Keep how a content is watched from now on; what probing found of it stays."""
    facts = await _lock_facts(connection, content_id)
    if facts is not None:
        known = {**facts, "stream": dict(stream)}
        await connection.execute(
            update(contents).where(contents.c.id == content_id).values(facts=known)
        )


async def record_media_fact(
    connection: AsyncConnection, content_id: str, name: str, value: object
) -> None:
    """Add one fact to what probing found of a content; it was found by looking longer."""
    facts = await _lock_facts(connection, content_id)
    if facts is None:
        return
    known = {**facts, "media": {**facts.get("media", {}), name: value}}
    await connection.execute(
        update(contents).where(contents.c.id == content_id).values(facts=known)
    )


async def record_recipe(connection: AsyncConnection, content_id: str, recipe: str) -> None:
    """Note by which recipe the pictures of a content are made from now on."""
    facts = await _lock_facts(connection, content_id)
    if facts is None or facts.get("stream") is None:
        return
    known = {**facts, "stream": {**facts["stream"], "recipe": recipe}}
    await connection.execute(
        update(contents).where(contents.c.id == content_id).values(facts=known)
    )


async def record_trouble(
    connection: AsyncConnection, content_id: str, code: str, detail: str
) -> None:
    """Keep why nothing can be shown of a content."""
    await connection.execute(
        update(contents)
        .where(contents.c.id == content_id)
        .values(error_code=code, error_detail=detail)
    )


async def record_digest(connection: AsyncConnection, content_id: str, digest: bytes) -> None:
    """Keep the SHA-256 of the whole original."""
    await connection.execute(
        update(contents).where(contents.c.id == content_id).values(digest=digest)
    )


async def record_asset(connection: AsyncConnection, asset: Asset) -> None:
    """Insert an asset."""
    values: dict[str, object] = {name: getattr(asset, name) for name in Asset.__slots__}
    values |= {"tags": list(asset.tags), "metadata": dict(asset.metadata)}
    values |= {"state": asset.state.value, "scan": asset.scan.value}
    await connection.execute(insert(assets).values(**values))


async def find_asset(
    connection: AsyncConnection,
    asset_id: str,
    *,
    project_ids: Sequence[str] | None = None,
    with_deleting: bool = False,
) -> Asset | None:
    """Return an asset that these projects may hold; one that is being deleted only on demand."""
    query = select(assets).where(assets.c.id == asset_id)
    if not with_deleting:
        query = query.where(assets.c.state != State.DELETING.value)
    if project_ids is not None:
        query = query.where(assets.c.project_id.in_(project_ids))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else asset_of(row)


async def find_asset_of_upload(connection: AsyncConnection, upload_id: str) -> Asset | None:
    """Return the asset that an upload became."""
    query = select(assets).where(assets.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else asset_of(row)


async def list_abandoned_uploads(connection: AsyncConnection, limit: int) -> list[str]:
    """Return accepted uploads whose asset is gone, and whose bytes the spool still holds.

    Bytes of a content that another asset still has stay until the archive holds them.
    """
    filed = select(assets.c.upload_id)
    kept = select(contents.c.upload_id)
    query = select(uploads.c.id).where(
        uploads.c.state == UploadState.ACCEPTED.value,
        uploads.c.is_spooled,
        uploads.c.id.not_in(filed),
        uploads.c.id.not_in(kept),
    )
    return list((await connection.execute(query.limit(limit))).scalars())


async def list_of_content(connection: AsyncConnection, content_id: str) -> list[Asset]:
    """Return every asset with this content, oldest first."""
    query = select(assets).where(assets.c.content_id == content_id)
    rows = await connection.execute(query.order_by(assets.c.created_at, assets.c.id))
    return [asset_of(row) for row in rows]


async def change_state(
    connection: AsyncConnection,
    asset: Asset,
    state: State,
    *,
    now: datetime,
    error: tuple[str, str] | None = None,
) -> bool:
    """Write the state if it is still what the caller read; say whether it was."""
    code, detail = error or (None, None)
    done = await connection.execute(
        update(assets)
        .where(assets.c.id == asset.id, assets.c.state == asset.state.value)
        .values(
            state=state.value,
            error_code=code,
            error_detail=detail,
            updated_at=now,
            revision=assets.c.revision + 1,
        )
    )
    return done.rowcount == 1


async def change_asset(
    connection: AsyncConnection,
    asset_id: str,
    revision: int,
    values: Mapping[str, object],
    now: datetime,
) -> bool:
    """Write what a person changed if nobody was faster; say whether so."""
    return await change_if_same(
        connection, assets, asset_id, revision, {**values, "updated_at": now}
    )


async def mark_scan(
    connection: AsyncConnection, asset: Asset, verdict: Scan, now: datetime
) -> None:
    """Write a verdict, whoever else changes the asset; a bad one to all with the same bytes.

    What is known to be harmful stays so, whatever is said later of an asset with its bytes.
    """
    if verdict is Scan.INFECTED:
        same = assets.c.content_id == asset.content_id
    else:
        same = and_(assets.c.id == asset.id, assets.c.scan != Scan.INFECTED.value)
    values = {"scan": verdict.value, "updated_at": now, "revision": assets.c.revision + 1}
    await connection.execute(update(assets).where(same).values(**values))


async def mark_harmful(connection: AsyncConnection, root: bytes, now: datetime) -> None:
    """Say of every asset with these bytes, whosever it is, that it is infected."""
    same = assets.c.content_id.in_(select(contents.c.id).where(contents.c.root == root))
    is_new = assets.c.scan != Scan.INFECTED.value
    values = {"scan": Scan.INFECTED.value, "updated_at": now, "revision": assets.c.revision + 1}
    await connection.execute(update(assets).where(same, is_new).values(**values))


async def touch_asset(connection: AsyncConnection, asset_id: str, now: datetime) -> None:
    """Note that something about an asset changed which its own row does not hold."""
    await connection.execute(update(assets).where(assets.c.id == asset_id).values(updated_at=now))


async def delete_asset(connection: AsyncConnection, asset_id: str) -> bool:
    """Remove the row with its notes and terms; its events stay. Say whether it was there."""
    place = select(assets.c.place).where(assets.c.id == asset_id).scalar_subquery()
    await connection.execute(asset_terms.delete().where(asset_terms.c.place == place))
    await connection.execute(asset_notes.delete().where(asset_notes.c.asset_id == asset_id))
    done = await connection.execute(assets.delete().where(assets.c.id == asset_id))
    return done.rowcount == 1


async def delete_content(connection: AsyncConnection, content_id: str) -> None:
    """Remove a content that no asset names."""
    await connection.execute(contents.delete().where(contents.c.id == content_id))


async def _lock_facts(connection: AsyncConnection, content_id: str) -> dict[str, Any] | None:
    """Return the facts of a content; nobody else writes them until the transaction ends."""
    query = select(contents.c.facts).where(contents.c.id == content_id).with_for_update()
    facts: dict[str, Any] | None = (await connection.execute(query)).scalar_one_or_none()
    return facts


async def _one_content(
    connection: AsyncConnection, query: Select[tuple[object, ...]]
) -> Content | None:
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return _content(row)


def _content(row: Row[tuple[object, ...]]) -> Content:
    return Content(**{name: getattr(row, name) for name in Content.__slots__})


def asset_of(row: Row[Any]) -> Asset:
    """Return the asset that a row of `assets` says."""
    known = {name: getattr(row, name) for name in Asset.__slots__}
    known |= {"state": State(row.state), "scan": Scan(row.scan), "tags": tuple(row.tags)}
    return Asset(**known)
