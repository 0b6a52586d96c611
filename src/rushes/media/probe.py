"""The boxed child that looks into a medium with PyAV and prints its facts as one JSON line.

Runs as `python -I probe.py FORMAT SIZE` with the medium as descriptor 0. It imports nothing of
ours, because the box holds nothing of ours; `media.facts` checks what it says. It decodes one
frame, reads packets within bounds, and exits with one of the codes below.
"""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from itertools import pairwise
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
TAIL_PACKETS: Final = 20_000
SCAN_SECONDS: Final = 6.0
TICKS: Final = 90_000
UNEVEN_SHARE: Final = 0.02
TAGS_AT_MOST: Final = 32
RATE_AT_MOST: Final = 1_000
READ_BYTES: Final = 1 << 20
GAP_SECONDS: Final = 0.5
CAMERA_TAGS: Final = (
    ("com.apple.quicktime.make", "com.apple.quicktime.model"),
    ("make", "model"),
    ("com.android.manufacturer", "com.android.model"),
)


class Refused(Exception):
    """It is of no use; `status` says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def main(arguments: list[str]) -> int:
    """Print the facts of descriptor 0 and return an exit status."""
    container_format, size_bytes = arguments[0], int(arguments[1])
    try:
        print(json.dumps(look(container_format, size_bytes)))  # noqa: T201 - the answer
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201 - the last words
        return refused.status
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
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    sounds = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not streams and not sounds:
        raise Refused(NO_STREAM, "There is neither a picture nor a sound in it.")
    if len(streams) > 1:
        warnings.append(f"{len(streams)} picture tracks; the first is shown.")
    start = Fraction(container.start_time or 0, av.time_base)
    length = Fraction(container.duration or 0, av.time_base)
    answer: dict[str, Any] = {
        "kind": "video" if streams else "audio",
        "container": container_format,
        "size_bytes": size_bytes,
        "start": str(start),
        "audio": [_sound(stream, number, start, length) for number, stream in enumerate(sounds)],
        "subtitles": [stream.language or "und" for stream in container.streams.subtitles],
        "tags": sorted(container.metadata.items())[:TAGS_AT_MOST],
        "camera": _camera(container.metadata),
        "warnings": warnings,
    }
    if streams:
        picture = Picture(container, streams[0], size_bytes)
        answer["video"] = picture.facts(length)
        answer["frame_times"] = picture.times if picture.is_variable else []
        answer["damage"] = picture.damage
        answer["timecode"] = _timecode(container, streams[0])
        answer["duration"] = answer["video"]["duration"]
    else:
        answer["duration"] = str(max(Fraction(row["duration"]) for row in answer["audio"]))
    return answer


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _camera(tags: dict[str, str]) -> str | None:
    for maker, model in CAMERA_TAGS:
        if tags.get(maker) or tags.get(model):
            return " ".join(filter(None, (tags.get(maker), tags.get(model))))
    return None


def _timecode(container: Any, stream: Any) -> str | None:
    tracks = [stream, *container.streams.data]
    tags = [track.metadata.get("timecode") for track in tracks]
    found = [container.metadata.get("timecode"), *tags]
    return next((str(text) for text in found if text), None)


def _seconds(ticks: int | None, time_base: Fraction | None) -> Fraction | None:
    return None if ticks is None or time_base is None else ticks * time_base


def _sound(stream: Any, number: int, start: Fraction, length: Fraction) -> dict[str, Any]:
    context = stream.codec_context
    begins = _seconds(stream.start_time, stream.time_base)
    lasts = _seconds(stream.duration, stream.time_base)
    return {
        "track": number,
        "codec": context.name,
        "channels": max(1, context.channels),
        "layout": context.layout.name if context.layout else None,
        "sample_rate": max(1, context.sample_rate),
        "start": str(start if begins is None else begins),
        "duration": str(lasts if lasts is not None and lasts > 0 else length),
        "language": stream.language,
        "bit_rate": context.bit_rate,
    }


class Picture:
    """What one picture track says, and what its packets say when it is silent or wrong."""

    def __init__(self, container: Any, stream: Any, size_bytes: int) -> None:
        self.container, self.stream = container, stream
        self.size_bytes = size_bytes
        self.damage: str | None = None
        self.is_variable = False
        self.times: list[int] = []
        if stream.codec_context is None:
            raise Refused(NO_DECODER, "There is no decoder for its picture.")

    def facts(self, length: Fraction) -> dict[str, Any]:
        """Return the facts; `length` is what the container claims, in seconds."""
        stream, context = self.stream, self.stream.codec_context
        frame = self._first_frame()
        pixel = frame.format
        rate = self._rate()
        head = self._packets(PACKETS_LOOKED_AT, SCAN_SECONDS)
        first = min((time for time, _ in head), default=stream.start_time or 0)
        if frame.pts is not None:
            first = frame.pts
        self._judge_rate(head, rate, first)
        return {
            "codec": context.codec.name if context.codec else context.name,
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
            "duration": str(self._duration(first, rate, length)),
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

    def _rate(self) -> Fraction:
        stream = self.stream
        for rate in (stream.guessed_rate, stream.average_rate, stream.base_rate):
            if rate and 0 < rate <= RATE_AT_MOST:
                return Fraction(rate).limit_denominator(1_001)
        return Fraction(25)

    def _packets(self, count: int, seconds: float) -> list[tuple[int, int]]:
        """Return (pts, duration) of the first packets, in order of time, within bounds."""
        self.container.seek(0) if self.container.start_time is None else self.container.seek(
            self.container.start_time
        )
        return self._read(count, seconds)

    def _read(self, count: int, seconds: float) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        ends = time.monotonic() + seconds
        try:
            for packet in self.container.demux(self.stream):
                if packet.pts is not None:
                    found.append((packet.pts, packet.duration or 0))
                if len(found) >= count or time.monotonic() > ends:
                    break
        except av.error.FFmpegError as error:
            self.damage = self.damage or f"It cannot be read to its end: {error.strerror}."
        return sorted(found)

    def _judge_rate(self, head: list[tuple[int, int]], rate: Fraction, first: int) -> None:
        """Decide whether the rate varies; where it does, read the times of all frames."""
        base = self.stream.time_base
        step, grain = 1 / rate, max(base, Fraction(1, TICKS))
        steps = [(b - a) * base for (a, _), (b, _) in pairwise(head)]
        odd = sum(1 for taken in steps if abs(taken - step) > 2 * grain and taken > 0)
        if not steps or odd <= UNEVEN_SHARE * len(steps) or self._is_even(steps):
            return
        rows = self._packets(10_000_000, SCAN_SECONDS)
        scale = base * TICKS
        times = sorted({round((pts - first) * scale) for pts, _ in rows if pts >= first})
        is_whole = len(times) > 1 and not self.damage
        self.is_variable = is_whole and times[0] == 0
        self.times = times if self.is_variable else []

    def _is_even(self, steps: list[Fraction]) -> bool:
        """Say whether all steps are the same, whatever rate the container claims."""
        usual = sorted(steps)[len(steps) // 2]
        grain = 2 * max(self.stream.time_base, Fraction(1, TICKS))
        return sum(1 for taken in steps if abs(taken - usual) > grain) <= UNEVEN_SHARE * len(steps)

    def _duration(self, first: int, rate: Fraction, length: Fraction) -> Fraction:
        """Return how long pictures really go on, in seconds, and note what is missing."""
        stream, step = self.stream, 1 / rate
        if self.is_variable:
            last = self.times[-1] - self.times[-2] if len(self.times) > 1 else 0
            return Fraction(self.times[-1] + min(last, TICKS), TICKS)
        claimed = _seconds(stream.duration, stream.time_base) or length
        tail = self._tail(claimed)
        found = (tail - first) * stream.time_base + step if tail is not None else claimed
        whole = max(step, self._whole(first, found))
        if claimed - whole > GAP_SECONDS and not self.damage:
            self.damage = (
                f"It should last {float(claimed):.2f} s, but pictures end at {float(whole):.2f} s."
            )
        return whole

    def _tail(self, claimed: Fraction) -> int | None:
        """Return the time of the last packet, found by entering the file near its end."""
        near = max(Fraction(0), claimed - 10)
        base = self.stream.time_base
        offset = int((near + (self.stream.start_time or 0) * base) / base)
        try:
            self.container.seek(offset, stream=self.stream)
        except av.error.FFmpegError:
            return None
        rows = self._read(TAIL_PACKETS, SCAN_SECONDS)
        return rows[-1][0] if rows else None

    def _whole(self, first: int, found: Fraction) -> Fraction:
        """Return the time up to which an index points into bytes that are there."""
        entries = self.stream.index_entries
        if self.container.format.name.split(",")[0] != "mov" or not len(entries):
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
