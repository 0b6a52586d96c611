"""Labels: what a sender says of a file, written as tus metadata, whatever the protocol.

So every upload keeps them in one form, and a tus client that goes on with it reads them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from rushes.uploads.tus import MAX_KEY_LENGTH, RESERVED, BadMetadata, parse_metadata
from rushes.uploads.upload import Upload

_KEY: Final = re.compile(rf"[!-+\--~]{{1,{MAX_KEY_LENGTH}}}", re.ASCII)
"""Printable ASCII without space and comma (https://tus.io/protocols/resumable-upload#creation)."""


def format_labels(file_name: str, media_type: str, more: Mapping[str, str]) -> str:
    """Return them as Upload-Metadata.

    Raises:
        BadMetadata: a key cannot be written, or there is too much of it.
    """
    own = {"filename": file_name, "filetype": media_type}
    for key in more:
        if _KEY.fullmatch(key) is None or key.startswith(RESERVED) or key in own:
            raise BadMetadata(f"{key[:40]!r} is no key for metadata. Take another.")
    words = {key: word for key, word in {**own, **more}.items() if word}
    text = ",".join(
        f"{key} {base64.b64encode(_encode(word)).decode()}" for key, word in words.items()
    )
    return parse_metadata(text).text


def find_name(upload: Upload) -> str:
    """Return the name that was sent of a file; one without it bears its asset's id.

    That of a partial stands in its metadata alone: it is no file.
    """
    if upload.is_partial:
        return parse_metadata(upload.metadata, is_partial=True).file_name
    return "" if upload.file_name == upload.asset_id else upload.file_name


def _encode(word: str) -> bytes:
    try:
        return word.encode()
    except UnicodeEncodeError:
        raise BadMetadata("A value holds half a character. Send valid Unicode.") from None
