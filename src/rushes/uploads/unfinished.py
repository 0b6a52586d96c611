"""Unfinished: uploads that still wait for bytes, each file once, however it is sent.

A large file of the pages is sent as partials of one group: here it is one, with the bytes of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from rushes.uploads.upload import Protocol


@dataclass(frozen=True, slots=True)
class Piece:
    """One upload that waits; of a grouped partial, `group` and the bytes of the whole."""

    id: str
    protocol: Protocol
    project_id: str
    account_id: str | None
    link_id: str | None
    file_name: str
    size_bytes: int | None
    offset: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    group: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A file that is not whole; `ids` are its uploads, to be ended together.

    `received_bytes` is None where the bytes go past us.
    """

    ids: tuple[str, ...]
    protocol: Protocol
    project_id: str
    account_id: str | None
    link_id: str | None
    file_name: str
    size_bytes: int | None
    received_bytes: int | None
    begun_at: datetime
    moved_at: datetime
    expires_at: datetime


def gather(pieces: Iterable[Piece]) -> list[Unfinished]:
    """Return files, the one whose bytes moved last first."""
    found: dict[str, Unfinished] = {}
    for piece in pieces:
        key = piece.group or piece.id
        found[key] = _join(found[key], piece) if key in found else _first(piece)
    return sorted(found.values(), key=lambda each: each.moved_at, reverse=True)


def _first(piece: Piece) -> Unfinished:
    is_past_us = piece.protocol is Protocol.DIRECT
    return Unfinished(
        ids=(piece.id,),
        protocol=piece.protocol,
        project_id=piece.project_id,
        account_id=piece.account_id,
        link_id=piece.link_id,
        file_name=piece.file_name,
        size_bytes=piece.size_bytes if piece.group is None else piece.total,
        received_bytes=None if is_past_us else piece.offset,
        begun_at=piece.created_at,
        moved_at=piece.updated_at,
        expires_at=piece.expires_at,
    )


def _join(whole: Unfinished, piece: Piece) -> Unfinished:
    return replace(
        whole,
        ids=(*whole.ids, piece.id),
        received_bytes=(whole.received_bytes or 0) + piece.offset,
        begun_at=min(whole.begun_at, piece.created_at),
        moved_at=max(whole.moved_at, piece.updated_at),
        expires_at=min(whole.expires_at, piece.expires_at),
    )
