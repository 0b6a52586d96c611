"""The show: facts and pictures of light sequences, read in the box."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from rushes.media.box import Work
from rushes.media.child import ask
from rushes.media.facts import MediaInfo, MediaKind, plain_info
from rushes.media.failures import InvalidMedia, SourceUnreadable
from rushes.media.reading import TAGS_AT_MOST, TEXT_AT_MOST, Reader
from rushes.media.sequence import parse_seconds, parse_sequence
from rushes.media.stills import MOTION, Still
from rushes.media.toolbox import Toolbox

BINARY_FORMATS: Final = frozenset({"fseq", "eseq"})
SEQUENCE_FORMATS: Final = BINARY_FORMATS | {"xsq"}
HEATMAP: Final = "heatmap"
PICTURES: Final = {"heatmap.png": (HEATMAP, "png"), "moving.webp": (MOTION, "webp")}


@dataclass(frozen=True, slots=True)
class Show:
    """Reads sequences; the programs that do it are boxed children of ours."""

    tools: Toolbox

    async def look(self, original: Path, sniffed: str) -> MediaInfo:
        """Return the facts of a sequence.

        Raises TruncatedMedia, InvalidMedia, TypeDeclared, SequenceTooDeep, and what `tool.run`
        raises.
        """
        return (await self._read(original, sniffed, "0"))[0]

    async def pictures(self, original: Path, sniffed: str) -> tuple[Still, ...]:
        """Return the heat map of a show and its moving picture; XML has neither.

        Raises what `look` raises.
        """
        if sniffed not in BINARY_FORMATS:
            return ()
        return (await self._read(original, sniffed, "1"))[1]

    async def _read(
        self, original: Path, sniffed: str, wants_pictures: str
    ) -> tuple[MediaInfo, tuple[Still, ...]]:
        try:
            size_bytes = (await asyncio.to_thread(original.stat)).st_size
        except OSError as error:
            raise SourceUnreadable("The original is not there just now.") from error
        if sniffed in BINARY_FORMATS:
            arguments = [sniffed, str(size_bytes), wants_pictures]
            answer = await ask(self.tools, self.tools.fseq, arguments, Work.SHOW, original)
        else:
            answer = await ask(self.tools, self.tools.xlights, [], Work.SHOW, original)
        return _parse_answer(answer, plain_info(MediaKind.SEQUENCE, sniffed, size_bytes))


def _parse_answer(answer: bytes, info: MediaInfo) -> tuple[MediaInfo, tuple[Still, ...]]:
    """Return what a child printed; it has read hostile bytes, so everything is checked."""
    line, _, rest = answer.partition(b"\n")
    try:
        reader = Reader(json.loads(line))
        told = reader.reader("sequence")
        sequence = parse_sequence(told)
        duration = Fraction(
            reader.find_text("duration") or parse_seconds(told.find_text("duration"))
        )
        warnings = tuple(str(row)[:TEXT_AT_MOST] for row in reader.rows("warnings")[:TAGS_AT_MOST])
        stills = _parse_pictures(reader.rows("pictures"), rest)
    except (ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError) as error:
        raise InvalidMedia("The answer about a sequence cannot be read.") from error
    return replace(info, sequence=sequence, duration=duration, warnings=warnings), stills


def _parse_pictures(rows: list[object], content: bytes) -> tuple[Still, ...]:
    stills, at = [], 0
    for row in rows:
        match row:
            case [str(file_name), int(width), int(height), int(length)] if length > 0:
                name, ending = PICTURES[file_name]
                stills.append(Still(name, ending, width, height, content[at : at + length]))
                at += length
            case _:
                raise ValueError("pictures")
    if at != len(content):
        raise ValueError("pictures")
    return tuple(stills)
