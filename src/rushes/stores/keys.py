"""Keys: made once, here, and never taken apart again.

They are built of ids and slugs; a person's file name is data, and the last segment is a safe
rewriting of it. The name itself stands verbatim in the library.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

NAME_BYTES_AT_MOST: Final = 200
EXTENSION_BYTES_AT_MOST: Final = 20

_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
"""Microsoft, Naming Files: reserved with any extension."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place of a content's objects: slugs of client and project, and the id of the asset that
    brought the content.
    """

    client: str
    project: str
    asset_id: str


def original_key(shelf: Shelf, file_name: str) -> str:
    """Return the key of an original in the archive."""
    name = safe_name(file_name, shelf.asset_id)
    return f"originals/{shelf.client}/{shelf.project}/{shelf.asset_id}/{name}"


def rendition_key(shelf: Shelf, file_name: str) -> str:
    """Return the key of a rendition in the archive."""
    name = safe_name(file_name, shelf.asset_id)
    return f"proxies/{shelf.client}/{shelf.project}/{shelf.asset_id}/{name}"


def numbered(key: str, number: int) -> str:
    """Return the key that a later object takes where the first one has the name already."""
    folder, _, name = key.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, dot + extension) if stem else (name, "")
    return f"{folder}/{_cut(stem, NAME_BYTES_AT_MOST - 24)}.r{number}{extension}"


def safe_name(name: str, fallback: str) -> str:
    """Return a name that is harmless on every filesystem: NFC, at most 200 bytes.

    It holds no separators, wildcards, controls or invisible signs, begins with neither `.` nor
    `-`, ends with neither a dot nor a space, and is no Windows device. `fallback` is for names of
    which nothing is left.
    """
    composed = unicodedata.normalize("NFC", _without_unseen(name))
    plain = "".join("_" if sign in _FORBIDDEN else sign for sign in composed)
    kept = _trim(_shorten(_trim(plain)))
    if not kept.strip("_. "):
        return fallback
    return f"_{kept}" if _DEVICES.fullmatch(kept.partition(".")[0].strip()) else kept


def _without_unseen(name: str) -> str:
    return "".join(sign for sign in name if unicodedata.category(sign) not in _UNSEEN)


def _trim(name: str) -> str:
    return name.lstrip(".- ").rstrip(". ")


def _shorten(name: str) -> str:
    limit = NAME_BYTES_AT_MOST - 1  # a device's name gets a sign before it
    if len(name.encode()) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > EXTENSION_BYTES_AT_MOST:
        return _cut(name, limit)
    end = dot + extension
    return _cut(stem, limit - len(end.encode())).rstrip(". ") + end


def _cut(text: str, limit: int) -> str:
    """Cut at a code point, so that at most `limit` bytes stay."""
    return text.encode()[:limit].decode(errors="ignore")
