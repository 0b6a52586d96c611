"""The file name of a Content-Disposition header (RFC 6266): plain, or extended by RFC 8187."""

from __future__ import annotations

import re
from typing import Final

MOST_LETTERS: Final = 1024

_PARAMETER: Final = re.compile(
    r""";\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)""", re.ASCII
)
_ESCAPED: Final = re.compile(r"\\(.)")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def find_file_name(text: str) -> str:
    """Return the file name that a header names, the extended one first; empty where there is none.

    `text` is a header as HTTP gives it: its bytes as Latin-1. A plain name in UTF-8 is read as
    what it is, because browsers and curl send it so.
    """
    words = {name.lower(): value for name, value in _PARAMETER.findall(text)}
    name = _read_extended(words.get("filename*", "")) or _read_plain(words.get("filename", ""))
    return name.replace("\x00", "")[:MOST_LETTERS]


def _read_plain(value: str) -> str:
    if value.startswith('"'):
        value = _ESCAPED.sub(r"\1", value[1:-1])
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _read_extended(value: str) -> str:
    """Read `charset'language'percent-encoded`; the two charsets that RFC 8187 and 5987 know."""
    charset, _, rest = value.partition("'")
    encoded = rest.partition("'")[2]
    if charset.lower() not in {"utf-8", "iso-8859-1"}:
        return ""
    read = _PERCENT.sub(lambda found: bytes.fromhex(found[1].decode()), encoded.encode("utf-8"))
    return read.decode(charset, errors="replace")
