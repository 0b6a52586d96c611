"""Concatenation in words: partial uploads, the final ones made of them, and groups in one file.

1. A final upload takes the extents and block digests of its partials; no byte moves for it.
2. Partials that tell their group, place and total share one file, so a final of a whole group is
   one extent, and its root is known when its last byte is.
3. A final is asked for once: the same partials in the same order, with the same metadata, are the
   same upload, so a sender whose answer was lost may ask again.

Source: https://tus.io/protocols/resumable-upload#concatenation
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.ids import Prefix, is_id
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import Block, count_blocks
from rushes.uploads.upload import PARTIAL, Extent, State, Upload, UploadMissing

MAX_ENTRIES: Final = 1_000
MAX_REPEATS: Final = 10
"""How often one partial may stand in a final; each time counts as bytes of its own."""

FILES: Final = "files"
"""The last but one part of an upload's address."""

GROUP_DIGITS: Final = 32
"""A group is named by 128 bits in hexadecimal digits, chosen by the client."""


GROUP_FILE: Final = ".group"
"""How the name of a group's file ends: where its partials find it while they begin."""


class BadConcat(RushesError):
    """Upload-Concat cannot be read, or names too many uploads."""

    code = "upload.bad_concat"
    kind = Kind.INVALID


class NotPartial(RushesError):
    """A final upload may only be made of partial uploads."""

    code = "upload.not_partial"
    kind = Kind.INVALID


class PartialTaken(RushesError):
    """The bytes of a partial upload went into another upload."""

    code = "upload.partial_taken"
    kind = Kind.GONE


class BadGroup(RushesError):
    """What a partial upload tells of its group cannot be."""

    code = "upload.bad_group"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Concat:
    """What Upload-Concat asks for; `partial_ids` None: a partial. `text` is as it was sent."""

    text: str
    partial_ids: tuple[str, ...] | None = None

    @property
    def is_final(self) -> bool:
        """Whether it asks for a final upload."""
        return self.partial_ids is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partial belongs: from byte `start` on in the file of `total` bytes of its group."""

    group: str
    start: int
    total: int


@dataclass(frozen=True, slots=True)
class Member:
    """A partial that has a place in a group, from `start` to before `end`."""

    start: int
    end: int
    total: int
    is_live: bool
    """Whether its bytes still count; a dead one's writer may still be at its place."""
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A partial as its final reads it: where its bytes lie, and what they hash to."""

    upload: Upload
    extents: tuple[Extent, ...]
    digests: tuple[bytes, ...]


def parse_concat(text: str) -> Concat:
    """Read `partial`, or `final;` and the addresses of partials.

    Raises:
        BadConcat: it is neither, or names too many.
        UploadMissing: an address is none of an upload.
    """
    if text.strip() == PARTIAL:
        return Concat(PARTIAL)
    word, semicolon, rest = text.partition(";")
    addresses = rest.split()
    if word.strip() != "final" or not semicolon or not addresses:
        raise BadConcat("Upload-Concat is `partial`, or `final;` and the addresses of partials.")
    if len(addresses) > MAX_ENTRIES:
        raise BadConcat(f"A final upload is made of at most {MAX_ENTRIES} partials.")
    partial_ids = tuple(map(_find_id, addresses))
    if max(Counter(partial_ids).values()) > MAX_REPEATS:
        raise BadConcat(f"One partial stands at most {MAX_REPEATS} times in a final upload.")
    return Concat(text, partial_ids)


def require_partials(
    partial_ids: Sequence[str], found: Iterable[Upload], owner: tuple[str | None, str | None]
) -> list[Upload]:
    """Return the partials in the order of a final; `owner` is (account_id, link_id).

    Raises:
        UploadMissing: one is not there, or is another's.
        UploadGone: one has ended.
        NotPartial: one is a whole upload.
    """
    known = {upload.id: upload for upload in found}
    partials = [known.get(partial_id) for partial_id in partial_ids]
    mine = [one for one in partials if one and (one.account_id, one.link_id) == owner]
    if len(mine) < len(partials):
        raise UploadMissing("One of the partial uploads is not there. Send its bytes again.")
    for one in mine:
        if not one.answering().is_partial:
            raise NotPartial(f"{one.id} is no partial upload. Name partial uploads only.")
    return mine


def find_size(partials: Iterable[Upload]) -> int | None:
    """Return how many bytes a final of these will have; None while one's length is unknown."""
    sizes = [one.size_bytes for one in partials]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def is_ready(partials: Iterable[Upload]) -> bool:
    """Say whether a final may take its partials: each is whole, and its bytes are in the spool."""
    return all(one.state is State.COMPLETED and one.is_spooled for one in partials)


def is_lost(partials: Iterable[Upload]) -> bool:
    """Say whether a final can never be whole: one of its partials ended, or was taken."""
    return any(one.is_gone or not one.is_spooled for one in partials)


def join_extents(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    """Return the extents in order, neighbours in one file as one, empty ones left out."""
    joined: list[Extent] = []
    for extent in extents:
        last = joined[-1] if joined else None
        if not extent.length:
            continue
        if last and last.file == extent.file and last.start + last.length == extent.start:
            joined[-1] = Extent(last.file, last.start, last.length + extent.length)
        else:
            joined.append(extent)
    return tuple(joined)


def shift_blocks(sources: Sequence[Source]) -> tuple[Block, ...]:
    """Return the digests of a final's blocks, where its partials' blocks are its own.

    They are if each partial begins at the start of a block; else nothing is returned, and the bytes
    are hashed when they are taken in.
    """
    blocks: list[Block] = []
    at = 0
    for source in sources:
        size = source.upload.offset
        if at % BLOCK_BYTES or len(source.digests) != count_blocks(size):
            return ()
        first = at // BLOCK_BYTES
        blocks += [Block(first + number, digest) for number, digest in enumerate(source.digests)]
        at += size
    return tuple(blocks)


def plan_place(place: Place, size_bytes: int | None, members: Sequence[Member]) -> bool:
    """Say whether a partial may write into its group's file; False: into one of its own.

    Where another has ended whose place this was, its writer may still be at it.

    Raises:
        BadGroup: it does not fit into the group, or bytes of another are there.
    """
    if size_bytes is None or size_bytes == 0 or place.start + size_bytes > place.total:
        raise BadGroup(
            "A partial of a group has bytes, tells how many, and ends within rushes_total."
        )
    if any(one.total != place.total for one in members):
        raise BadGroup("The group has another rushes_total. Use a new group for another file.")
    if any(one.is_taken for one in members):
        raise BadGroup("The group went into an upload already. Use a new one for another file.")
    end = place.start + size_bytes
    there = [one for one in members if one.start < end and place.start < one.end]
    if any(one.is_live for one in there):
        raise BadGroup("Another partial of this group has bytes at this place. Send the others.")
    return not there


def is_whole_group(places: Iterable[tuple[int, int]], total: int) -> bool:
    """Say whether these (start, end) in order are all of a group's file."""
    ends = sorted(set(places))
    if not ends or ends[0][0] != 0 or ends[-1][1] != total:
        return False
    return all(before[1] == after[0] for before, after in pairwise(ends))


def name_group(owner: str, group: str) -> str:
    """Return the name of a group's file, relative to the spool."""
    digest = hashlib.sha256(f"{owner} {group}".encode()).hexdigest()[:40]
    return f"{digest[-2:]}/{digest}{GROUP_FILE}"


def parse_place(group: str | None, start: str | None, total: str | None) -> Place | None:
    """Read what a partial tells of its group; None where it tells nothing.

    Raises:
        BadGroup: it tells a part of it, or what cannot be.
    """
    if group is None and start is None and total is None:
        return None
    if group is None or start is None or total is None:
        raise BadGroup("Send rushes_group, rushes_start and rushes_total together.")
    if len(group) != GROUP_DIGITS or not set(group) <= set("0123456789abcdef"):
        raise BadGroup(f"rushes_group is {GROUP_DIGITS} hexadecimal digits in lower case.")
    if not (_is_number(start) and _is_number(total)):
        raise BadGroup("rushes_start and rushes_total are numbers of bytes in decimal digits.")
    if int(start) % BLOCK_BYTES:
        raise BadGroup(f"rushes_start is a multiple of {BLOCK_BYTES}.")
    return Place(group, int(start), int(total))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15  # noqa: PLR2004 - see tus


def _find_id(address: str) -> str:
    """Return the id in an address, absolute or relative, of an account or a link."""
    path = address.partition("#")[0].partition("?")[0].rstrip("/")
    before, _, upload_id = path.rpartition("/")
    is_route = not before or before == FILES or before.endswith(f"/{FILES}")
    if not is_route or not is_id(Prefix.UPLOAD, upload_id):
        raise UploadMissing("Upload-Concat names what is no upload here. Send its bytes again.")
    return upload_id
