"""Asking: what a link wants to know of each file, told by its sender as metadata."""

from __future__ import annotations

import base64

from rushes.access.link import Link
from rushes.access.question import PREFIX, keep_answers, read_answers
from rushes.uploads.upload import Upload


def require_answers(link: Link | None, metadata: str) -> None:
    """Return if metadata, as tus writes it, answers what a link asks.

    Raises:
        AnswerMissing: one that is required is not there.
        BadAnswer: one does not fit.
    """
    if link is not None and link.fields:
        read_answers(link.fields, _find_told(metadata))


def find_answers(link: Link, upload: Upload) -> dict[str, object]:
    """Return what the sender of an upload answered, by the keys of the link's questions."""
    return keep_answers(link.fields, _find_told(upload.metadata))


def _find_told(metadata: str) -> dict[str, str]:
    """Return the answers in metadata that was read before: its Base64 is good."""
    pairs = (pair.strip(" ").partition(" ") for pair in metadata.split(","))
    return {
        key.removeprefix(PREFIX): base64.b64decode(value).decode(errors="replace")
        for key, _, value in pairs
        if key.startswith(PREFIX)
    }
