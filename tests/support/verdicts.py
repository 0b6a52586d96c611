"""What must be true of everything that plays, told by its bytes and by another decoder."""

from __future__ import annotations

import io
import math
import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.logging
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from rushes.media.toolbox import find_ffmpeg
from tests.fixtures.matrix_cells import PATCHES, Cell
from tests.support.fragments_read import IDR, PICTURES, list_units
from tests.support.marked_films import (
    Heard,
    Marks,
    find_click,
    find_drift,
    hear,
    list_beeps,
    list_flashes,
    read_marks,
    time_of,
)
from tests.support.playlists import Variant
from tests.support.watching import Show, Track

APART_AT_MOST: Final = 0.04
"""Seconds between a picture and its sound that nobody notices (ITU-R BT.1359: 45 ms)."""

CLICK_AT_MOST: Final = 0.06
DRIFT_AT_MOST: Final = 0.0005
"""Seconds; a tenth of it was seen where clocks are told in milliseconds."""

COLOR_OFF_AT_MOST: Final = 14
"""Of 255: what 8 bits, a limited range and a coder lose of a plain patch."""

ROUNDING: Final = 1e-5
SSIM: Final = re.compile(rb"All:(\d\.\d+)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """All frames of a file, read; `complaints` are what the decoder said."""

    marks: tuple[Marks, ...]
    tags: frozenset[tuple[int, int, int, int]]
    heard: Heard | None
    complaints: tuple[str, ...]


def decode(source: bytes | Path, *, with_marks: bool = True) -> Decoded:
    """Decode every frame of every track of a file."""
    marks, tags, sounds = [], set(), []
    opened = io.BytesIO(source) if isinstance(source, bytes) else str(source)
    with av.logging.Capture(local=False) as logs, av.open(opened, "r") as container:
        tracks = [*container.streams.video[:1], *container.streams.audio[:1]]
        for frame in container.decode(*tracks):
            if isinstance(frame, VideoFrame):
                tags.add(_tags(frame))
                if with_marks:
                    marks.append(read_marks(frame))
            elif isinstance(frame, AudioFrame):
                sounds.append(frame)
        heard = hear(sounds) if sounds else None
    said = tuple(
        f"{name}: {text.strip()}" for level, name, text in logs if level <= av.logging.ERROR
    )
    return Decoded(tuple(marks), frozenset(tags), heard, said)


def _tags(frame: VideoFrame) -> tuple[int, int, int, int]:
    return (
        int(frame.color_primaries),
        int(frame.color_trc),
        int(frame.colorspace),
        int(frame.color_range),
    )


def check_bytes(cell: Cell, show: Show) -> None:
    """Lists tile, segments begin with an IDR frame, codec strings are true; sound ends in time."""
    sizes = [(track.head.width, track.head.height) for _, track in show.qualities]
    assert sorted(cell.rungs or ((0, 0),)) == sorted(sizes)
    for variant, track in show.qualities:
        check_tiles(track)
        check_promises(variant, track, show.sound)
        if cell.frames:
            check_pictures(cell, track)
    if show.sound is not None:
        check_tiles(show.sound)
        assert abs(sum(show.sound.seconds) - cell.whole) <= APART_AT_MOST
    assert (cell.sound is not None and bool(cell.frames)) is (show.sound is not None)


def check_tiles(track: Track) -> None:
    """No gap and no overlap, in ticks, and the list says the same."""
    pieces, head = track.pieces, track.head
    heard_at = [piece.begin - (head.lead if head.handler == "soun" else 0) for piece in pieces]
    ends = [*heard_at[1:], pieces[-1].end - (head.lead if head.handler == "soun" else 0)]
    assert list(range(1, len(pieces) + 1)) == [piece.sequence for piece in pieces]
    assert 0 == pieces[0].begin
    assert [piece.begin for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]
    for begin, end, seconds in zip([0, *heard_at[1:]], ends, track.seconds, strict=True):
        assert abs((end - begin) / head.timescale - seconds) <= ROUNDING
    assert max(round(seconds) for seconds in track.seconds) <= track.target


def check_pictures(cell: Cell, track: Track) -> None:
    """Each segment shows all of its time from an IDR frame on; all together show every frame."""
    head, shown = track.head, list[int]()
    for piece in track.pieces:
        first = piece.samples[0]
        units = [unit for unit in list_units(first, head.unit_bytes) if unit in PICTURES]
        assert {IDR} == set(units), f"units {units} at {piece.begin}"
        assert first.is_sync
        times = sorted(
            sample.decoded_at + sample.composition - head.lead for sample in piece.samples
        )
        assert piece.begin == times[0]
        assert times[-1] < piece.end
        shown += times
    assert len(set(shown)) == len(shown) == cell.frames
    assert abs(sum(track.seconds) - cell.duration) <= _frame_seconds(cell)
    if cell.rate is not None:
        step = head.timescale / cell.rate
        assert [round(number * step) for number in range(cell.frames)] == shown


def _frame_seconds(cell: Cell) -> float:
    return float(1 / (cell.rate or Fraction(10))) + ROUNDING


def check_promises(variant: Variant, track: Track, sound: Track | None) -> None:
    """Codecs, size, rate and bandwidth are those of the bytes."""
    told, head = variant.attributes, track.head
    codecs = [head.codec, *([] if sound is None else [sound.head.codec])]
    assert codecs == told["CODECS"].split(",")
    if head.handler == "vide":
        assert f"{head.width}x{head.height}" == told["RESOLUTION"]
    rates = [
        len(segment) * 8 / seconds
        for segment, seconds in zip(track.segments, track.seconds, strict=True)
    ]
    assert max(rates) <= int(told["BANDWIDTH"]), (max(rates), told)


def check_decoded(cell: Cell, found: Decoded) -> None:
    """The decoder has nothing to complain of; frames, times and colours are those of the source."""
    assert () == found.complaints
    if not cell.frames:
        return
    assert cell.frames == len(found.marks)
    assert abs(found.marks[0].time) < ROUNDING
    if cell.numbers != ():
        wanted = cell.numbers or tuple(range(cell.frames))
        assert wanted == tuple(mark.number for mark in found.marks)
    if cell.rate is not None:
        times = [float(number / cell.rate) for number in range(cell.frames)]
        assert all(abs(at - mark.time) < 1e-3 for at, mark in zip(times, found.marks, strict=True))
    if cell.has_colors:
        check_colors(found)


def check_colors(found: Decoded) -> None:
    """A screen that believes the tags shows the colours of the source."""
    middle = found.marks[len(found.marks) // 2]
    off = [
        max(abs(one - other) for one, other in zip(seen, wanted, strict=True))
        for seen, wanted in zip(middle.patches, PATCHES, strict=True)
    ]
    assert max(off) <= COLOR_OFF_AT_MOST, f"{middle.patches} instead of {PATCHES}"


def check_heard(cell: Cell, heard: Heard) -> None:
    """The sound begins with the picture and ends with it; between, nothing clicks."""
    assert abs(heard.start) < APART_AT_MOST
    assert abs(heard.end - cell.whole) < APART_AT_MOST, (heard.end, cell.whole)
    assert [] == heard.holes
    assert find_drift(heard) < DRIFT_AT_MOST
    off, where = find_click(heard)
    assert off < CLICK_AT_MOST, f"it clicks at {where:.3f} s: {off:.3f}"


@dataclass(frozen=True, slots=True)
class Beats:
    """When an original flashes and beeps, from its first picture on; None where it does not."""

    flashes: tuple[float, ...]
    beeps: tuple[float, ...]


def read_beats(original: Path) -> Beats:
    """Find out when an original flashes and beeps."""
    lights, sounds = list[tuple[float, float]](), list[AudioFrame]()
    with av.open(str(original)) as container:
        pictures = [each for each in container.streams.video if not _is_cover(each)]
        for frame in container.decode(*pictures[:1], *container.streams.audio[:1]):
            if isinstance(frame, VideoFrame):
                at = time_of(frame)
                if container.format.name == "avi" and frame.dts is not None:  # it has no others
                    at = float(frame.dts * (frame.time_base or 0))
                lights.append((at, _light(frame)))
            elif isinstance(frame, AudioFrame):
                sounds.append(frame)
    start = min(time for time, _ in lights)
    beeps = list_beeps(hear(sounds)) if sounds else []
    return Beats(
        tuple(at - start for at in list_flashes(sorted(lights))),
        tuple(at - start for at in beeps if at >= start),
    )


def _is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _light(frame: VideoFrame) -> float:
    grey = frame.reformat(format="gray")
    content, row = bytes(grey.planes[0]), grey.planes[0].line_size
    lines = [
        content[line * row : line * row + grey.width]
        for line in range(grey.height * 3 // 8, grey.height, 4)
    ]
    return sum(sum(line) for line in lines) / sum(len(line) for line in lines)


def check_together(cell: Cell, beats: Beats, picture: Decoded, heard: Heard) -> None:
    """Flashes and beeps are as far apart as in the original, to what nobody notices."""
    flashes = list_flashes([(mark.time, mark.light) for mark in picture.marks])
    beeps = list_beeps(heard)
    told = [at for at in beats.beeps if at < cell.whole - APART_AT_MOST]
    frame = _frame_seconds(cell)
    assert len(beats.flashes) == len(flashes), (beats.flashes, flashes)
    moved = [later - earlier for earlier, later in zip(beats.flashes, flashes, strict=True)]
    assert max(map(abs, moved), default=0) < frame / 2 + 0.002, moved
    assert len(told) == len(beeps), (told, beeps)
    late = [later - earlier for earlier, later in zip(told, beeps, strict=True)]
    assert max(map(abs, late), default=0) < APART_AT_MOST, late


def measure_likeness(original: Path, made: Path, cell: Cell, size: tuple[int, int]) -> float:
    """Return the lowest SSIM of any frame of a rendition against its original."""
    rate = f"fps={cell.rate.numerator}/{cell.rate.denominator}," if cell.rate else ""
    matrix = (cell.source and cell.source.matrix) or "bt601"
    scale = f"scale={size[0]}:{size[1]}:flags=bicubic:out_color_matrix={matrix}:out_range=tv"
    even = f"{rate}{scale},setsar=1,format=yuv420p"
    graph = (
        f"[0:V:0]setpts=PTS-STARTPTS,{even}[a];[1:V:0]setpts=PTS-STARTPTS,{even}[b];"
        "[a][b]ssim=stats_file=-:shortest=1"
    )
    words = (find_ffmpeg(None), "-v", "error", "-nostdin", "-i", str(original), "-i", str(made))
    done = subprocess.run(
        (*words, "-filter_complex", graph, "-f", "null", "-"),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [float(value) for value in SSIM.findall(done.stdout)]
    assert abs(len(found) - cell.frames) <= 1, f"{len(found)} frames were compared"
    return min(found, default=math.nan)
