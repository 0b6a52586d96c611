"""What each channel of a sound plays: the pitch of a steady tone, found by Goertzel's algorithm."""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import av

RATE = 48_000
WINDOW = 2_400
"""Samples that are looked at: pitches that are multiples of 20 Hz do not disturb each other."""
BEGIN = 24_000
FAINT = 0.01


@dataclass(frozen=True, slots=True)
class Played:
    """The loudest of the pitches that were asked for, by channel (0: silence), and seconds."""

    pitches: dict[str, int]
    seconds: float


def listen(content: bytes, candidates: Sequence[int]) -> Played:
    """Return what the first sound of a file or of its segments plays after half a second."""
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.audio[0]
        channels = [array("f") for _ in range(stream.channels)]
        for frame in container.decode(stream):
            for heard, plane in zip(channels, frame.planes, strict=True):
                heard.frombytes(bytes(plane)[: 4 * frame.samples])
        names = [channel.name for channel in stream.layout.channels]
    pitches = {
        name: _loudest(heard[BEGIN : BEGIN + WINDOW], candidates)
        for name, heard in zip(names, channels, strict=True)
    }
    return Played(pitches, len(channels[0]) / RATE)


def _loudest(heard: array[float], candidates: Sequence[int]) -> int:
    powers = {pitch: _amplitude(heard, pitch) for pitch in candidates}
    best = max(powers, key=lambda pitch: powers[pitch])
    return best if powers[best] > FAINT else 0


def _amplitude(heard: array[float], pitch: int) -> float:
    turn = 2 * math.cos(2 * math.pi * pitch / RATE)
    one = two = 0.0
    for sample in heard:
        one, two = sample + turn * one - two, one
    return 2 * math.sqrt(max(0.0, one * one + two * two - turn * one * two)) / len(heard)
