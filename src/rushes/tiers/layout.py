"""Layout: which client and project an object of others belongs to, by its key.

A layout is a line of folders: `{client}/{project}` takes the first two, `old/{client}/{project}`
skips one that is called `old`, `*` one that is called anything. What lies deeper belongs there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from rushes.errors import Kind, RushesError

CLIENT: Final = "{client}"
PROJECT: Final = "{project}"
ANY: Final = "*"
BY_FOLDERS: Final = f"{CLIENT}/{PROJECT}"

OWN: Final = ("originals/", "proxies/", "stills/", "landing/", ".rushes")
"""Where Rushes itself puts things: nothing below is taken for another's."""


class BadLayout(RushesError):
    """The layout does not say which folder is the client's and which the project's."""

    code = "import.bad_layout"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a file belongs, in the words of its key."""

    client: str
    project: str
    file_name: str


def parse_layout(text: str) -> tuple[str, ...]:
    """Return the folders of a layout.

    Raises:
        BadLayout: client or project do not stand there once, or a folder has no name.
    """
    folders = tuple(text.strip("/").split("/"))
    if folders.count(CLIENT) != 1 or folders.count(PROJECT) != 1 or "" in folders:
        raise BadLayout(
            f"A layout names each of {CLIENT} and {PROJECT} once, like {BY_FOLDERS} or "
            f"old/{CLIENT}/*/{PROJECT}."
        )
    return folders


def find_spot(layout: Sequence[str], key: str) -> Spot | None:
    """Return where an object belongs; None: its key is not of this layout."""
    *folders, name = key.split("/")
    if len(folders) < len(layout):
        return None
    words = list(zip(layout, folders, strict=False))
    if any(fold not in {CLIENT, PROJECT, ANY, word} for fold, word in words):
        return None
    found = dict(words)
    return Spot(found[CLIENT], found[PROJECT], name)


def find_prefix(layout: Iterable[str]) -> str:
    """Return what every key of a layout begins with."""
    named = takewhile(lambda fold: fold not in {CLIENT, PROJECT, ANY}, layout)
    return "".join(f"{fold}/" for fold in named)


def is_own(key: str) -> bool:
    """Say whether Rushes keeps its own things there, or a system its hidden ones."""
    return key.startswith(OWN) or any(part.startswith(".") for part in key.split("/"))


def kind_of(key: str) -> str:
    """Return a file's extension in small letters, or nothing."""
    name = key.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""
