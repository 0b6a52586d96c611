"""Objects of an S3 store: look, read, list, delete, copy, and send what is small.

1. A range counts only with 206, its exact Content-Range and the version that was asked for: some
   servers answer 200 and the whole object, or ignore If-Match.
2. After a write the store is asked for the object; what it said to the write itself proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from rushes.sections import StoreSettings
from rushes.stores.blocks import BlockHasher
from rushes.stores.patience import Patience
from rushes.stores.provider import UNKNOWN, Abilities
from rushes.stores.s3_calls import Calls, Lane
from rushes.stores.s3_client import Connection, Presigner, translated
from rushes.stores.store import (
    PAGE_KEYS,
    Broken,
    Changed,
    Exists,
    NotFound,
    ObjectInfo,
    Unreachable,
    parse_key,
)
from rushes.stores.turns import Put, Turns

T = TypeVar("T")

PIECE_BYTES: Final = 2**20
COPY_AT_ONCE_BYTES: Final = 5 * 2**30  # S3: CopyObject
COPY_PART_BYTES: Final = 2**30
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")  # RFC 9110 14.4


class S3Objects:
    """What is done with one object by few requests."""

    def __init__(self, name: str, settings: StoreSettings, patience: Patience) -> None:
        """Open the clients. Blocks; nothing is sent."""
        self.name = name
        self.settings = settings
        self.abilities: Abilities = UNKNOWN
        self._calls = Calls(lambda: Connection(settings, patience), patience)
        self._presigner = Presigner(settings)
        prefix = settings.prefix.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def is_down(self) -> bool:
        """Whether the store was silent so often that it is asked now and then only."""
        return self._calls.is_down

    async def close(self) -> None:
        """Let go of threads and connections."""
        await self._calls.close()

    async def head(self, key: str) -> ObjectInfo:
        """Return what the store says of an object."""
        name = self.name_of(key)
        said = await self._calls.ask(lambda store: store.call("head_object", {"Key": name}))
        return ObjectInfo(key, int(said["ContentLength"]), _version(said), _modified(said))

    async def find(self, key: str) -> ObjectInfo | None:
        """Return what the store says of an object, or None if there is none."""
        try:
            return await self.head(key)
        except NotFound:
            return None

    async def refuse_taken(self, key: str) -> None:
        """Raise `Exists` if there is an object with this key."""
        if await self.find(key) is not None:
            raise Exists("The store holds an object with this key already.")

    async def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        """Yield exactly the bytes from `start` up to, not including, `end`.

        Where the answer breaks off, the rest of the same version is asked for.
        """
        if start == end or (end is None and start > 0):
            found = await self.head(key)
            require_version(found.version, if_version)
            if_version, end = found.version, found.size_bytes if end is None else end
        at, tried, version = start, 0, if_version
        while end is None or at < end:
            body: Any = None
            try:
                body, version, last = await self._open(key, at, end, version)
                end = last if end is None else end
                while at < end:
                    piece = await self._read(body, min(PIECE_BYTES, end - at))
                    at, tried = at + len(piece), 0
                    yield piece
            except (Broken, Unreachable):
                tried += 1
                if body is None or tried >= self._calls.patience.tries:
                    raise
                await self._calls.pause(tried)
            finally:
                if body is not None:
                    body.close()

    async def read_blocks(
        self, key: str, start: int, end: int, if_version: str | None = None
    ) -> tuple[bytearray, tuple[bytes, ...]]:
        """Return exactly the bytes from `start` up to `end`, and the SHA-256 of each block of them.

        `start` is a block's first byte.

        Raises:
            NotFound, Changed, Broken: as `get`.
        """

        def read(body: Any) -> tuple[bytearray, tuple[bytes, ...]]:
            data = bytearray(end - start)

            def put(piece: bytes | memoryview, at: int) -> None:
                data[at - start : at - start + len(piece)] = piece

            return data, _pour(body, start, end, put)

        return await self._read_span(key, start, end, if_version, read)

    async def pour_blocks(
        self, key: str, start: int, end: int, put: Put, if_version: str | None = None
    ) -> tuple[bytes, ...]:
        """Hand on exactly the bytes from `start` up to `end`; return the SHA-256 of each block.

        The thread that reads a piece hashes it and hands it on, while the processor has it at
        hand. What was handed on counts only with the right digests; a second try hands on all of
        it again, and nothing comes from a first one that hangs and wakes up late.

        Raises:
            NotFound, Changed, Broken: as `get`.
            OSError: from `put`.
        """
        turns = Turns(put)

        def read(body: Any) -> tuple[bytes, ...]:
            return _pour(body, start, end, turns.begin())

        return await self._read_span(key, start, end, if_version, read)

    async def _read_span(
        self,
        key: str,
        start: int,
        end: int,
        version: str | None,
        read: Callable[[Any], T],
    ) -> T:
        """Ask for a range, and read its body, by one request on one thread."""
        given: dict[str, str] = {"Key": self.name_of(key), "Range": f"bytes={start}-{end - 1}"}
        if version:
            given["IfMatch"] = version

        def ask(store: Connection) -> T:
            said = store.call("get_object", given)
            body = said["Body"]
            try:
                require_version(_version(said), version)
                _check_span(said, start, end, given)
                return read(body)
            finally:
                body.close()

        return await self._calls.run(ask, seconds=self._calls.patience.deadline(end - start))

    async def _open(
        self, key: str, start: int, end: int | None, version: str | None
    ) -> tuple[Any, str, int]:
        """Return the body, its version, and the byte after its last."""
        given: dict[str, str] = {"Key": self.name_of(key)}
        if start > 0 or end is not None:
            given["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        if version:
            given["IfMatch"] = version
        seconds = self._calls.patience.part
        said = await self._calls.run(lambda store: store.call("get_object", given), seconds=seconds)
        try:
            require_version(_version(said), version)
            return said["Body"], _version(said), _check_span(said, start, end, given)
        except BaseException:
            said["Body"].close()
            raise

    async def _read(self, body: Any, size_bytes: int) -> bytes:
        def read(_: Connection) -> bytes:
            with translated():
                return bytes(body.read(size_bytes))

        piece = await self._calls.run(
            read, seconds=self._calls.patience.deadline(size_bytes), tries=1
        )
        if not piece:
            raise Broken("The store's answer broke off.")
        return piece

    async def list_keys(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[str]:
        """Return the next keys in byte order, those after `after` that begin with `prefix`."""
        return [key for key, _ in await self.list_sizes(prefix, after, limit)]

    async def list_sizes(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[tuple[str, int]]:
        """Return the next keys in byte order, as `list_keys`, each with its object's bytes."""
        return [(row.key, row.size_bytes) for row in await self.list_objects(prefix, after, limit)]

    async def list_objects(
        self, prefix: str = "", after: str = "", limit: int = PAGE_KEYS
    ) -> list[ObjectInfo]:
        """Return the next objects in byte order of their keys."""
        rows: list[ObjectInfo] = []
        while len(rows) < limit:
            found, is_last = await self._list_page(prefix, after, limit - len(rows))
            rows += [row for row in found if not row.key.endswith("/")]  # a console's "folder"
            if is_last or not found:
                break
            after = found[-1].key
        return rows

    async def _list_page(
        self, prefix: str, after: str, limit: int
    ) -> tuple[list[ObjectInfo], bool]:
        given: dict[str, object] = {
            "Prefix": self._prefix + prefix,
            "MaxKeys": min(limit, PAGE_KEYS),
        }
        if after:
            given["StartAfter"] = self._prefix + after
        said = await self._calls.ask(lambda store: store.call("list_objects_v2", given))
        listed = said.get("Contents", [])
        keys = [str(row["Key"]).removeprefix(self._prefix) for row in listed]
        if keys != sorted(set(keys), key=str.encode) or (
            keys and keys[0].encode() <= after.encode()
        ):
            raise Broken("The store lists keys out of order. Nothing can be compared with it.")
        rows = [
            ObjectInfo(key, int(row["Size"]), _version(row), _modified(row))
            for key, row in zip(keys, listed, strict=True)
        ]
        return rows, not said.get("IsTruncated", False)

    async def delete(self, key: str) -> None:
        """Delete the object; a missing one is success."""
        name = self.name_of(key)
        try:
            await self._calls.ask(lambda store: store.call("delete_object", {"Key": name}))
        except NotFound:
            return

    async def _put_whole(self, key: str, body: bytes | bytearray, digest: bytes) -> None:
        """Send a small object in one request; the caller looks at what is there then."""
        given: dict[str, object] = {"Key": self.name_of(key), "Body": body}
        if self.abilities.refuses_taken_put:
            given["IfNoneMatch"] = "*"
        await self._calls.run(
            lambda store: store.call("put_object", given, digest),
            seconds=self._calls.patience.deadline(len(body)),
        )

    async def _copy_whole(self, source: ObjectInfo, target: str, origin: S3Objects) -> None:
        given = {
            "Key": self.name_of(target),
            "CopySource": origin.source_of(source.key),
            "CopySourceIfMatch": source.version,
        }
        await self._calls.run(
            lambda store: store.call("copy_object", given),
            seconds=self._calls.patience.whole,
            lane=Lane.BYTES,
        )

    def source_of(self, key: str) -> dict[str, str]:
        """Return the object as a copy within the service names it."""
        return {"Bucket": str(self.settings.bucket), "Key": self.name_of(key)}

    def may_copy_from(self, other: S3Objects) -> bool:
        """Say whether the service can copy objects of the other bucket here by itself."""
        ours, theirs = self.settings, other.settings
        return (ours.endpoint, ours.region, ours.access_key) == (
            theirs.endpoint,
            theirs.region,
            theirs.access_key,
        )

    async def call(
        self, operation: str, given: Mapping[str, Any], digest: bytes | None = None
    ) -> Mapping[str, Any]:
        """Do one operation as it is given, for the probe; a broken line is tried once more."""
        return await self._calls.run(
            lambda store: store.call(operation, given, digest),
            seconds=self._calls.patience.part,
            tries=2,
        )

    def name_of(self, key: str) -> str:
        """Return the key as the bucket has it."""
        parse_key(key)
        return self._prefix + key


def _pour(body: Any, start: int, end: int, put: Put) -> tuple[bytes, ...]:
    """Hand on a whole body, and hash its blocks. Blocks."""
    at, hasher = start, BlockHasher(with_whole=False)
    while at < end:
        with translated():
            piece = body.read(min(PIECE_BYTES, end - at))
        if not piece:
            raise Broken("The store's answer broke off.")
        hasher.update(piece)
        put(piece, at)
        at += len(piece)
    return hasher.finish().blocks or ()


def _version(said: Mapping[str, Any]) -> str:
    return str(said.get("ETag", ""))


def _modified(said: Mapping[str, Any]) -> datetime:
    moment: datetime = said["LastModified"]
    return moment


def require_version(found: str, wanted: str | None) -> None:
    """Raise `Changed` if another version was wanted."""
    if wanted and found != wanted:
        raise Changed("The object changed since it was looked at. Read its row again.")


def _check_span(
    said: Mapping[str, Any], start: int, end: int | None, given: Mapping[str, str]
) -> int:
    """Return the byte after the last that will come, if the answer is what was asked for."""
    length = int(said["ContentLength"])
    if "Range" not in given:
        return length
    status = said["ResponseMetadata"]["HTTPStatusCode"]
    span = _CONTENT_RANGE.fullmatch(str(said.get("ContentRange", "")))
    if status != 206 or span is None:  # noqa: PLR2004 - RFC 9110 15.3.7
        raise Broken(f"The store ignored the range that was asked for (it said {status}).")
    first, last, size = map(int, span.groups())
    wanted = size if end is None else end
    if (first, last + 1, length) != (start, wanted, wanted - start):
        raise Broken("The store gave another range than the one that was asked for.")
    return wanted
