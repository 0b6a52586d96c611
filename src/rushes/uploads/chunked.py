"""Chunked uploads: how long the chunks are, which of them are missing, and where their bytes lie.

1. The server says how long a chunk is: all are equal but the last, which is what is left.
2. An upload is whole when the set of its chunks is, not when so many requests have come.
3. A chunk is a power of two or a multiple of 64 MiB, so blocks and chunks never cross each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.upload import Extent, Protocol, State, Upload

KIB, MIB = 2**10, 2**20
DEFAULT_BYTES: Final = 16 * MIB
"""Where nobody knows the line: one block."""

STEP_BYTES: Final = 64 * MIB
"""Chunks longer than this are a multiple of it."""

LINE_SECONDS: Final = 10
"""For how long a chunk should keep the sender's line busy: what a lost connection costs."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
"""One spelling only: who holds a chunk holds it by this text."""


class ChunkIndexInvalid(RushesError):
    """A chunk's index is no whole number from 0 to before the number of chunks."""

    code = "chunk.invalid_index"
    kind = Kind.INVALID


class ChunkLengthWrong(RushesError):
    """A chunk has not exactly the bytes that the server asked for."""

    code = "chunk.wrong_length"
    kind = Kind.INVALID


class ChunkHashMismatch(RushesError):
    """A chunk's bytes do not have the digest that was told; none of them were kept."""

    code = "chunk.hash_mismatch"
    kind = Kind.UNUSABLE


class ChunkDiffers(RushesError):
    """This chunk is here already, with other bytes; what is here stays."""

    code = "chunk.differs"
    kind = Kind.CONFLICT


class ChunksMissing(RushesError):
    """The upload cannot be completed: some of its chunks are not here."""

    code = "chunk.missing"
    kind = Kind.CONFLICT


class UploadClosed(RushesError):
    """Every byte of the upload was here before; it takes no more."""

    code = "upload.closed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """What a chunk may be: bytes from and to, and how many of them at most."""

    min_bytes: int = MIB
    max_bytes: int = STEP_BYTES
    max_count: int = 10_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk that is here; `file` is where in the spool, at the place it has in the whole."""

    position: int
    length: int
    digest: bytes
    file: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk belongs: its index, its first byte in the whole, and how many it has."""

    index: int
    start: int
    length: int


def choose_chunk_bytes(size_bytes: int, mbit: float | None, limits: ChunkLimits) -> int:
    """Return how long the chunks of a file are.

    `mbit` is the sender's line in Mbit/s, where it was measured: a chunk then takes about ten
    seconds of it. A file of more chunks than allowed gets longer ones, whatever the line.
    """
    wanted = DEFAULT_BYTES if mbit is None else int(mbit * 1_000_000 / 8 * LINE_SECONDS)
    chunk_bytes = _floor_to_power(max(limits.min_bytes, min(limits.max_bytes, wanted)))
    while chunk_bytes < STEP_BYTES and size_bytes > chunk_bytes * limits.max_count:
        chunk_bytes *= 2
    steps = -(-size_bytes // (STEP_BYTES * limits.max_count))
    return max(chunk_bytes, STEP_BYTES * steps) if steps > 1 else chunk_bytes


def count_chunks(size_bytes: int, chunk_bytes: int) -> int:
    """Return how many chunks a file has; an empty one has none."""
    return -(-size_bytes // chunk_bytes)


def parse_index(text: str, count: int) -> int:
    """Return a chunk's index.

    Raises:
        ChunkIndexInvalid: it is no whole number, or there is no such chunk.
    """
    if _INDEX.fullmatch(text) is None or int(text) >= count:
        raise ChunkIndexInvalid(
            f"{text[:20]!r} is no chunk of this upload. Its chunks are 0 to {count - 1}."
            if count
            else "This upload is empty and has no chunks. Complete it.",
            chunk_count=count,
        )
    return int(text)


def require_chunked(upload: Upload) -> tuple[int, int]:
    """Return the length of an upload and of its chunks.

    Raises:
        UploadClosed: it does not come in chunks.
    """
    if upload.protocol is not Protocol.CHUNKED or upload.size_bytes is None:
        raise UploadClosed(f"This upload comes by {upload.protocol}, not in chunks. Go on with it.")
    return upload.size_bytes, upload.chunk_bytes or DEFAULT_BYTES


def plan_chunk(upload: Upload, text: str, length: int | None) -> Place:
    """Decide whether a chunk may come; nothing was read of its body yet.

    `text` is its index as it was sent, `length` that of the body where it was told.

    Raises:
        UploadGone: the upload has ended.
        UploadClosed: it is completed, or does not come in chunks.
        ChunkIndexInvalid: it has no such chunk.
        ChunkLengthWrong: the body is longer or shorter than the chunk.
    """
    size_bytes, chunk_bytes = require_chunked(upload.answering())
    if upload.state is not State.RECEIVING:
        raise UploadClosed(f"This upload is {upload.state} and takes no more chunks.")
    index = parse_index(text, count_chunks(size_bytes, chunk_bytes))
    start = index * chunk_bytes
    place = Place(index, start, min(chunk_bytes, size_bytes - start))
    if length is not None:
        require_length(place, length)
    return place


def require_length(place: Place, length: int) -> None:
    """Return if a body is as long as its chunk.

    Raises:
        ChunkLengthWrong: it is not.
    """
    if length != place.length:
        raise ChunkLengthWrong(
            f"Chunk {place.index} has {place.length} bytes, not {length}. Send exactly those.",
            expected_bytes=place.length,
        )


def require_all(positions: Sequence[int], count: int) -> None:
    """Return if every chunk is here; `positions` are in order.

    Raises:
        ChunksMissing: some are not; the facts name them.
    """
    missing = find_missing(positions, count)
    if missing:
        raise ChunksMissing(
            f"{len(positions)} of {count} chunks are here. Send those that are missing, then "
            "complete it again.",
            missing=missing,
            received=len(positions),
            total=count,
        )


def find_ranges(positions: Iterable[int]) -> list[list[int]]:
    """Return indices in order as ranges, first and last of each: `[[0, 41], [43, 60]]`."""
    ranges: list[list[int]] = []
    for position in positions:
        if ranges and ranges[-1][1] == position - 1:
            ranges[-1][1] = position
        else:
            ranges.append([position, position])
    return ranges


def find_missing(positions: Iterable[int], count: int) -> list[list[int]]:
    """Return the indices below `count` that are not among these, as ranges."""
    missing: list[list[int]] = []
    expected = 0
    for first, last in [*find_ranges(positions), [count, count]]:
        if expected < first:
            missing.append([expected, first - 1])
        expected = last + 1
    return missing


def find_extents(chunks: Iterable[Chunk], chunk_bytes: int) -> tuple[Extent, ...]:
    """Return where the bytes of chunks in order lie; neighbours in one file are one extent."""
    extents: list[Extent] = []
    for chunk in chunks:
        start = chunk.position * chunk_bytes
        last = extents[-1] if extents else None
        if last and last.file == chunk.file and last.start + last.length == start:
            extents[-1] = replace(last, length=last.length + chunk.length)
        else:
            extents.append(Extent(chunk.file, start, chunk.length))
    return tuple(extents)


def holds_blocks(chunk_bytes: int) -> bool:
    """Say whether a chunk consists of whole blocks, so that they are hashed while it comes."""
    return chunk_bytes % BLOCK_BYTES == 0


def find_block_of(place: Place, chunk_bytes: int, size_bytes: int) -> range:
    """Return the indices of all chunks that lie in the same block as this one."""
    first = place.start // BLOCK_BYTES * BLOCK_BYTES
    end = min(size_bytes, first + BLOCK_BYTES)
    return range(first // chunk_bytes, count_chunks(end, chunk_bytes))


def _floor_to_power(number: int) -> int:
    return 1 << (number.bit_length() - 1)
