"""Multipart uploads of an S3 store: begin, send parts, list them, complete or give up.

What Complete answers is never the truth: it may say 200 with an error or an empty body, or break
off after it worked. So the store is asked for the object, always.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rushes.stores.parts import Part
from rushes.stores.provider import PartProof
from rushes.stores.s3_calls import Lane
from rushes.stores.s3_client import Connection
from rushes.stores.s3_objects import (
    COPY_AT_ONCE_BYTES,
    COPY_PART_BYTES,
    S3Objects,
    require_version,
)
from rushes.stores.store import (
    Broken,
    Busy,
    Changed,
    Exists,
    NotFound,
    ObjectInfo,
    Unreachable,
)


@dataclass(frozen=True, slots=True)
class Multipart:
    """An upload that was begun and neither completed nor given up."""

    key: str
    store_upload_id: str
    begun_at: datetime


class S3Multiparts(S3Objects):
    """What is done with an object by many requests."""

    async def begin(self, key: str) -> str:
        """Begin an upload of parts, and return the store's id of it.

        Raises:
            Exists: the key is taken.
        """
        await self.refuse_taken(key)
        name = self.name_of(key)
        said = await self._calls.ask(
            lambda store: store.call("create_multipart_upload", {"Key": name})
        )
        return str(said["UploadId"])

    async def part(
        self,
        key: str,
        store_upload_id: str,
        number: int,
        data: bytes | bytearray,
        digest: bytes | None = None,
    ) -> Part:
        """Send part `number` (from 1); it may come again, and the last wins.

        `digest` is the SHA-256 of `data` where it is known; a server that checks it refuses other
        bytes, and `Broken` is raised.
        """
        given: dict[str, Any] = {
            "Key": self.name_of(key),
            "UploadId": store_upload_id,
            "PartNumber": number,
            "Body": data,
        }

        def send(store: Connection) -> Mapping[str, Any]:
            proof = digest or hashlib.sha256(data).digest()
            if self.abilities.part_proof is PartProof.MD5:
                given["ContentMD5"] = b64encode(
                    hashlib.md5(data, usedforsecurity=False).digest()
                ).decode()
            return store.call("upload_part", given, proof)

        said = await self._calls.run(send, seconds=self._calls.patience.deadline(len(data)))
        return Part(number, len(data), str(said.get("ETag", "")))

    async def parts(self, key: str, store_upload_id: str) -> tuple[Part, ...]:
        """Return all parts that the store holds, by number: the truth for going on.

        Raises:
            NotFound: the store knows no such upload; it may be complete.
        """
        given: dict[str, Any] = {"Key": self.name_of(key), "UploadId": store_upload_id}
        held: list[Part] = []
        while True:
            said = await self._calls.ask(lambda store: store.call("list_parts", given))
            rows = said.get("Parts", [])
            held += [Part(int(r["PartNumber"]), int(r["Size"]), str(r["ETag"])) for r in rows]
            if not said.get("IsTruncated", False) or not rows:
                return tuple(sorted(held, key=lambda part: part.number))
            given["PartNumberMarker"] = held[-1].number

    async def complete(self, key: str, store_upload_id: str, parts: Sequence[Part]) -> ObjectInfo:
        """Make the object of its parts; twice is fine.

        The object is there with the right size when this returns. Its bytes are proved by `prove`.

        Raises:
            Exists: another object has the key.
            NotFound: the store knows neither the upload nor the object.
            Broken: the object has another size than its parts; it was deleted.
        """
        size = sum(part.size_bytes for part in parts)
        before = await self.find(key)
        if before is not None:
            if before.size_bytes == size:
                return before
            raise Exists("The store holds another object with this key already.")
        trouble: Broken | Busy | NotFound | Unreachable | None = None
        for tried in range(1, self._calls.patience.tries + 1):
            try:
                await self._complete_once(key, store_upload_id, parts)
            except (Broken, Busy, NotFound, Unreachable) as error:
                trouble = error
            except Changed as error:
                if trouble is None:
                    raise Exists("Another writer was at the same key.") from error
            if (found := await self.find(key)) is not None:
                return await self._take_sized(found, size)
            await self._calls.pause(tried)
        raise trouble or Broken("The store says complete, but there is no such object.")

    async def _complete_once(self, key: str, store_upload_id: str, parts: Sequence[Part]) -> None:
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        given: dict[str, Any] = {"Key": self.name_of(key), "UploadId": store_upload_id}
        if self.abilities.refuses_taken_complete:
            given["IfNoneMatch"] = "*"
        await self._calls.run(
            lambda store: store.call(
                "complete_multipart_upload", {**given, "MultipartUpload": {"Parts": listed}}
            ),
            seconds=self._calls.patience.whole,
            tries=1,
        )

    async def _take_sized(self, found: ObjectInfo, size_bytes: int) -> ObjectInfo:
        if found.size_bytes == size_bytes:
            return found
        await self.delete(found.key)
        raise Broken("The store made an object of another size; it was deleted. Send it again.")

    async def abort(self, key: str, store_upload_id: str) -> None:
        """Give an upload up, and its parts; twice is fine."""
        given = {"Key": self.name_of(key), "UploadId": store_upload_id}
        try:
            await self._calls.ask(lambda store: store.call("abort_multipart_upload", given))
        except NotFound:
            return

    async def list_multiparts(self, prefix: str = "") -> list[Multipart]:
        """Return every upload that was begun and never ended, by key: its parts cost money."""
        given: dict[str, Any] = {"Prefix": self._prefix + prefix}
        found: list[Multipart] = []
        while True:
            said = await self._calls.ask(lambda store: store.call("list_multipart_uploads", given))
            for row in said.get("Uploads", []):
                key = str(row["Key"]).removeprefix(self._prefix)
                found.append(Multipart(key, str(row["UploadId"]), row["Initiated"]))
            if not said.get("IsTruncated", False):
                return found
            given["KeyMarker"] = said["NextKeyMarker"]
            given["UploadIdMarker"] = said["NextUploadIdMarker"]

    async def copy_within(self, source: str, target: str) -> ObjectInfo:
        """Make the object at `target` that has the bytes of `source`; none pass through us.

        Raises:
            Exists: the key is taken.
            Broken: the copy has another size; it was deleted.
        """
        return await self.copy_from(self, source, target)

    async def copy_from(self, origin: S3Objects, source: str, target: str) -> ObjectInfo:
        """Make the object at `target` of one in another bucket of the same service.

        Raises:
            Exists, Broken: as `copy_within`.
            Refused, Unsupported: the service does not do that for us.
        """
        found = await origin.head(source)
        if found.size_bytes > COPY_AT_ONCE_BYTES:
            return await self.copy_by_parts(found, target, COPY_PART_BYTES, origin)
        await self.refuse_taken(target)
        await self._copy_whole(found, target, origin)
        return await self._take_sized(await self.head(target), found.size_bytes)

    async def copy_by_parts(
        self, source: ObjectInfo, target: str, part_bytes: int, origin: S3Objects | None = None
    ) -> ObjectInfo:
        """Make the object at `target` of ranges of another one, `part_bytes` each.

        The version is compared at the end: Swift refuses the right one on a range.
        """
        origin, parts = origin or self, list[Part]()
        store_upload_id = await self.begin(target)
        try:
            for number, start in enumerate(range(0, source.size_bytes, part_bytes), 1):
                end = min(start + part_bytes, source.size_bytes)
                given = {
                    "Key": self.name_of(target),
                    "UploadId": store_upload_id,
                    "PartNumber": number,
                    "CopySource": origin.source_of(source.key),
                    "CopySourceRange": f"bytes={start}-{end - 1}",
                }
                parts.append(await self._copy_part(given, end - start))
            require_version((await origin.head(source.key)).version, source.version)
            return await self.complete(target, store_upload_id, parts)
        except BaseException:
            await self.abort(target, store_upload_id)
            raise

    async def _copy_part(self, given: Mapping[str, Any], size_bytes: int) -> Part:
        said = await self._calls.run(
            lambda store: store.call("upload_part_copy", given),
            seconds=self._calls.patience.whole,
            lane=Lane.BYTES,
        )
        return Part(int(given["PartNumber"]), size_bytes, str(said["CopyPartResult"]["ETag"]))
