"""Names in the tree that editors work in: safe on every system, one for each thing, and lasting.

    Clients/{client}/{project}/{file}.mp4      projects that are worked on
    Archives/{client}/{project}/{file}.mp4     finished ones

1. Names are compared as Windows and macOS do: without case, composed. The later of two gets ` (2)`.
2. A client has one folder, also where another client's name looks the same.
3. A name that was given stays while it is a form of the name that is wished: who cuts with a file
   must find it where it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from rushes.stores.keys import safe_name

CLIENTS: Final = "Clients"
ARCHIVES: Final = "Archives"


@dataclass(frozen=True, slots=True)
class Place:
    """A project as its folder is named after it."""

    client_slug: str
    client_name: str
    project_slug: str
    project_name: str
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A folder that was given: whose, and its path below the tree's root."""

    client_slug: str
    path: str


def fold(name: str) -> str:
    """Return a name as filesystems compare it that heed neither case nor composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def choose_folder(place: Place, mine: str | None, others: Sequence[Given]) -> str:
    """Return the path of a project's folder; `mine` is the one it has, `others` are everybody's."""
    root = ARCHIVES if place.is_finished else CLIENTS
    ours = [one.path for one in others if one.client_slug == place.client_slug]
    held = [_segment(path, 1) for path in ([mine] if mine else []) + ours]
    foreign = {fold(_segment(one.path, 1)) for one in others} - {fold(one) for one in held}
    client = free_name(safe_name(place.client_name, place.client_slug), foreign, held)
    above = f"{root}/{client}/"
    taken = {fold(one.path.removeprefix(above)) for one in others if one.path.startswith(above)}
    kept = [_segment(mine, 2)] if mine else []
    return above + free_name(safe_name(place.project_name, place.project_slug), taken, kept)


def wished_name(file_name: str, extension: str, fallback: str) -> str:
    """Return the name of an asset's file: that of the original, with the proxy's extension."""
    stem = file_name.rpartition(".")[0] or file_name
    return f"{safe_name(stem, fallback)}.{extension}"


def free_name(wished: str, taken: Collection[str], held: Sequence[str] = ()) -> str:
    """Return a name that nobody has: one of those `held` if it still fits, else with a number.

    `taken` are folded names.
    """
    for name in held:
        if is_form_of(name, wished) and fold(name) not in taken:
            return name
    name, number = wished, 1
    while fold(name) in taken:
        number += 1
        name = _numbered(wished, number)
    return name


class Names:
    """The names of one folder that is filled at once, as a ZIP is.

    The next number of each name is known, so a thousand equal names are a thousand looks.
    """

    def __init__(self) -> None:
        """Nothing has a name yet."""
        self._folded: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, wished: str) -> str:
        """Return the name that one more thing gets."""
        number = self._next.get(fold(wished), 1)
        name = wished if number == 1 else _numbered(wished, number)
        while fold(name) in self._folded:
            number += 1
            name = _numbered(wished, number)
        self._next[fold(wished)] = number + 1
        self._folded.add(fold(name))
        return name


def is_form_of(name: str, wished: str) -> bool:
    """Say whether a name is the wished one, or that with a number."""
    stem, ending = _split(wished)
    pattern = re.escape(stem) + r"( \([0-9]{1,6}\))?" + re.escape(ending)
    return re.fullmatch(pattern, name) is not None


def _numbered(name: str, number: int) -> str:
    stem, ending = _split(name)
    return f"{stem} ({number}){ending}"


def _split(name: str) -> tuple[str, str]:
    """Return a name without its extension, and the extension; folders have none that is short."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and ending.isalnum() else (name, "")


def _segment(path: str, index: int) -> str:
    return path.split("/")[index]
