"""Pages of lists: a cursor says where the last one ended, and nobody else can make one.

A cursor is bound to its listing (and to what was asked of it): one listing's cursor does not open
another, and a changed one is refused instead of guessed at.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from rushes.errors import Kind, RushesError

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
MAC_BYTES: Final = 16
PURPOSE: Final = "cursor"
"""What the signing key is derived for."""

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page")]
CursorText = Annotated[
    str | None, Query(max_length=2_000, description="`next_cursor` of the page before")
]


class BadCursor(RushesError):
    """The cursor was not made here, or for another listing."""

    code = "page.bad_cursor"
    kind = Kind.INVALID


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` null: it is the last."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Pager:
    """Makes and reads cursors; `key` is 32 bytes derived for them."""

    key: bytes

    def write(self, listing: str, *values: str | float) -> str:
        """Return a cursor of this listing that holds these values."""
        told = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
        return _encode(told + self._mac(listing, told))

    def read(self, listing: str, cursor: str) -> list[str | float]:
        """Return the values of a cursor of this listing.

        Raises:
            BadCursor: it is not one.
        """
        try:
            raw = _decode(cursor)
        except (binascii.Error, ValueError):
            raw = b""
        told, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(listing, told)):
            raise BadCursor("This cursor is of another list, or damaged. Begin without one.")
        values: list[str | float] = json.loads(told)
        return values

    def read_after(self, listing: str, cursor: str | None) -> tuple[datetime, str] | None:
        """Return where a page by time and id goes on; no cursor, or an empty one: at the start.

        Raises:
            BadCursor: it is not one of this listing.
        """
        if not cursor:
            return None
        moment, row_id = self.read(listing, cursor)
        return datetime.fromisoformat(str(moment)), str(row_id)

    def cut(
        self,
        listing: str,
        rows: Sequence[Row],
        limit: int,
        place_of: Callable[[Row], tuple[datetime, str]],
    ) -> tuple[Sequence[Row], str | None]:
        """Return a page and the cursor of the next one; `rows` holds one more where there is."""
        if len(rows) <= limit:
            return rows, None
        moment, row_id = place_of(rows[limit - 1])
        return rows[:limit], self.write(listing, moment.isoformat(), row_id)

    def _mac(self, listing: str, told: bytes) -> bytes:
        return hmac.digest(self.key, listing.encode() + b"\0" + told, "sha256")[:MAC_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
