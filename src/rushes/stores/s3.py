"""A bucket as a store: whole objects in and out, each proved by its blocks.

1. No ETag is a digest, and no success is believed: the object is looked at and its blocks are read
   back, some where the server proved each part on its way in, else all.
2. What is wrong is deleted before anybody is told that it is there.
3. `presign_` methods only sign; nothing is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import mmap
import os
import secrets
import stat
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from pathlib import Path
from typing import Final, Self

from rushes.errors import RushesError
from rushes.sections import StoreSettings
from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.folder import READ
from rushes.stores.parts import SINGLE_BYTES, Cuts, Cutter, Part, cut
from rushes.stores.patience import Patience
from rushes.stores.provider import Abilities, PartProof, Provider, quirks_of
from rushes.stores.s3_client import Form
from rushes.stores.s3_multipart import S3Multiparts
from rushes.stores.store import Broken, Changed, Exists, NotFound, ObjectInfo

STREAMS: Final = 4
"""Parts on their way at once, of one object; the memory of a copy is as many parts."""

IN_MEMORY_BYTES: Final = 64 * 2**20
"""Larger parts are sent from the file's own pages."""

PROVED_ONE_IN: Final = 50
"""One block of so many is read back where the server proved each part."""

READS: Final = 3
"""A block that comes back wrong is read so often before the object is called wrong."""

_READ_BYTES: Final = 2**20


class S3Store(S3Multiparts):
    """The store in one bucket; `open_s3` makes it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def put(self, key: str, source: AsyncIterable[bytes], known: Fingerprint) -> ObjectInfo:
        """Write an object that is visible only when it is whole, durable and as `known`.

        Memory: one part, at most 16 MiB for objects up to 156 GiB, and 528 MiB for one of 5 TiB.
        Where a file is at hand, `adopt` sends large parts from its own pages.
        """
        if known.size_bytes <= SINGLE_BYTES:
            await self.refuse_taken(key)
            body = await _gather(source, known.size_bytes)
            return await self._put_single(key, body, known)
        hasher, parts = BlockHasher(with_whole=known.whole is not None), list[Part]()
        cutter = Cutter(cut(known.size_bytes).part_bytes)
        async with self._begun(key, None) as store_upload_id:

            async def send(data: bytearray) -> None:
                await asyncio.to_thread(hasher.update, data)
                number = len(parts) + 1
                if hasher.size_bytes > known.size_bytes:
                    raise Broken("The source holds more bytes than it should. Nothing was kept.")
                parts.append(await self.part(key, store_upload_id, number, data))

            async for piece in source:
                for data in cutter.take(piece):
                    await send(data)
            if rest := cutter.finish():
                await send(rest)
            read = hasher.finish()
            _require_confirmed(known, read)
            await self.complete(key, store_upload_id, parts)
        return await self._prove_or_delete(key, read)

    async def adopt(
        self, key: str, path: Path, known: Fingerprint, store_upload_id: str | None = None
    ) -> ObjectInfo:
        """Make the object from a local file that is never written again.

        With the id of an upload that was begun before, only parts that the store does not hold
        are sent, all of the object is read back, and the upload stays where this fails.

        Raises:
            Exists: the key is taken; `prove` says whether by the same bytes.
            Broken: the file, or what came back, has other bytes than `known`; nothing is visible.
        """
        await self.refuse_taken(key)
        file = await asyncio.to_thread(os.open, path, READ)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_size != known.size_bytes:
                raise Broken("The file to keep is not what it should be. Make it again.")
            if known.size_bytes <= SINGLE_BYTES and store_upload_id is None:
                body = await asyncio.to_thread(os.pread, file, known.size_bytes, 0)
                return await self._put_single(key, body, known)
            if known.blocks is None:
                read = await asyncio.to_thread(_fingerprint, file, known)
                _require_confirmed(known, read)
                known = read
            async with self._begun(key, store_upload_id) as upload_id:
                is_resumed = await self._send_file(key, upload_id, file, known)
            return await self._prove_or_delete(key, known, fully=is_resumed)
        finally:
            os.close(file)

    async def join(
        self,
        key: str,
        store_upload_id: str,
        parts: Sequence[Part],
        known: Fingerprint,
        *,
        fully: bool = False,
    ) -> ObjectInfo:
        """Make the object of parts that were sent one by one, and prove it; wrong, it is deleted.

        Raises:
            Exists, NotFound, Broken: as `complete`, and as `prove`.
        """
        await self.complete(key, store_upload_id, parts)
        return await self._prove_or_delete(key, known, fully=fully)

    async def prove(self, key: str, known: Fingerprint, *, fully: bool = True) -> ObjectInfo:
        """Read the object back and return what the store says of it.

        Where the server proved each part, `fully=False` reads the first, the last and 2 % of the
        blocks.

        Raises:
            Broken: it has other bytes than `known`.
        """
        found = await self.head(key)
        if found.size_bytes != known.size_bytes:
            raise Broken("The object in the store has another size than it should.")
        if known.blocks is None:
            hasher = BlockHasher(with_blocks=False)
            async for piece in self.get(key, if_version=found.version):
                hasher.update(piece)
            _require_confirmed(known, hasher.finish())
            return found
        is_sample = self.abilities.part_proof is not PartProof.NONE and not fully
        blocks = known.blocks

        async def read(number: int) -> None:
            await self._prove_block(found, number, blocks[number])

        await _each(choose(len(blocks)) if is_sample else range(len(blocks)), read)
        return found

    def presign_get(
        self,
        key: str,
        seconds: int,
        disposition: str | None = None,
        media_type: str | None = None,
    ) -> str:
        """Return an address that gives the object, ranges too, for `seconds`.

        `disposition` and `media_type` are the headers that the answer will have.
        """
        given = {
            "ResponseContentDisposition": disposition,
            "ResponseContentType": media_type,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        return self._presigner.sign("get_object", seconds, {"Key": self.name_of(key), **chosen})

    def presign_put(self, key: str, size_bytes: int | None, seconds: int) -> str:
        """Return an address that takes an object of `size_bytes`, or of any length, by one PUT."""
        given = {"Key": self.name_of(key), "ContentLength": size_bytes}
        return self._presigner.sign("put_object", seconds, given)

    def presign_form(self, key: str, most_bytes: int, seconds: int) -> Form | None:
        """Return a form that takes an object of up to `most_bytes`; None where none is taken."""
        if not quirks_of(Provider(self.settings.provider)).takes_forms:
            return None
        return self._presigner.sign_form(seconds, self.name_of(key), most_bytes)

    def presign_part(
        self, key: str, store_upload_id: str, number: int, size_bytes: int | None, seconds: int
    ) -> str:
        """Return an address that takes part `number`, of `size_bytes` or any length."""
        given = {
            "Key": self.name_of(key),
            "UploadId": store_upload_id,
            "PartNumber": number,
            "ContentLength": size_bytes,
        }
        return self._presigner.sign("upload_part", seconds, given)

    async def _put_single(
        self, key: str, body: bytes | bytearray, known: Fingerprint
    ) -> ObjectInfo:
        hasher = BlockHasher(with_whole=known.whole is not None)
        await asyncio.to_thread(hasher.update, body)
        read = hasher.finish()
        _require_confirmed(known, read)
        await self.refuse_taken(key)
        try:
            await self._put_whole(key, body, hashlib.sha256(body).digest())
        except Changed as error:  # by us, if the answer to a first try was lost
            await self._require_ours(key, read, error)
        return await self._prove_or_delete(key, read)

    async def _require_ours(self, key: str, read: Fingerprint, trouble: Changed) -> None:
        try:
            await self.prove(key, read)
        except Broken:
            raise Exists("Another writer was at the same key.") from trouble
        except NotFound:
            raise trouble from None

    async def _send_file(
        self, key: str, store_upload_id: str, file: int, known: Fingerprint
    ) -> bool:
        """Send what the store does not hold, and complete; say whether it held something."""
        cuts = cut(known.size_bytes)
        held = {
            part.number: part
            for part in await self.parts(key, store_upload_id)
            if part.number <= cuts.count and part.size_bytes == cuts.part_size(part.number)
        }
        is_resumed = bool(held)

        async def send(number: int) -> None:
            data, digest = await asyncio.to_thread(self._read_part, file, cuts, number, known)
            held[number] = await self.part(key, store_upload_id, number, data, digest)

        missing = [number for number in range(1, cuts.count + 1) if number not in held]
        await _each(missing, send)
        await self.complete(key, store_upload_id, [held[number] for number in sorted(held)])
        return is_resumed

    def _read_part(
        self, file: int, cuts: Cuts, number: int, known: Fingerprint
    ) -> tuple[bytes, bytes]:
        """Return a part's bytes and their SHA-256; where the server checks it, we do not."""
        start, end = cuts.span(number)
        data = _slice(file, start, end)
        expected = cuts.digest(number, known.blocks)
        if expected is not None and self.abilities.part_proof is PartProof.SHA256:
            return data, expected
        first = start // BLOCK_BYTES
        digests = tuple(
            hashlib.sha256(memoryview(data)[at : at + BLOCK_BYTES]).digest()
            for at in range(0, end - start, BLOCK_BYTES)
        )
        if known.blocks is not None and known.blocks[first : first + len(digests)] != digests:
            raise Broken("The file to keep holds other bytes than it should. Make it again.")
        return data, digests[0] if len(digests) == 1 else hashlib.sha256(data).digest()

    async def _prove_block(self, found: ObjectInfo, number: int, digest: bytes) -> None:
        start = number * BLOCK_BYTES
        end = min(start + BLOCK_BYTES, found.size_bytes)
        for _ in range(READS):
            block = hashlib.sha256()
            async for piece in self.get(found.key, start, end, found.version):
                block.update(piece)
            if block.digest() == digest:
                return
        raise Broken("The object in the store holds other bytes than it should.")

    async def _prove_or_delete(
        self, key: str, known: Fingerprint, *, fully: bool = False
    ) -> ObjectInfo:
        try:
            return await self.prove(key, known, fully=fully)
        except (Broken, NotFound) as error:
            await self.delete(key)
            raise Broken(
                "What came back from the store is not what was sent; it was deleted. Send it again."
            ) from error

    @contextlib.asynccontextmanager
    async def _begun(self, key: str, store_upload_id: str | None) -> AsyncIterator[str]:
        """Give an upload of parts; one that was begun here is given up where this fails."""
        upload_id = store_upload_id or await self.begin(key)
        try:
            yield upload_id
        except BaseException:
            if store_upload_id is None:
                with contextlib.suppress(RushesError):  # the sweep finds it
                    await self.abort(key, upload_id)
            raise


async def open_s3(
    name: str,
    settings: StoreSettings,
    abilities: Abilities | None = None,
    patience: Patience | None = None,
) -> S3Store:
    """Open the store in a bucket; nothing is sent. `abilities` are what a probe found."""
    store = await asyncio.to_thread(S3Store, name, settings, patience or Patience())
    if abilities is not None:
        store.abilities = abilities
    return store


async def _gather(source: AsyncIterable[bytes], most: int) -> bytearray:
    body = bytearray()
    async for piece in source:
        body += piece
        if len(body) > most:
            raise Broken("The source holds more bytes than it should. Nothing was kept.")
    return body


def _fingerprint(file: int, known: Fingerprint) -> Fingerprint:
    hasher = BlockHasher(with_whole=known.whole is not None)
    at = 0
    while piece := os.pread(file, _READ_BYTES, at):
        hasher.update(piece)
        at += len(piece)
    return hasher.finish()


def _require_confirmed(known: Fingerprint, read: Fingerprint) -> None:
    if not known.is_confirmed_by(read):
        raise Broken("The bytes are not those that were expected. Nothing was kept.")


def _slice(file: int, start: int, end: int) -> bytes:
    if end - start > IN_MEMORY_BYTES:
        return mmap.mmap(file, end - start, prot=mmap.PROT_READ, offset=start)  # type: ignore[return-value] # a buffer that the SDK reads as a file
    data = os.pread(file, end - start, start)
    if len(data) != end - start:
        raise Broken("The file to keep is not what it should be. Make it again.")
    return data


def choose(blocks: int) -> list[int]:
    """Return the first and the last block, and one in fifty by chance."""
    chance = secrets.SystemRandom()
    few = chance.sample(range(blocks), -(-blocks // PROVED_ONE_IN))
    return sorted({0, blocks - 1, *few}) if blocks else []


async def _each(numbers: Iterable[int], work: Callable[[int], Awaitable[None]]) -> None:
    """Work on each number, some at once; the first failure ends all."""
    waiting = iter(numbers)

    async def stream() -> None:
        for number in waiting:
            await work(number)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(STREAMS):
                group.create_task(stream())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
