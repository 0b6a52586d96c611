"""What an asset is found by: its names, its words, its values, and what people noted of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rushes.access.project import Project
from rushes.db.engine import Connection
from rushes.library import note_records, search_records
from rushes.library.asset import Asset
from rushes.library.terms import facets_of, terms_of, texts_of


async def index(connection: Connection, asset: Asset, project: Project) -> None:
    """Let an asset be found by what is true of it now, in the transaction of the change."""
    notes = await note_records.list_texts(connection, asset.id)
    facets = facets_of(asset.project_id, asset.tags, asset.metadata)
    terms = terms_of(_list_texts(asset, project, notes), facets)
    await search_records.put_terms(connection, asset, terms)


def _list_texts(asset: Asset, project: Project, notes: Sequence[str]) -> Iterator[str]:
    """Yield the texts, the most telling first: of very long ones the end is not found."""
    yield asset.file_name
    yield asset.title
    yield project.client_name
    yield project.project_name
    yield from asset.tags
    for value in asset.metadata.values():
        yield from texts_of(value)
    yield asset.description
    yield from notes
