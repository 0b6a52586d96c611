"""Under which name and type bytes are handed out (RFC 6266, RFC 8187).

1. The type is what our own sniffing found. Only types that no browser runs code of are shown in
   place; everything else is a download.
2. The name is the person's own, without what could hurt: controls, direction signs, separators.
"""

from __future__ import annotations

import unicodedata
from typing import Final

INLINE: Final = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "image/avif",
        "video/mp4",
        "audio/mpeg",
        "audio/mp4",
        "audio/wav",
        "application/vnd.apple.mpegurl",
        "text/vtt",
    }
)

NAME_BYTES_AT_MOST: Final = 200
ASCII_CHARACTERS_AT_MOST: Final = 150
EXTENSION_BYTES_AT_MOST: Final = 20

_STRIPPED: Final = frozenset(
    "/\\:\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_PLAIN: Final = frozenset(  # RFC 8187 attr-char
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"
)
_ASCII_TROUBLE: Final = frozenset('"\\%')


def disposition(name: str, fallback: str, media_type: str, *, is_download: bool) -> str:
    """Return the value of `Content-Disposition`, which is one line of ASCII.

    Args:
        name: the file's name as a person gave it.
        fallback: the name where nothing of it is left.
        media_type: as sniffed; decides whether it may be shown in place.
        is_download: whether it is to be saved in any case.
    """
    kind = "inline" if media_type in INLINE and not is_download else "attachment"
    kept = clean_name(name, fallback)
    simple = "".join(
        sign if " " <= sign <= "~" and sign not in _ASCII_TROUBLE else "_" for sign in kept
    )
    return (
        f'{kind}; filename="{_shorten(simple, ASCII_CHARACTERS_AT_MOST)}"; '
        f"filename*=UTF-8''{_percent(kept)}"
    )


def clean_name(name: str, fallback: str) -> str:
    """Return the name without controls, direction signs and separators, at most 200 bytes."""
    seen = "".join(sign for sign in name if not _is_stripped(sign))
    kept = _shorten(seen, NAME_BYTES_AT_MOST)
    return fallback if kept.strip() in {"", ".", ".."} else kept


def renamed(name: str, quality: str, extension: str, fallback: str) -> str:
    """Return the name of a rendition of a file: `{stem}_{quality}.{extension}`."""
    kept = clean_name(name, fallback)
    stem = kept.rpartition(".")[0] or kept
    return f"{stem}_{quality}.{extension}"


def _is_stripped(sign: str) -> bool:
    return sign in _STRIPPED or unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"}


def _shorten(name: str, limit: int) -> str:
    """Cut the stem at a code point, so that at most `limit` bytes stay and the extension does."""
    if len(name.encode()) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    end = (dot + extension).encode()
    if not stem or len(end) > EXTENSION_BYTES_AT_MOST:
        return name.encode()[:limit].decode(errors="ignore")
    return stem.encode()[: limit - len(end)].decode(errors="ignore") + dot + extension


def _percent(name: str) -> str:
    return "".join(
        sign if sign in _PLAIN else "".join(f"%{byte:02X}" for byte in sign.encode())
        for sign in name
    )
