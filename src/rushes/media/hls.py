"""Playlists: HLS version 7, byte ranges of one CMAF file per quality, or segments being made.

Source: RFC 8216 and draft-pantos-hls-rfc8216bis. Lists are complete (VOD) and text only; the
addresses are given, because who signs them stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """A sound that goes with all pictures: the address of its playlist, and what it is.

    `label` is what a player calls it, and no other of them; `language` a tag such as `en`.
    """

    address: str
    codec: str
    peak: int
    average: int
    channels: int = 2
    label: str = "Sound"
    language: str | None = None


def variant_of(layout: Layout, address: str) -> Variant:
    """Return the quality that a finished file is; `address` is that of its first track."""
    track = layout.tracks[0]
    rate = layout.rate or None
    return Variant(
        address, track.codec, track.peak, track.average, layout.width, layout.height, rate
    )


def sound_of(layout: Layout, address: str) -> Sound | None:
    """Return the default sound of a finished file; None where it has none."""
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


def format_live_playlist(
    seconds: Sequence[Fraction], folder: str, version: str | None = None
) -> str:
    """Return the playlist of segments that are files in this folder: `init.mp4`, `0.m4s` ...

    Their addresses name the version, where there is one: an init fits no segment of another.
    """
    asked = "" if version is None else f"?v={_quoted(version)}"
    head = f'#EXT-X-MAP:URI="{_quoted(folder)}/init.mp4{asked}"'
    pieces = [f"{folder}/{index}.m4s{asked}" for index in range(len(seconds))]
    return _format_list(seconds, head, pieces)


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


def format_multivariant(variants: Sequence[Variant], sounds: Sequence[Sound] = ()) -> str:
    """Return the list of qualities, in the order given: the first is where a player starts.

    `sounds` go with all pictures, and a player has one of them at a time; the first is the default.
    Without a picture there are none: the variant itself is the sound.
    """
    if not variants:
        raise InvalidMedia("There is no rendition to list.")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += _sound_lines(sounds)
    for variant in variants:
        lines += [_stream_line(variant, sounds), _quoted(variant.address)]
    return "\n".join([*lines, ""])


def _sound_lines(sounds: Sequence[Sound]) -> Iterator[str]:
    """Yield the lines of the group; a player may take the first of each language by itself."""
    spoken = set[str]()
    for place, sound in enumerate(sounds):
        language = sound.language or ""
        is_chosen = not place or bool(language and language not in spoken)
        spoken.add(language)
        fields = [f'TYPE=AUDIO,GROUP-ID="{GROUP}",NAME="{_quoted(sound.label)}"']
        fields += [f'LANGUAGE="{_quoted(language)}"'] if language else []
        fields += [f"DEFAULT={_yes(not place)}", f"AUTOSELECT={_yes(is_chosen)}"]
        fields += [f'CHANNELS="{sound.channels}"', f'URI="{_quoted(sound.address)}"']
        yield "#EXT-X-MEDIA:" + ",".join(fields)


def _yes(is_so: bool) -> str:  # noqa: FBT001 - a word of the format
    return "YES" if is_so else "NO"


def _stream_line(variant: Variant, sounds: Sequence[Sound]) -> str:
    """Return the line of a quality; its rates count the largest of the sounds."""
    peak = variant.peak + max((sound.peak for sound in sounds), default=0)
    average = variant.average + max((sound.average for sound in sounds), default=0)
    codecs = ",".join(dict.fromkeys([variant.codec, *(sound.codec for sound in sounds)]))
    fields = [f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}", f'CODECS="{_quoted(codecs)}"']
    if variant.width:
        fields.append(f"RESOLUTION={variant.width}x{variant.height}")
        fields += [f"FRAME-RATE={float(variant.rate):.3f}"] if variant.rate else []
    fields += [f'AUDIO="{GROUP}"'] if sounds else []
    return "#EXT-X-STREAM-INF:" + ",".join(fields)


def _quoted(text: str) -> str:
    if '"' in text or "\n" in text or "\r" in text:
        raise InvalidMedia("A word of a playlist holds a quote or a line break.")
    return text
