"""What can go wrong with a medium or a tool, one class per fact (MEDIA.md section 11).

The kind decides about retries: unusable never again, unavailable later, broken a few times.
`last_words` among the facts are the last lines of the tool, without control characters and paths.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from rushes.errors import Kind, RushesError

WORDS_LINES: Final = 20
WORDS_CHARACTERS: Final = 2_000

_CONTROL: Final = re.compile(r"[^\x20-\x7e\u00a0-\U0010ffff]")
_ADDRESS: Final = re.compile(r" ?@ 0x[0-9a-f]+")
_PATH: Final = re.compile(r"(?<![\w.])/(?:[\w.@+-]+/)+[\w.@+-]*")


def format_last_words(text: str) -> str:
    """Return the last lines of a tool, safe to show: no paths, addresses, control characters."""
    lines = [_CONTROL.sub("", line).strip() for line in text.splitlines()]
    said = [_PATH.sub("(path)", _ADDRESS.sub("", line)) for line in lines if line]
    return "\n".join(said[-WORDS_LINES:])[-WORDS_CHARACTERS:]


class InvalidMedia(RushesError):
    """Bytes are not what their format demands; raised by our own parsers, and by nothing else."""

    code: ClassVar[str] = "media.invalid"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class FormatNotAllowed(RushesError):
    """No tool is ever started on this format."""

    code: ClassVar[str] = "media.format_not_allowed"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class TruncatedMedia(RushesError):
    """The part without which nothing can be read is missing."""

    code: ClassVar[str] = "media.truncated"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class NoStream(RushesError):
    """There is neither a picture nor a sound in it."""

    code: ClassVar[str] = "media.no_stream"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class NoDecoder(RushesError):
    """The tools here cannot decode this codec."""

    code: ClassVar[str] = "media.no_decoder"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class DecodeFailed(RushesError):
    """A tool gave up on the content."""

    code: ClassVar[str] = "media.decode_failed"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class TooManyPixels(RushesError):
    """Decoding it would take more memory than a picture is worth."""

    code: ClassVar[str] = "image.too_many_pixels"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class TypeDeclared(RushesError):
    """An XML file declares a document type: the way of entity bombs, and of no file of xLights."""

    code: ClassVar[str] = "sequence.dtd_forbidden"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class SequenceTooDeep(RushesError):
    """An XML file nests its elements deeper than any program writes them."""

    code: ClassVar[str] = "sequence.too_deep"
    kind: ClassVar[Kind] = Kind.UNUSABLE


class InitMismatch(RushesError):
    """Segments of one rung do not share their initialisation; they cannot be one rendition."""

    code: ClassVar[str] = "render.init_mismatch"
    kind: ClassVar[Kind] = Kind.BROKEN


class SegmentMissing(RushesError):
    """A rendition cannot be put together: one of its segments is not there."""

    code: ClassVar[str] = "render.segment_missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class ToolCrashed(RushesError):
    """A tool was ended by a signal that we did not send."""

    code: ClassVar[str] = "tool.crashed"
    kind: ClassVar[Kind] = Kind.BROKEN


class ToolTimedOut(RushesError):
    """A tool ran out of its time, or stood still too long."""

    code: ClassVar[str] = "tool.timeout"
    kind: ClassVar[Kind] = Kind.BROKEN


class ToolOutOfMemory(RushesError):
    """A tool asked for more memory than its box grants."""

    code: ClassVar[str] = "tool.memory"
    kind: ClassVar[Kind] = Kind.BROKEN


class ToolMissing(RushesError):
    """A program that is needed is not installed."""

    code: ClassVar[str] = "tool.missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class SourceUnreadable(RushesError):
    """The original cannot be opened just now."""

    code: ClassVar[str] = "source.unreadable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class BoxUnavailable(RushesError):
    """The box is weaker than `box.require` demands."""

    code: ClassVar[str] = "box.unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
