"""Direct: uploads whose bytes go past us, into the bucket of the archive.

1. What is told of a part is never believed: the list that the store gives is judged.
2. Parts are equal but the last; of an upload that told no size the client chooses them.
3. Who sends by one PUT tells no end, so somebody looks: after 5 s, 15 s, then each minute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.stores.parts import PARTS_AT_MOST, Cuts, Part, cut
from rushes.uploads.chunked import find_ranges

SINGLE_BYTES: Final = 100 * 2**20
"""Up to here one PUT is enough."""

PUT_BYTES: Final = 5 * 2**30
"""What S3 takes by one request at most: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html."""

URL_LIFE: Final = timedelta(minutes=15)
"""Life of an address that takes bytes; a client asks for another as it goes."""

LANDING: Final = "landing/"

FOLDER: Final = ""
"""Name of an archive that is a folder, where the name of a store is asked for."""

SIGNED_AT_ONCE: Final = 100
FIRST_SIGNED: Final = 16
"""How many addresses come along with a new upload."""

LOOKS: Final = (timedelta(seconds=5), timedelta(seconds=15))
LOOK_EVERY: Final = timedelta(seconds=60)
LOOK_AT_UNSIZED_EVERY: Final = timedelta(minutes=10)

_NUMBERS: Final = re.compile(r"[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*", re.ASCII)


class DirectUnavailable(RushesError):
    """This server takes all bytes itself."""

    code = "direct.unavailable"
    kind = Kind.UNSUPPORTED


class BadPart(RushesError):
    """The number of a part makes no sense here."""

    code = "direct.bad_part"
    kind = Kind.INVALID


class PartsWrong(RushesError):
    """The store does not hold the parts of the whole file."""

    code = "direct.parts_wrong"
    kind = Kind.CONFLICT


class ObjectWrong(RushesError):
    """The store does not hold the file that was announced."""

    code = "direct.object_wrong"
    kind = Kind.CONFLICT


class SizeNeeded(RushesError):
    """Room is limited here, and nothing would bound what an address takes."""

    code = "direct.size_needed"
    kind = Kind.INVALID


class StoreChanged(RushesError):
    """An upload's bytes lie in a store that is not the archive's any more."""

    code = "direct.store_changed"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Direct:
    """Where an upload's bytes go; `store_upload_id` None is one PUT, `part_bytes` None no size."""

    upload_id: str
    store: str
    key: str
    store_upload_id: str | None
    part_bytes: int | None
    look_at: datetime | None
    is_foreign: bool = False
    """Whether somebody else put the object there, and it is theirs: we never delete it."""

    @property
    def is_single(self) -> bool:
        """Whether it comes by one PUT."""
        return self.store_upload_id is None


def require_store(direct: Direct, name: str) -> None:
    """Return if an upload's bytes lie in the archive's store.

    Raises:
        StoreChanged: the archive is another one now. Nothing is lost: the bytes stay there.
    """
    if direct.store != name:
        raise store_changed(direct, name or None)


def store_changed(direct: Direct, name: str | None) -> StoreChanged:
    """Return the error of an upload whose bytes lie elsewhere than the archive is now."""
    return StoreChanged(
        f"The bytes of this upload lie in {_tell_store(direct.store)}, and the archive is "
        f"{_tell_store(name)} now. Set tiers.archive.store back until it is filed."
    )


def _tell_store(name: str | None) -> str:
    return f"the store {name}" if name else "a folder"


def landing_key(upload_id: str) -> str:
    """Return where one PUT puts its bytes, before they are brought to their final key."""
    return f"{LANDING}{upload_id}"


def part_size(direct: Direct, size_bytes: int | None, number: int) -> int | None:
    """Return the bytes of part `number` (from 1); None where the client decides.

    Raises:
        BadPart: the file has no such part.
    """
    if not 1 <= number <= PARTS_AT_MOST:
        raise BadPart(f"Part {number} cannot be. Parts are numbered from 1 to {PARTS_AT_MOST}.")
    if size_bytes is None or direct.part_bytes is None:
        return None
    cuts = Cuts(size_bytes, direct.part_bytes)
    if number > cuts.count:
        raise BadPart(f"The file has {cuts.count} parts; there is no part {number}.")
    return cuts.part_size(number)


def cut_whole(direct: Direct | None, size_bytes: int, etag: str) -> tuple[Part, ...]:
    """Return the parts of an object that is whole already, as its sender counts them.

    Of one that is an original (`direct` is None) nothing is known but how a size is cut.
    """
    part_bytes = direct.part_bytes if direct is not None else cut(size_bytes).part_bytes
    cuts = Cuts(size_bytes, part_bytes or max(1, size_bytes))
    return tuple(Part(n, cuts.part_size(n), etag) for n in range(1, cuts.count + 1))


def parse_numbers(text: str) -> tuple[int, ...]:
    """Return part numbers that are written with commas between.

    Raises:
        BadPart: that is no list of them, or too long a one.
    """
    if _NUMBERS.fullmatch(text) is None:
        raise BadPart("Name the parts by their numbers, with commas between: 1,2,3.")
    numbers = tuple(dict.fromkeys(int(number) for number in text.split(",")))
    if len(numbers) > SIGNED_AT_ONCE:
        raise BadPart(f"At most {SIGNED_AT_ONCE} parts at once. Ask for the others later.")
    return numbers


def judge(
    direct: Direct, parts: Sequence[Part], size_bytes: int | None, told: Mapping[int, str] | None
) -> int:
    """Return how long the file is whose parts a store lists; `told` are the client's ETags.

    Raises:
        PartsWrong: some are missing, of another length, or others than the client sent.
    """
    if told:
        _compare(parts, told)
    if size_bytes is None or direct.part_bytes is None:
        return _judge_unsized(parts)
    cuts = Cuts(size_bytes, direct.part_bytes)
    held = {part.number: part.size_bytes for part in parts}
    missing = [number for number in range(1, cuts.count + 1) if number not in held]
    if missing:
        raise PartsWrong(
            f"{len(missing)} of {cuts.count} parts are not here, the first is {missing[0]}. "
            "Send them, then complete again.",
            missing=find_ranges(missing),
            total=cuts.count,
        )
    if not cuts.is_whole(tuple(parts)):
        raise PartsWrong(
            f"The parts have not the length they should have ({cuts.part_bytes} bytes, the last "
            f"one {cuts.part_size(cuts.count)}). Abort, and start a new upload."
        )
    return size_bytes


def _judge_unsized(parts: Sequence[Part]) -> int:
    numbers = [part.number for part in parts]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise PartsWrong("Parts are missing. Send them, then complete again.")
    if any(one.size_bytes != other.size_bytes for one, other in pairwise(parts[:-1])):
        raise PartsWrong(
            "All parts but the last must be of one length. Abort, and start a new upload."
        )
    return sum(part.size_bytes for part in parts)


def _compare(parts: Sequence[Part], told: Mapping[int, str]) -> None:
    held = {part.number: part.etag.strip('"') for part in parts}
    differing = sorted(n for n, etag in told.items() if held.get(n) != etag.strip('"'))
    if differing:
        raise PartsWrong(
            f"The store holds another part {differing[0]} than you sent, or none. Send it again.",
            missing=find_ranges(differing),
        )


def next_look(direct: Direct, created_at: datetime, now: datetime) -> datetime:
    """Return when to look at the store again."""
    if not direct.is_single:
        return now + LOOK_AT_UNSIZED_EVERY
    return next((created_at + wait for wait in LOOKS if created_at + wait > now), now + LOOK_EVERY)
