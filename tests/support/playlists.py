"""Reads HLS playlists as a player does (RFC 8216): lines, attributes, byte ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file."""

    address: str
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Return the place after the last byte."""
        return self.offset + self.size_bytes

    def of(self, content: bytes) -> bytes:
        """Return these bytes of the file's content."""
        return content[self.offset : self.end]


@dataclass(frozen=True, slots=True)
class MediaList:
    """The playlist of one track; `seconds` has one figure for each segment."""

    init: Range
    segments: tuple[Range, ...]
    seconds: tuple[float, ...]
    target: int

    @property
    def starts(self) -> list[float]:
        """Return when each segment begins."""
        return [sum(self.seconds[:number]) for number in range(len(self.seconds))]


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of the multivariant playlist, its attributes without quotes."""

    attributes: dict[str, str]
    address: str


def parse_index(text: str) -> tuple[list[Variant], str | None]:
    """Return the qualities, and the address of the default sound's playlist."""
    lines = _lines(text)
    variants, sound = [], None
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("#EXT-X-STREAM-INF:"):
            variants.append(Variant(_attributes(line), following))
        if line.startswith("#EXT-X-MEDIA:") and _attributes(line)["DEFAULT"] == "YES":
            sound = _attributes(line)["URI"]
    return variants, sound


def parse_media(text: str) -> MediaList:
    """Return what a media playlist says."""
    lines = _lines(text)
    assert lines[-1] == "#EXT-X-ENDLIST"
    tags = dict(line.partition(":")[::2] for line in lines if line.startswith("#EXT-X-"))
    init = _attributes(tags["#EXT-X-MAP"])
    segments, seconds = [], []
    for line, following, address in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith("#EXTINF:"):
            seconds.append(float(line.removeprefix("#EXTINF:").rstrip(",")))
            segments.append(_range(address, following.removeprefix("#EXT-X-BYTERANGE:")))
    return MediaList(
        _range(init["URI"], init["BYTERANGE"]),
        tuple(segments),
        tuple(seconds),
        int(tags["#EXT-X-TARGETDURATION"]),
    )


def _lines(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line]
    assert lines[0] == "#EXTM3U"
    return lines


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(line)}


def _range(address: str, text: str) -> Range:
    size_bytes, _, offset = text.partition("@")
    return Range(address, int(offset), int(size_bytes))
