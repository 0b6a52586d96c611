"""What a store can do, one protocol for each ability, and what can go wrong.

    RushesError
    |- InvalidKey    a key that no store takes
    |- NotFound      reads take the next copy
    |- Exists        objects are immutable: read the row again, start over
    |- Changed       another version than the one that was asked for
    |- Busy          retry, with fewer streams
    |- Unreachable   retry, take the next copy, alert
    |- Full          pause writes there; reads go on
    |- Refused       no retry: somebody must change a setting or a right
    |- Broken        never publish; again from the source
    `- Unsupported   note the missing ability

1. A deed names the abilities it needs (`def warm(source: Get, edge: Put)`), never a driver.
2. No outage becomes None or False, and no success is pretended.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from rushes.errors import Kind, RushesError
from rushes.stores.blocks import Fingerprint

KEY_BYTES_AT_MOST: Final = 1_024  # S3: length of a key
SEGMENT_BYTES_AT_MOST: Final = 200  # below NAME_MAX (255), with room for suffixes
PAGE_KEYS: Final = 1_000  # S3 ListObjectsV2


class InvalidKey(RushesError):
    """The key has a form that no store takes."""

    code = "store.invalid_key"
    kind = Kind.INVALID


class NotFound(RushesError):
    """There is no object with this key."""

    code = "store.not_found"
    kind = Kind.MISSING


class Exists(RushesError):
    """An object with this key is there already, and objects are immutable."""

    code = "store.exists"
    kind = Kind.CONFLICT


class Changed(RushesError):
    """The object has another version than the one that was asked for."""

    code = "store.changed"
    kind = Kind.STALE


class Busy(RushesError):
    """The store asks for patience."""

    code = "store.busy"
    kind = Kind.UNAVAILABLE


class Unreachable(RushesError):
    """The store does not answer, or its mount is away."""

    code = "store.unreachable"
    kind = Kind.UNAVAILABLE


class Full(RushesError):
    """The store has no room."""

    code = "store.full"
    kind = Kind.FULL


class Refused(RushesError):
    """The store does not let us; waiting does not help."""

    code = "store.refused"
    kind = Kind.BROKEN


class Broken(RushesError):
    """The bytes are not those that were expected."""

    code = "store.broken"
    kind = Kind.UNAVAILABLE


class Unsupported(RushesError):
    """The store lacks this ability."""

    code = "store.unsupported"
    kind = Kind.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store says of an object.

    `version` is a token for `if_version`, never a digest.
    """

    key: str
    size_bytes: int
    version: str
    modified: datetime


class Head(Protocol):
    """Says what an object is."""

    async def head(self, key: str) -> ObjectInfo:
        """Return what the store says of it, or raise `NotFound`."""
        ...


class Get(Protocol):
    """Gives bytes."""

    def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        """Yield exactly the bytes from `start` up to, not including, `end`.

        Raises:
            NotFound: there is no such object.
            Changed: it has another version.
            Broken: there are fewer bytes.
        """
        ...


class Put(Protocol):
    """Takes bytes."""

    async def put(self, key: str, source: AsyncIterable[bytes], known: Fingerprint) -> ObjectInfo:
        """Write an object that is visible only when it is whole, durable and as `known`.

        Raises:
            Exists: the key is taken.
            Full: there is no room.
            Broken: the source gave other bytes than `known` says; nothing is visible.
        """
        ...


class Adopt(Protocol):
    """Takes files."""

    async def adopt(self, key: str, path: Path, known: Fingerprint) -> ObjectInfo:
        """Make an object of a local file that is never written again; errors as `Put`."""
        ...


class ListKeys(Protocol):
    """Tells what is there."""

    async def list_keys(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[str]:
        """Return the next keys in byte order, those after `after` that begin with `prefix`."""
        ...


class ListSizes(Protocol):
    """Tells what is there, and how large."""

    async def list_sizes(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[tuple[str, int]]:
        """Return the next keys in byte order, as `list_keys`, each with its object's bytes."""
        ...


class ListObjects(Protocol):
    """Tells what is there, and which version of it."""

    async def list_objects(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[ObjectInfo]:
        """Return the next objects in byte order of their keys, each as `head` says it is."""
        ...


class Delete(Protocol):
    """Forgets objects."""

    async def delete(self, key: str) -> None:
        """Delete the object; a missing one is success."""
        ...


class CopyWithin(Protocol):
    """Copies without bytes through us."""

    async def copy_within(self, source: str, target: str) -> ObjectInfo:
        """Make the object at `target` that has the bytes of `source`."""
        ...


@runtime_checkable
class Presign(Protocol):
    """Gives bytes to whoever has a signed address, past us."""

    def presign_get(
        self,
        key: str,
        seconds: int,
        *,
        disposition: str | None = None,
        media_type: str | None = None,
    ) -> str:
        """Return an address that gives the object for so many seconds, as this name and type."""
        ...


class Outlet(Presign, Get, Protocol):
    """Gives bytes past us, and to us."""


class Vault(Head, Get, Adopt, ListSizes, ListObjects, Delete, Protocol):
    """What a tier asks of its store."""


def parse_key(key: str) -> tuple[str, ...]:
    """Return the segments of a key.

    Raises:
        InvalidKey: a segment is empty, too long, `.` or `..`, or holds a backslash or NUL.
    """
    segments = tuple(key.split("/"))
    try:
        fits = len(key.encode()) <= KEY_BYTES_AT_MOST and all(map(_is_segment, segments))
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise InvalidKey("An object's key has a form that no store takes. This is our mistake.")
    return segments


def _is_segment(segment: str) -> bool:
    return (
        0 < len(segment.encode()) <= SEGMENT_BYTES_AT_MOST
        and segment not in {".", ".."}
        and "\\" not in segment
        and "\0" not in segment
    )
