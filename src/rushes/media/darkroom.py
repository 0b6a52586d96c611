"""The darkroom: stills of images, camera RAW and pages, each made by our own child in the box."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from rushes.media.box import Work
from rushes.media.camera import CameraFile, parse_camera
from rushes.media.child import ask
from rushes.media.facts import ImageFacts, MediaInfo, parse_image, plain_info
from rushes.media.failures import InvalidMedia, SourceUnreadable
from rushes.media.stills import (
    MOTION_WIDTH,
    PREVIEW_WIDTHS,
    RAW_FORMATS,
    Still,
    image_format_of,
    is_moving,
    kind_of,
    name_previews,
)
from rushes.media.toolbox import Toolbox

SMALL_PREVIEW: Final = 1_000
"""Pixels: where the camera's own picture is narrower, the sensor's is developed, if it can be."""

SENSOR: Final = "RAW"


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is asked for; its other side is `media.image`."""

    plugin: str
    widths: tuple[int, ...] = ()
    formats: tuple[str, ...] = ("webp", "jpg")
    offset: int = 0
    length: int = 0
    orientation: int = 0
    motion: int = 0
    half: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the child made; `luma` is the mean brightness, 0 to 255."""

    image: ImageFacts
    luma: float
    stills: tuple[Still, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Darkroom:
    """Makes stills of pictures."""

    tools: Toolbox

    async def look(self, original: Path, sniffed: str) -> MediaInfo:
        """Return the facts of a picture; it is decoded once, so it can be shown.

        Raises what `previews` raises.
        """
        facts, _ = await self._show(original, sniffed, ())
        return facts

    async def previews(self, original: Path, sniffed: str) -> tuple[MediaInfo, tuple[Still, ...]]:
        """Return the facts of a picture and its previews, as WebP and JPEG.

        Of camera RAW that is the camera's own picture; of a PDF the first page; of what moves, one
        preview moves too.

        Raises:
            FormatNotAllowed, NoDecoder: it is never opened here, or cannot be.
            TooManyPixels, TruncatedMedia, InvalidMedia: what is wrong with it.
            RushesError: what `tool.run` raises.
        """
        facts, stills = await self._show(original, sniffed, PREVIEW_WIDTHS)
        return facts, name_previews(stills)

    async def make(self, picture: Path, order: Order, work: Work = Work.IMAGE) -> Answer:
        """Return what the child makes of a picture."""
        arguments = [json.dumps(asdict(order))]
        return _parse_answer(await ask(self.tools, self.tools.image, arguments, work, picture))

    async def _show(
        self, original: Path, sniffed: str, widths: tuple[int, ...]
    ) -> tuple[MediaInfo, tuple[Still, ...]]:
        plugin = image_format_of(sniffed)
        try:
            size_bytes = (await asyncio.to_thread(original.stat)).st_size
        except OSError as error:
            raise SourceUnreadable("The original is not there just now.") from error
        facts = plain_info(kind_of(sniffed), sniffed, size_bytes)
        if sniffed in RAW_FORMATS:
            camera = await asyncio.to_thread(_read_camera, original, sniffed)
            order, work = _order_raw(camera, widths)
            facts = replace(facts, camera=camera.camera)
        else:
            motion = MOTION_WIDTH if widths and is_moving(sniffed, 2) else 0
            order, work = Order(plugin, widths, motion=motion), Work.IMAGE
        answer = await self.make(original, order, work)
        return replace(facts, image=answer.image), answer.stills


def _order_raw(camera: CameraFile, widths: tuple[int, ...]) -> tuple[Order, Work]:
    """Return what is made of a RAW: the camera's own picture, unless it is too small."""
    best = camera.best
    if best is None or max(best.width, best.height) < SMALL_PREVIEW:
        return Order(SENSOR, widths, half=True), Work.DEVELOP
    order = Order(
        plugin="JPEG",
        widths=widths,
        offset=best.offset,
        length=best.length,
        orientation=camera.orientation,
    )
    return order, Work.IMAGE


def _read_camera(original: Path, sniffed: str) -> CameraFile:
    try:
        with original.open("rb") as file:
            number = file.fileno()
            return parse_camera(lambda at, size: _read(number, at, size), sniffed)
    except OSError as error:
        raise SourceUnreadable("The original cannot be read just now.") from error


def _read(number: int, at: int, size: int) -> bytes:
    """Return bytes of a file; none where a hostile directory points beyond any file."""
    return os.pread(number, size, at) if at < 1 << 62 else b""


def _parse_answer(answer: bytes) -> Answer:
    """Return what the child printed; it has read hostile bytes, so everything is checked."""
    line, _, rest = answer.partition(b"\n")
    try:
        values = json.loads(line)
        stills, at = [], 0
        for name, ending, width, height, size_bytes in values["stills"]:
            if ending not in {"webp", "jpg", "avif"} or int(size_bytes) < 1:
                raise InvalidMedia("The answer names a still that nobody asked for.")
            content = rest[at : at + int(size_bytes)]
            stills.append(Still(str(name)[:20], ending, int(width), int(height), content))
            at += int(size_bytes)
        facts, luma = parse_image(values["image"]), float(values["luma"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidMedia("The answer about a picture cannot be read.") from error
    if at != len(rest):
        raise InvalidMedia("The answer about a picture is cut short.")
    return Answer(facts, luma, tuple(stills))
