"""What the bodies of requests are made of: strict models, and texts that every room can keep."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Wish(BaseModel):
    """What somebody asks for: a member that is not known is refused, none is changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _require_text(value: object) -> object:
    """Refuse what no database and no file system keeps: NUL, and halves of characters."""
    if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
        raise ValueError("The text holds a NUL or half a character.")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Text = Annotated[str, BeforeValidator(_require_text)]
FileName = Annotated[Text, Field(min_length=1, max_length=255)]
MediaType = Annotated[Text, Field(max_length=255)]
PlaceText = Annotated[Text, Field(max_length=300)]
"""A project: `client-slug/project-slug`, or its id."""
DigestText = Annotated[Text, Field(max_length=300)]
"""The digest of a whole file, as `algorithm:hex`."""
Size = Annotated[int, Field(ge=0, lt=2**53)]
"""Bytes of a file; more than this no JSON number holds exactly."""


class FileWish(Wish):
    """A file to send, as its sender knows it."""

    file_name: FileName
    size_bytes: Size
    media_type: MediaType = ""
    """What the sender believes it is; the bytes decide."""
    metadata: dict[str, Text] = Field(default={}, max_length=30)
    """Words of the sender about the file."""
