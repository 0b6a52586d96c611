"""Asks one of our own children about a medium: its whole answer, or the error its exit means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import Tool, Work
from rushes.media.failures import (
    DecodeFailed,
    InvalidMedia,
    NoDecoder,
    SequenceTooDeep,
    ToolOutOfMemory,
    TooManyPixels,
    TruncatedMedia,
    TypeDeclared,
)
from rushes.media.tool import run
from rushes.media.toolbox import Toolbox

ANSWER_BYTES_AT_MOST: Final = 256 * 2**20

REFUSALS: Final[Mapping[object, tuple[type[RushesError], str]]] = {
    70: (TruncatedMedia, "It is cut short; the original can be downloaded."),
    72: (NoDecoder, "The part that opens such pictures is not installed; see rushes doctor."),
    73: (InvalidMedia, "It does not follow its format; the original can be downloaded."),
    75: (ToolOutOfMemory, "Showing it needs more memory than the box grants."),
    76: (TooManyPixels, "It has more than 100 million pixels; the original can be downloaded."),
    77: (TypeDeclared, "The XML declares a document type; it is not read, and can be downloaded."),
    78: (SequenceTooDeep, "The XML is nested deeper than 64 elements; it can be downloaded."),
}
"""The exit statuses of our children, the same in all of them."""


async def ask(
    tools: Toolbox,
    tool: Tool,
    arguments: list[str],
    work: Work,
    source: Path,
    *,
    held: tuple[int, ...] = (),
) -> bytes:
    """Run a child on a picture and return what it prints; `held` as in `tool.Run`.

    Raises:
        TruncatedMedia, InvalidMedia, NoDecoder, TypeDeclared, SequenceTooDeep: what the child says.
        ToolOutOfMemory, TooManyPixels: what it would cost.
        RushesError: what `tool.run` raises.
    """
    answer = bytearray()

    async def keep(arrived: bytes) -> None:
        """Collect the answer within its bound."""
        answer.extend(arrived)
        if len(answer) > ANSWER_BYTES_AT_MOST:
            raise InvalidMedia("The answer is longer than answers can be.")

    try:
        job = replace(tools.child_run(tool, arguments, work, source), held=held)
        await run(job, keep)
    except DecodeFailed as error:
        known = REFUSALS.get(error.facts.get("exit_code"))
        if known is None:
            raise
        raise known[0](known[1], retry_after=None, **error.facts) from error
    return bytes(answer)
