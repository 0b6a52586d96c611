"""Watches an asset as a player does: lists, inits and segments by HTTP, with patience."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from tests.support.fragments_read import Head, Piece, read_head, read_piece
from tests.support.playlists import ATTRIBUTE, Variant, parse_index

PATIENCE_SECONDS = 180
BYTE_RANGE = re.compile(r"(\d+)@(\d+)")


@dataclass(frozen=True, slots=True)
class Track:
    """One list, and all that it names."""

    init: bytes = field(repr=False)
    segments: tuple[bytes, ...] = field(repr=False)
    seconds: tuple[float, ...]
    target: int

    @property
    def content(self) -> bytes:
        """Return the whole as one file."""
        return self.init + b"".join(self.segments)

    @property
    def head(self) -> Head:
        """Return what the init says."""
        return read_head(self.init)

    @property
    def pieces(self) -> list[Piece]:
        """Return the segments, read."""
        return [read_piece(segment) for segment in self.segments]


@dataclass(frozen=True, slots=True)
class Show:
    """All that a player finds: each quality with its track, and the sound they share."""

    qualities: tuple[tuple[Variant, Track], ...]
    sound: Track | None


def watch(http: httpx.Client, address: str) -> Show:
    """Get everything at the address of a playback, as soon as it can be had."""
    url = httpx.URL(address)
    variants, sound = parse_index(_get(http, url).text)
    return Show(
        tuple((variant, _track(http, url.join(variant.address))) for variant in variants),
        None if sound is None else _track(http, url.join(sound)),
    )


def _track(http: httpx.Client, url: httpx.URL) -> Track:
    text = _get(http, url).text
    lines = text.split("\n")
    (head,) = (line for line in lines if line.startswith("#EXT-X-MAP:"))
    named = {name: value.strip('"') for name, value in ATTRIBUTE.findall(head)}
    (target,) = (line for line in lines if line.startswith("#EXT-X-TARGETDURATION:"))
    assert "#EXT-X-ENDLIST" in lines
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in lines
    init = _part(http, url.join(named["URI"]), named.get("BYTERANGE"))
    listed = list(_list_segments(lines))
    return Track(
        init,
        tuple(_part(http, url.join(where), part) for _, where, part in listed),
        tuple(seconds for seconds, _, _ in listed),
        int(target.rpartition(":")[2]),
    )


def _list_segments(lines: list[str]) -> Iterator[tuple[float, str, str | None]]:
    seconds, part = 0.0, None
    for line in lines:
        if line.startswith("#EXTINF:"):
            seconds, part = float(line[8:].rstrip(",")), None
        elif line.startswith("#EXT-X-BYTERANGE:"):
            part = line.partition(":")[2]
        elif line and not line.startswith("#"):
            yield seconds, line, part


def _part(http: httpx.Client, url: httpx.URL, part: str | None) -> bytes:
    headers = {}
    if part is not None:
        found = BYTE_RANGE.fullmatch(part)
        assert found is not None, part
        size, offset = int(found[1]), int(found[2])
        headers = {"Range": f"bytes={offset}-{offset + size - 1}"}
    return _get(http, url, headers).content


def _get(
    http: httpx.Client, url: httpx.URL, headers: dict[str, str] | None = None
) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = http.get(url, headers=headers or {})
        if answer.status_code != 503 or time.monotonic() > deadline:
            break
        time.sleep(float(answer.headers.get("Retry-After", "1")))
    assert answer.status_code in {200, 206}, f"{url.path}: {answer.status_code} {answer.text}"
    return answer
