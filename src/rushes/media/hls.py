"""Playlists: HLS version 7, byte ranges of one CMAF file per quality, or segments being made.

Source: RFC 8216 and draft-pantos-hls-rfc8216bis. Lists are complete (VOD) and text only; the
addresses are given, because who signs them stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media.failures import InvalidMedia
from rushes.media.layout import Layout, TrackLayout

VERSION: Final = 7
GROUP: Final = "aud"


@dataclass(frozen=True, slots=True)
class Variant:
    """One quality: the address of its playlist, and what its picture (or its sound alone) is.

    Rates in bit/s; without a picture its sides are 0, and `rate` is None where it varies.
    """

    address: str
    codec: str
    peak: int
    average: int
    width: int = 0
    height: int = 0
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound that all pictures share: the address of its playlist, and what it is."""

    address: str
    codec: str
    peak: int
    average: int
    channels: int = 2


def variant_of(layout: Layout, address: str) -> Variant:
    """Return the quality that a finished file is; `address` is that of its first track."""
    track = layout.tracks[0]
    rate = layout.rate or None
    return Variant(
        address, track.codec, track.peak, track.average, layout.width, layout.height, rate
    )


def sound_of(layout: Layout, address: str) -> Sound | None:
    """Return the sound of a finished file; None where it has none."""
    track = layout.sound
    return None if track is None else Sound(address, track.codec, track.peak, track.average)


def format_media_playlist(track: TrackLayout, address: str) -> str:
    """Return the playlist of one track of the file at this address."""
    init = track.init
    seconds = [track.seconds_of(index) for index in range(len(track.segments))]
    head = f'#EXT-X-MAP:URI="{_quoted(address)}",BYTERANGE="{init.size_bytes}@{init.offset}"'
    pieces = [
        f"#EXT-X-BYTERANGE:{piece.size_bytes}@{piece.offset}\n{address}" for piece in track.segments
    ]
    return _format_list(seconds, head, pieces)


def format_live_playlist(seconds: Sequence[Fraction], folder: str) -> str:
    """Return the playlist of segments that are files in this folder: `init.mp4`, `0.m4s` ..."""
    head = f'#EXT-X-MAP:URI="{_quoted(folder)}/init.mp4"'
    return _format_list(seconds, head, [f"{folder}/{index}.m4s" for index in range(len(seconds))])


def _format_list(seconds: Sequence[Fraction], head: str, pieces: Sequence[str]) -> str:
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{max(ceil(each) for each in seconds)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        head,
    ]
    for each, piece in zip(seconds, pieces, strict=True):
        lines += [f"#EXTINF:{float(each):.6f},", piece]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def format_multivariant(variants: Sequence[Variant], sound: Sound | None = None) -> str:
    """Return the list of qualities, in the order given: the first is where a player starts.

    `sound` is what all pictures share; None where they have none, or there is no picture.
    """
    if not variants:
        raise InvalidMedia("There is no rendition to list.")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if sound is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{GROUP}",NAME="sound",DEFAULT=YES,'
            f'AUTOSELECT=YES,CHANNELS="{sound.channels}",URI="{_quoted(sound.address)}"'
        )
    for variant in variants:
        lines += [_stream_line(variant, sound), _quoted(variant.address)]
    return "\n".join([*lines, ""])


def _stream_line(variant: Variant, sound: Sound | None) -> str:
    peak, average, codecs = variant.peak, variant.average, variant.codec
    if sound is not None:
        peak, average = peak + sound.peak, average + sound.average
        codecs = f"{codecs},{sound.codec}"
    fields = [f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}", f'CODECS="{_quoted(codecs)}"']
    if variant.width:
        fields.append(f"RESOLUTION={variant.width}x{variant.height}")
        fields += [f"FRAME-RATE={float(variant.rate):.3f}"] if variant.rate else []
    fields += [f'AUDIO="{GROUP}"'] if sound is not None else []
    return "#EXT-X-STREAM-INF:" + ",".join(fields)


def _quoted(text: str) -> str:
    if '"' in text or "\n" in text or "\r" in text:
        raise InvalidMedia("An address or a codec of a playlist holds a quote or a line break.")
    return text
