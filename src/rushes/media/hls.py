"""Playlists of finished renditions: HLS version 7, byte ranges of one CMAF file per quality.

Source: RFC 8216 and draft-pantos-hls-rfc8216bis. Lists are complete (VOD) and text only; the
addresses are given, because who signs them stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from rushes.media.failures import InvalidMedia
from rushes.media.layout import Layout, TrackLayout

VERSION: Final = 7
GROUP: Final = "aud"


@dataclass(frozen=True, slots=True)
class Variant:
    """A finished rendition and the address of the playlist of its picture (or its sound)."""

    layout: Layout
    address: str


def format_media_playlist(track: TrackLayout, address: str) -> str:
    """Return the playlist of one track of the file at this address."""
    init = track.init
    longest = max(ceil(track.seconds_of(index)) for index in range(len(track.segments)))
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{_quoted(address)}",BYTERANGE="{init.size_bytes}@{init.offset}"',
    ]
    for index, piece in enumerate(track.segments):
        lines += [
            f"#EXTINF:{float(track.seconds_of(index)):.6f},",
            f"#EXT-X-BYTERANGE:{piece.size_bytes}@{piece.offset}",
            address,
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def format_multivariant(variants: Sequence[Variant], sound_address: str | None = None) -> str:
    """Return the list of qualities, in the order given: the first is where a player starts.

    `sound_address` is the playlist of the sound that all pictures share; its facts are those of
    the first variant that has one.
    """
    if not variants:
        raise InvalidMedia("There is no rendition to list.")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound = next((v.layout.sound for v in variants if v.layout.sound), None)
    shared = sound if sound_address is not None else None
    if shared is not None and sound_address is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{GROUP}",NAME="sound",DEFAULT=YES,'
            f'AUTOSELECT=YES,CHANNELS="2",URI="{_quoted(sound_address)}"'
        )
    for variant in variants:
        lines += [_stream_line(variant.layout, shared), _quoted(variant.address)]
    return "\n".join([*lines, ""])


def _stream_line(layout: Layout, sound: TrackLayout | None) -> str:
    tracks = [track for track in (layout.video, sound) if track is not None] or [layout.tracks[0]]
    codecs = ",".join(track.codec for track in tracks)
    fields = [
        f"BANDWIDTH={sum(track.peak for track in tracks)}",
        f"AVERAGE-BANDWIDTH={sum(track.average for track in tracks)}",
        f'CODECS="{_quoted(codecs)}"',
    ]
    if layout.video is not None:
        fields.append(f"RESOLUTION={layout.width}x{layout.height}")
        fields += [f"FRAME-RATE={float(layout.rate):.3f}"] if layout.rate else []
    fields += [f'AUDIO="{GROUP}"'] if sound is not None else []
    return "#EXT-X-STREAM-INF:" + ",".join(fields)


def _quoted(text: str) -> str:
    if '"' in text or "\n" in text or "\r" in text:
        raise InvalidMedia("An address or a codec of a playlist holds a quote or a line break.")
    return text
