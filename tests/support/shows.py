"""Light sequences for tests, written as FPP and xLights write them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

PACKERS: dict[int, Callable[[bytes], bytes]] = {
    1: zstandard.ZstdCompressor(level=1).compress,
    2: zlib.compress,
}
FIXED = {1: 28, 2: 32}
FRAMES_OF_BLOCK = 50


@dataclass(frozen=True, slots=True)
class Show:
    """What an FSEQ file is made of; a frame's channels count up from the number of the frame."""

    major: int = 2
    compression: int = 0
    channels: int = 300
    frames: int = 200
    step: int = 25
    ranges: tuple[tuple[int, int], ...] = ()
    texts: tuple[tuple[bytes, bytes], ...] = (
        (b"mf", b"C:\\Shows\\song.mp3\0"),
        (b"sp", b"tests 1\0"),
    )
    empty_blocks: int = 0
    magic: bytes = b"PSEQ"

    @property
    def width(self) -> int:
        """Return how many channels a frame holds."""
        return sum(count for _, count in self.ranges) or self.channels

    def frame(self, number: int) -> bytes:
        """Return one frame."""
        return bytes((channel * 3 + number * 5) % 256 for channel in range(self.width))

    def write(self) -> bytes:
        """Return the whole file."""
        blocks, body = self._blocks()
        index = b"".join(struct.pack("<II", *block) for block in blocks)
        index += b"".join(
            start.to_bytes(3, "little") + count.to_bytes(3, "little")
            for start, count in self.ranges
        )
        texts = b"".join(
            struct.pack("<H", len(content) + 4) + code + content for code, content in self.texts
        )
        fixed = FIXED[self.major]
        data = (fixed + len(index) + len(texts) + 3) // 4 * 4
        head = struct.pack(
            "<4sHBBHIIBB",
            self.magic,
            data,
            0,
            self.major,
            fixed if self.major == 1 else fixed + len(index),
            self.width,
            self.frames,
            self.step,
            0,
        )
        if self.major == 1:
            head += struct.pack("<HHBBH", 0, 0, 1, 2, 0)
        else:
            count = len(blocks)
            head += struct.pack(
                "<BBBBQ",
                self.compression | count >> 4 & 0xF0,
                count & 0xFF,
                len(self.ranges),
                0,
                17,
            )
        return (head + index + texts).ljust(data, b"\0") + body

    def _blocks(self) -> tuple[list[tuple[int, int]], bytes]:
        if not self.compression or self.major == 1:
            return [], b"".join(self.frame(number) for number in range(self.frames))
        blocks, body = [], b""
        for first in range(0, self.frames, FRAMES_OF_BLOCK):
            last = min(self.frames, first + FRAMES_OF_BLOCK)
            packed = PACKERS[self.compression](
                b"".join(self.frame(number) for number in range(first, last))
            )
            blocks.append((first, len(packed)))
            body += packed
        return blocks + [(0, 0)] * self.empty_blocks, body


def effect_file(frames: int = 40, channels: int = 30, start: int = 101) -> bytes:
    """Return an ESEQ file of an FPP effect, all lights off."""
    return struct.pack("<4sIIII", b"ESEQ", 1, channels, start, channels) + bytes(channels * frames)


SONG = """<?xml version="1.0" encoding="UTF-8"?>
<xsequence BaseChannel="0" FixedPointTiming="1" ModelBlending="true">
<head><version>2024.19</version><author>A</author><song>S</song><artist/>
<sequenceTiming>25 ms</sequenceTiming><sequenceType>Media</sequenceType>
<mediaFile>C:\\Shows\\song.mp3</mediaFile><sequenceDuration>5.250</sequenceDuration></head>
<EffectDB><Effect>E_SLIDER_1=1</Effect><Effect>E_SLIDER_1=2</Effect></EffectDB>
<DisplayElements><Element type="timing" name="Beats" visible="1"/>
<Element type="model" name="Tree" visible="1"/><Element type="model" name="Arch" visible="1"/>
</DisplayElements>
<ElementEffects><Element type="timing" name="Beats"><EffectLayer>
<Effect label="1" startTime="0" endTime="500"/></EffectLayer></Element>
<Element type="model" name="Tree"><EffectLayer>
<Effect ref="0" name="On" startTime="0" endTime="1000"/>
<Effect ref="1" name="Bars" startTime="1000" endTime="5000"/></EffectLayer>
<Strand index="0"><Effect name="On" startTime="0" endTime="9"/>
<Node index="0"><Effect name="On" startTime="0" endTime="9"/></Node></Strand></Element>
</ElementEffects></xsequence>
"""
LAYOUT = """<?xml version="1.0"?><xrgb><models>
<model name="Tree"><subModel name="Star"/></model><model name="Arch"/></models>
<modelGroups><modelGroup name="All" models="Tree,Arch"/></modelGroups></xrgb>
"""
NETWORKS = """<Networks computer="pc"><Controller Name="F16"><network BaudRate="1"/></Controller>
<Controller Name="FPP"/></Networks>
"""
MODEL = """<?xml version="1.0"?>
<custommodel name="Snowflake" parm1="20" parm2="21" StringType="RGB Nodes">
<faceInfo Name="Sing"/><subModel name="Spokes"/><subModel name="Core"/></custommodel>
"""
