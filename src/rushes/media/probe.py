"""The boxed child that looks into a medium with PyAV and prints its facts as one JSON line.

Runs as `python -I probe.py FORMAT SIZE` with the medium as descriptor 0. It imports nothing of
ours, because the box holds nothing of ours; `media.facts` checks what it says. It decodes one
frame, reads packets within bounds, and exits with one of the codes below.
"""

from __future__ import annotations

import json
import os
import re
import struct
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any, Final

import av
import av.error

TRUNCATED, NO_STREAM, NO_DECODER, INVALID, OUT_OF_MEMORY = 70, 71, 72, 73, 75

OPTIONS: Final = {
    "protocol_whitelist": "fd",
    "max_streams": "64",
    "probesize": "20000000",
    "analyzeduration": "10000000",
}
PACKETS_LOOKED_AT: Final = 2_000
TAIL_PACKETS, TAIL_SECONDS = 20_000, 4
HEAD_BYTES, SCAN_BYTES, READ_BYTES = 64 * 2**20, 512 * 2**20, 1 << 20
CLOSE_RATE, UNEVEN_SHARE = Fraction(1, 100), 0.02
SCAN_SECONDS, GAP_SECONDS, HELD_SECONDS = 6.0, 0.5, 10
TAGS_AT_MOST, RATE_AT_MOST, TICKS = 32, 1_000, 90_000
XML_BYTES, BOXES_AT_MOST = 256 * 1024, 64
CAMERA_TAGS: Final = (
    ("com.apple.quicktime.make", "com.apple.quicktime.model"),
    ("make", "model"),
    ("com.android.manufacturer", "com.android.model"),
)
GAMMA: Final = re.compile(
    r"^(?:com\.arri\.camera\.colorgammasxs|com\.atomos\.hdr\.gamma|(?:capture)?gamma(?:equation)?)="
    r"([\w .-]{1,40})|CaptureGammaEquation\"\s+value=\"([\w .-]{1,40})|<Gamma>([\w .-]{1,40})<",
    re.IGNORECASE | re.MULTILINE,
)
"""ARRI's and Atomos's tags, Sony's NonRealTimeMeta, Panasonic's metadata of a clip."""


class Refused(Exception):
    """It is of no use: an exit status that says why, and a sentence."""


def main(arguments: list[str]) -> int:
    """Print the facts of descriptor 0 and return an exit status."""
    container_format, size_bytes = arguments[0], int(arguments[1])
    try:
        print(json.dumps(look(container_format, size_bytes)))  # noqa: T201 - the answer
    except Refused as refused:
        print(refused.args[1], file=sys.stderr)  # noqa: T201 - the last words
        return int(refused.args[0])
    except MemoryError:
        return OUT_OF_MEMORY
    except av.error.FFmpegError as error:
        print(error.strerror, file=sys.stderr)  # noqa: T201 - the last words
        return TRUNCATED if container_format == "mov" else INVALID
    return 0


def look(container_format: str, size_bytes: int) -> dict[str, Any]:
    """Return the facts as plain values; times are text such as `1001/30000`."""
    with open(0, "rb", buffering=0, closefd=False) as raw:
        options = {**OPTIONS, "format_whitelist": container_format}
        with av.open(
            raw,
            format=container_format,
            options=options,
            buffer_size=READ_BYTES,
            metadata_errors="replace",
        ) as container:
            return _facts(container, container_format, size_bytes)


def _facts(container: Any, container_format: str, size_bytes: int) -> dict[str, Any]:
    warnings: list[str] = []
    cover = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    sounds = [
        (number, stream)
        for number, stream in enumerate(container.streams.audio)
        if stream.codec_context is not None
    ]
    if not streams and not sounds:
        raise Refused(NO_STREAM, "There is neither a picture nor a sound in it.")
    if len(streams) > 1:
        warnings.append(f"{len(streams)} picture tracks; the first is shown.")
    start = Fraction(container.start_time or 0, av.time_base)
    length = Fraction(container.duration or 0, av.time_base)
    answer: dict[str, Any] = {
        "kind": "audio",
        "container": container_format,
        "size_bytes": size_bytes,
        "start": str(start),
        "audio": [_sound(stream, number, start, length) for number, stream in sounds],
        "subtitles": [stream.language or "und" for stream in container.streams.subtitles],
        "tags": sorted(container.metadata.items())[:TAGS_AT_MOST],
        "camera": _camera(container.metadata),
        "gamma": _gamma(container, container_format),
        "warnings": warnings,
    }
    try:
        for stream in streams[:1]:
            answer |= _picture(container, stream, size_bytes, length, answer["audio"])
    except Refused as refused:
        if not sounds:
            raise
        warnings.append(f"Only its sound is of use. {refused.args[1]}")
    if "duration" not in answer:
        answer["duration"] = str(max(Fraction(row["duration"]) for row in answer["audio"]))
    return answer


def _picture(
    container: Any, stream: Any, size_bytes: int, length: Fraction, heard: list[dict[str, Any]]
) -> dict[str, Any]:
    picture = Picture(container, stream, size_bytes)
    facts = picture.facts(length)
    for row in heard:  # what a container does not tell of a sound, its last packets do
        sound = container.streams.audio[row["track"]]
        if not sound.duration and (end := picture.ends.get(sound.index)) is not None:
            row["duration"] = str(max(Fraction(0), end - Fraction(row["start"])))
    return {
        "kind": "video",
        "video": facts,
        "duration": facts["duration"],
        "frame_times": picture.times,
        "damage": picture.damage,
        "timecode": _timecode(container, stream),
    }


def _camera(tags: dict[str, str]) -> str | None:
    told = (" ".join(filter(None, map(tags.get, names))) for names in CAMERA_TAGS)
    return next(filter(None, told), None)


def _gamma(container: Any, container_format: str) -> str | None:
    """Return what the camera calls its curve, in whatever way it tells."""
    tags = [container.metadata, *(stream.metadata for stream in container.streams.video)]
    told = "\n".join(f"{name}={value}" for each in tags for name, value in each.items())
    found = GAMMA.search(told)
    if found is None and container_format == "mov":
        found = GAMMA.search(_camera_xml())
    return None if found is None else found[found.lastindex or 0]


def _camera_xml() -> str:
    """Return the XML that a camera put into a `meta` box of its file, beside the film."""
    at, size, end = 0, 8, os.fstat(0).st_size
    for _ in range(BOXES_AT_MOST):
        if size < 8 or at + 8 > end:  # noqa: PLR2004 - no box is smaller
            break
        size, kind = struct.unpack(">I4s", os.pread(0, 8, at))
        if size == 1:
            size = int.from_bytes(os.pread(0, 8, at + 8))
        if kind == b"meta":
            return os.pread(0, min(size, XML_BYTES), at).decode("utf-8", "replace")
        at += size
    return ""


def _timecode(container: Any, stream: Any) -> str | None:
    tags = [each.metadata.get("timecode") for each in (container, stream, *container.streams.data)]
    return next((str(text) for text in tags if text), None)


def _seconds(ticks: int | None, time_base: Fraction | None) -> Fraction | None:
    return None if ticks is None or time_base is None else ticks * time_base


def _sound(stream: Any, number: int, start: Fraction, length: Fraction) -> dict[str, Any]:
    context = stream.codec_context
    begins = _seconds(stream.start_time, stream.time_base)
    lasts = _seconds(stream.duration, stream.time_base)
    return {
        "track": number,
        "codec": context.codec.canonical_name,
        "channels": max(1, context.channels),
        "layout": context.layout.name if context.layout else None,
        "sample_rate": max(1, context.sample_rate),
        "start": str(start if begins is None else begins),
        "duration": str(lasts if lasts is not None and lasts > 0 else length),
        "language": stream.language,
        "title": stream.metadata.get("title"),
        "bit_rate": context.bit_rate,
    }


class Picture:
    """What one picture track says, and what its packets say when it is silent or wrong."""

    def __init__(self, container: Any, stream: Any, size_bytes: int) -> None:
        self.container, self.stream, self.size_bytes = container, stream, size_bytes
        self.start = Fraction(container.start_time or 0, av.time_base)
        self.is_avi = container.format.name == "avi"
        self.damage: str | None = None
        self.is_variable, self.is_whole = False, False
        self.times: list[int] = []
        self.ends: dict[int, Fraction] = {}
        self.deadline = time.monotonic() + SCAN_SECONDS
        if stream.codec_context is None:
            raise Refused(NO_DECODER, "There is no decoder for its picture.")

    def facts(self, length: Fraction) -> dict[str, Any]:
        """Return the facts; `length` is what the container claims, in seconds."""
        stream, context = self.stream, self.stream.codec_context
        frame = self._first_frame()
        pixel = frame.format
        head = self._head()
        seen = frame.dts if self.is_avi else frame.pts
        first = seen if seen is not None else head[0] if head else 0
        origin = head[0] if self.is_avi and head else first
        rate = self._rate(head)
        self._judge_rate(head, rate, origin)
        return {
            "codec": context.codec.canonical_name,
            "profile": context.profile,
            "level": context.level if context.level and context.level > 0 else None,
            "pixel_format": pixel.name,
            "bit_depth": max((part.bits for part in pixel.components), default=8),
            "width": frame.width,
            "height": frame.height,
            "sar": str(stream.sample_aspect_ratio or 1),
            "rotation": round(-frame.rotation) % 360,
            "frame_rate": str(rate),
            "variable_rate": self.is_variable,
            "field_order": "interlaced" if frame.interlaced_frame else None,
            "primaries": int(frame.color_primaries),
            "transfer": int(frame.color_trc),
            "matrix": int(frame.colorspace),
            "full_range": int(frame.color_range) == 2,  # noqa: PLR2004 - AVCOL_RANGE_JPEG
            "alpha": "alpha" in pixel.name or pixel.name.startswith(("yuva", "rgba", "gbrap")),
            "start": str(first * stream.time_base),
            "duration": str(self._duration(origin, rate, length)),
            "bit_rate": context.bit_rate,
        }

    def _first_frame(self) -> Any:
        frames = self.container.decode(self.stream)
        try:
            return next(frames)
        except StopIteration:
            raise Refused(NO_STREAM, "Not one picture of it can be decoded.") from None
        except av.error.InvalidDataError:
            return self._frame_after_damage()

    def _frame_after_damage(self) -> Any:
        self.damage = "The first pictures cannot be decoded."
        for packet in self.container.demux(self.stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            if frames:
                return frames[0]
        raise Refused(NO_STREAM, "Not one picture of it can be decoded.")

    def _head(self) -> list[int]:
        """Return the times of the first pictures: from the index, else from packets."""
        if self._is_indexed():
            entries = self.stream.index_entries
            return [entries[i].timestamp for i in range(min(len(entries), PACKETS_LOOKED_AT))]
        self._rewind()
        return sorted(packet.pts for packet in self._demux(PACKETS_LOOKED_AT, HEAD_BYTES))

    def _is_indexed(self) -> bool:
        """Say whether every picture stands in the index of the header (MOV, not fragmented)."""
        is_mov = self.container.format.name.startswith("mov")
        return bool(is_mov and 0 < self.stream.frames == len(self.stream.index_entries))

    def _rewind(self) -> None:
        start = self.container.start_time or 0
        try:
            self.container.seek(start)
        except av.error.FFmpegError:  # FLV whose first key frame comes later has none before it
            self.container.seek(start, backward=False)

    def _demux(self, count: int, size_bytes: int, *, every: bool = False) -> Iterator[Any]:
        """Yield packets with a time, of the picture or of all streams, within bounds.

        `is_whole` says afterwards whether the end was reached.
        """
        self.is_whole = False
        chosen = () if every else (self.stream,)
        try:
            for number, packet in enumerate(self.container.demux(*chosen)):
                if self.is_avi:  # it tells no times of showing, and ffmpeg guesses none either
                    packet.pts = packet.dts
                if packet.pts is not None:
                    yield packet
                size_bytes -= packet.size
                if number >= count or size_bytes < 0 or time.monotonic() > self.deadline:
                    return
        except av.error.FFmpegError as error:
            self.damage = self.damage or f"It cannot be read to its end: {error.strerror}."
        self.is_whole = True

    def _rate(self, head: list[int]) -> Fraction:
        """Return the rate that the container claims, unless its pictures plainly say another."""
        stream = self.stream
        said = [stream.guessed_rate, stream.average_rate, stream.base_rate]
        claims = [Fraction(rate) for rate in said if rate and 0 < rate <= RATE_AT_MOST]
        steps = [later - earlier for earlier, later in pairwise(head) if later > earlier]
        even = _even(steps)
        if len(even) >= (1 - UNEVEN_SHARE) * max(1, len(steps)):
            seen = len(even) / (sum(even) * stream.time_base)
            near = [rate for rate in claims if abs(rate - seen) <= seen * CLOSE_RATE]
            claims = near or [seen]
        return (claims or [Fraction(25)])[0].limit_denominator(1_001)

    def _judge_rate(self, head: list[int], rate: Fraction, first: int) -> None:
        """Decide whether the rate varies; where it does, read the times of all pictures."""
        base = self.stream.time_base
        step, slack = 1 / (rate * base), 2 * max(base, Fraction(1, TICKS)) / base
        steps = [later - earlier for earlier, later in pairwise(head)]
        even = range(ceil(step - slack), floor(step + slack) + 1)
        if sum(each > 0 and each not in even for each in steps) <= UNEVEN_SHARE * len(steps):
            return
        self._rewind()
        found = [packet.pts for packet in self._demux(10_000_000, SCAN_BYTES)]
        times = sorted({round((pts - first) * base * TICKS) for pts in found if pts >= first})
        is_known = self.is_whole and not self.damage and len(times) > 1 and times[0] == 0
        self.is_variable, self.times = is_known, times if is_known else []

    def _duration(self, first: int, rate: Fraction, length: Fraction) -> Fraction:
        """Return how long pictures really go on, in seconds, and note what is missing."""
        stream, step = self.stream, 1 / rate
        if self.is_variable:
            last = Fraction(self.times[-1], TICKS)
            step = Fraction(min(self.times[-1] - self.times[-2], TICKS), TICKS)
            held: Fraction = length + self.start - first * stream.time_base - last
            return last + max(step, min(held, Fraction(HELD_SECONDS)))
        claimed = _seconds(stream.duration, stream.time_base)
        told = claimed if self._is_indexed() else None
        found, all_end = (told, Fraction(0)) if told else self._tail(first, claimed or length)
        whole = max(step, self._whole(first, found))
        missing = claimed - whole if claimed else length - max(all_end - self.start, whole)
        if missing > GAP_SECONDS and not self.damage:
            self.damage = f"It is cut short: pictures end at {float(whole):.2f} s."
        return whole

    def _tail(self, first: int, claimed: Fraction) -> tuple[Fraction, Fraction]:
        """Return how long pictures go on, and when anything ends, in seconds.

        The file is entered near its end; where its end is too far, what it claims is believed.
        """
        base, near = self.stream.time_base, max(Fraction(0), claimed - TAIL_SECONDS)
        try:
            self.container.seek(first + int(near / base), stream=self.stream)
        except av.error.FFmpegError:
            return claimed, self.start + claimed
        last, step, ends = first, Fraction(0), dict[int, Fraction]()
        for packet in self._demux(TAIL_PACKETS, SCAN_BYTES, every=True):
            if packet.stream.index == self.stream.index and packet.pts >= last:
                last, step = packet.pts, (packet.duration or 0) * base
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            ends[packet.stream.index] = max(ends.get(packet.stream.index, end), end)
        if not self.is_whole:
            return claimed, self.start + claimed
        self.ends = ends
        return (last - first) * base + step, max(ends.values(), default=Fraction(0))

    def _whole(self, first: int, found: Fraction) -> Fraction:
        """Return the time up to which an index points into bytes that are there."""
        entries = self.stream.index_entries
        if not self._is_indexed():
            return found
        last = entries[len(entries) - 1]
        if last.pos + last.size <= self.size_bytes:
            return found
        low, high = 0, len(entries) - 1
        while low < high:
            middle = (low + high) // 2
            inside = entries[middle].pos + entries[middle].size <= self.size_bytes
            low, high = (middle + 1, high) if inside else (low, middle)
        ends: Fraction = (entries[low].timestamp - first) * self.stream.time_base
        return min(found, ends)


def _even(steps: list[int]) -> list[int]:
    """Return the steps that are as long as the usual one, to a tick of a fine clock."""
    usual = sorted(steps)[len(steps) // 2] if steps else 0
    return [step for step in steps if abs(step - usual) <= min(1, usual // 4)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
