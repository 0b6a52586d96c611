"""Pictures of an asset at a width: what is there, or made from it once and kept.

1. Widths and formats are listed, so that nobody can fill a store by asking.
2. A picture is made from the nearest wider preview, never from the original: the answer takes
   milliseconds, and no byte of a stranger is read for it. Only who asks to have camera RAW
   developed waits while its sensor's picture is: some seconds, in the box, once for each width.
3. Who asks for what is being made waits for that, and it is made once.
4. Where it cannot be made, the nearest wider preview is the answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from rushes.access.permit import Actor, Verb
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.delivery.medium import Medium, get_permitted
from rushes.delivery.sign import Grant, Scope, Signer, until
from rushes.errors import Kind, RushesError
from rushes.media.box import Work
from rushes.media.darkroom import SENSOR, Darkroom, Order
from rushes.media.facts import MediaKind
from rushes.media.stills import MOTION
from rushes.media.toolbox import Toolbox
from rushes.renditions import records
from rushes.renditions.outcome import Outcomes
from rushes.renditions.plan import Wanted
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind as RenditionKind
from rushes.renditions.rendition import State
from rushes.renditions.wanting import new_row
from rushes.sections import DeliverySettings

WIDTHS: Final = (160, 320, 480, 640, 960, 1280, 1600, 1920, 2560)
FORMATS: Final = {"webp": "image/webp", "jpeg": "image/jpeg", "avif": "image/avif"}
ENDINGS: Final = {"webp": "webp", "jpeg": "jpg", "avif": "avif"}
PLUGINS: Final = {"image/webp": "WEBP", "image/jpeg": "JPEG"}
PICTURES: Final = ("poster", "thumbnail-", "preview-")
"""What names of pictures that are of a width begin with; the others are sheets, or move."""

STILL_STEP: Final = timedelta(hours=1)

LocalPath = Callable[[str], Awaitable[Path]]
"""Returns a path of an object's bytes."""


class WidthNotAllowed(RushesError):
    """Images are given at the listed widths only."""

    code = "image.width_not_allowed"
    kind = Kind.INVALID


class FormatNotMade(RushesError):
    """Images are given in the listed formats only."""

    code = "image.format_not_made"
    kind = Kind.INVALID


class NotDeveloped(RushesError):
    """It is no camera RAW, or its sensor's picture cannot be developed here."""

    code = "image.not_developed"
    kind = Kind.UNUSABLE


class ImageNotReady(RushesError):
    """No picture of this asset is made yet, or none can be."""

    code = "image.not_ready"
    kind = Kind.CONFLICT


@dataclass(slots=True)
class Tools:
    """The toolbox of a process that seldom needs one: opened when it is first asked for."""

    open: Callable[[], Awaitable[Toolbox]]
    _opening: asyncio.Task[Toolbox] | None = None

    async def get(self) -> Toolbox:
        """Return the toolbox; raises what opening it raises, and is tried again then."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.ensure_future(self.open())
        return await asyncio.shield(self._opening)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a picture is made from, and how."""

    object_id: str
    order: Order
    work: Work


AT_ONCE: Final = 2
"""Pictures that one process makes at once, however many are asked for."""


@dataclass(frozen=True, slots=True)
class Imaging:
    """Answers who wants a picture at a width; what it makes stands in `folder` until it is kept."""

    database: Database
    clock: Clock
    signer: Signer
    settings: DeliverySettings
    outcomes: Outcomes
    local_path: LocalPath
    tools: Tools
    folder: Path
    _making: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _developing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """A place of its own: whole sensors take a minute, for which no other picture waits."""

    async def ask(
        self,
        actor: Actor,
        asset_id: str,
        *,
        width: int,
        image_format: str,
        moving: bool = False,
    ) -> str:
        """Return the path of the picture of an asset at a width, or as wide as it is.

        Args:
            actor: who asks.
            asset_id: what they want to see.
            width: one of `WIDTHS`.
            image_format: one of `FORMATS`.
            moving: whether they want the preview that moves, where there is one.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
            WidthNotAllowed, FormatNotMade: they are not of the lists.
            ImageNotReady: there is no picture yet.
        """
        media_type = _check(width, image_format)
        medium = await self._find(actor, asset_id)
        motion = medium.renditions.get(MOTION)
        if moving and motion is not None and motion.state is State.READY:
            return self._address(medium, motion, actor)
        widest = max(_pictures(medium, None), key=_width_of, default=None)
        if widest is None:
            raise ImageNotReady("No picture of this asset is made yet. Ask again soon.")
        name = f"image-{min(width, _width_of(widest))}.{ENDINGS[image_format]}"
        chosen = _exact(medium, min(width, _width_of(widest)), media_type, name)
        if chosen is None:
            chosen = await self._made(actor, medium, name, media_type)
        return self._address(medium, chosen, actor)

    async def develop(self, actor: Actor, asset_id: str, *, width: int, image_format: str) -> str:
        """Return the path of what the sensor of a camera saw, developed in full, at a width.

        The previews of camera RAW are the camera's own small picture; this is made of all the
        sensor has, with the camera's white balance, when it is first asked for.

        Raises:
            AssetNotFound, Forbidden: see `get_permitted`.
            WidthNotAllowed, FormatNotMade: they are not of the lists.
            NotDeveloped: it is no camera RAW, or cannot be developed.
        """
        media_type = _check(width, image_format)
        medium = await self._find(actor, asset_id)
        if medium.asset.kind != MediaKind.RAW:
            raise NotDeveloped("Only camera RAW is developed. Ask for the picture itself.")
        name = f"developed-{width}.{ENDINGS[image_format]}"
        order = Order(SENSOR, (width,), (ENDINGS[image_format],))
        if _named(medium, name) is None:
            sensor = _Source(medium.content.id, order, Work.DEVELOP)
            try:
                await self._make_once(medium, name, sensor, media_type)
            except RushesError as error:
                raise NotDeveloped(f"It cannot be developed here: {error.message}") from error
            medium = await self._find(actor, asset_id)
        made = _named(medium, name)
        if made is None:
            raise NotDeveloped("It could not be developed just now. Ask again.")
        return self._address(medium, made, actor)

    async def _made(
        self, actor: Actor, medium: Medium, file_name: str, media_type: str
    ) -> Rendition:
        """Return a picture that is made now, or the nearest that is there."""
        width = int(file_name.partition("-")[2].partition(".")[0])
        source = _source(medium, width)
        try:
            if source is not None:
                order = Order(PLUGINS[source.media_type], (width,), (_ending(file_name),))
                await self._make_once(
                    medium, file_name, _Source(source.id, order, Work.IMAGE), media_type
                )
            again = await self._find(actor, medium.asset.id)
            chosen = _exact(again, width, media_type, file_name)
        except RushesError:
            chosen = None
        chosen = chosen or _nearest(medium, width, media_type)
        if chosen is None:
            raise ImageNotReady("The picture cannot be made in this format now. Ask for WebP.")
        return chosen

    async def _make_once(self, medium: Medium, name: str, source: _Source, media_type: str) -> None:
        """Make a picture, or wait for whoever makes it already."""
        key = (medium.content.id, name)
        task = self._making.get(key)
        if task is None:
            task = asyncio.ensure_future(self._make(medium, name, source, media_type))
            self._making[key] = task
            task.add_done_callback(lambda _done: self._making.pop(key, None))
        await asyncio.shield(task)

    async def _make(self, medium: Medium, name: str, source: _Source, media_type: str) -> None:
        tools = await self.tools.get()
        path = await self.local_path(source.object_id)
        async with self._developing if source.work is Work.DEVELOP else self._places:
            answer = await Darkroom(tools).make(path, source.order, source.work)
        still = answer.stills[0]
        rendition = await self._begin(medium, name, media_type)
        if rendition.state is State.READY:  # another process was faster
            return
        made = Made(
            size_bytes=len(still.content),
            digest=hashlib.sha256(still.content).digest(),
            width=still.width,
            height=still.height,
        )
        # A folder of its own: what is left of it after a crash goes with the leftovers.
        place = self.folder / f"image-{rendition.id}-{self.clock.entropy(8).hex()}"
        try:
            await asyncio.to_thread(_lay, place, file_name=name, content=still.content)
            await self.outcomes.finish(rendition, place / name, made)
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _begin(self, medium: Medium, file_name: str, media_type: str) -> Rendition:
        """Return the row of a picture that is being made; a row of an earlier try is its own."""
        name = file_name.replace(".", "-")
        want = Wanted(name, RenditionKind.IMAGE, file_name, media_type)
        wanted = new_row(self.clock, medium.content.id, want)
        async with self.database.transaction() as connection:
            await records.record_wanted(connection, [wanted])
        await self.outcomes.begin([await self._row(medium, name)])
        return await self._row(medium, name)

    async def _row(self, medium: Medium, name: str) -> Rendition:
        async with self.database.reading() as connection:
            rows = await records.list_of_content(connection, medium.content.id)
        return next(row for row in rows if row.name == name)

    async def _find(self, actor: Actor, asset_id: str) -> Medium:
        async with self.database.reading() as connection:
            return await get_permitted(connection, actor, Verb.PLAY_ASSET, asset_id)

    def _address(self, medium: Medium, still: Rendition, actor: Actor) -> str:
        expires_at = until(self.clock.now(), self.settings.still_life, step=STILL_STEP)
        grant = Grant(medium.asset.id, Scope.STILL, None, actor.id, expires_at, actor.epoch)
        return f"/p/{self.signer.sign(grant)}/stills/{still.file_name}"


def _lay(place: Path, *, file_name: str, content: bytes) -> None:
    place.mkdir(parents=True)
    (place / file_name).write_bytes(content)


def _check(width: int, image_format: str) -> str:
    if width not in WIDTHS:
        raise WidthNotAllowed(f"Ask for one of these widths: {', '.join(map(str, WIDTHS))}.")
    if image_format not in FORMATS:
        raise FormatNotMade(f"Ask for one of these formats: {', '.join(FORMATS)}.")
    return FORMATS[image_format]


def _pictures(medium: Medium, media_type: str | None) -> list[Rendition]:
    return [
        each
        for each in medium.seen()
        if each.name.startswith(PICTURES) and media_type in {None, each.media_type}
    ]


def _exact(medium: Medium, width: int, media_type: str, file_name: str) -> Rendition | None:
    """Return the picture of just this width: a preview, or one that was made for somebody."""
    there = [*_pictures(medium, media_type), *medium.seen()]
    return next(
        (
            each
            for each in there
            if each.media_type == media_type
            and (
                each.file_name == file_name
                or (each.width == width and each.name.startswith(PICTURES))
            )
        ),
        None,
    )


def _named(medium: Medium, file_name: str) -> Rendition | None:
    return next((each for each in medium.seen() if each.file_name == file_name), None)


def _ending(file_name: str) -> str:
    return file_name.rpartition(".")[2]


def _nearest(medium: Medium, width: int, media_type: str) -> Rendition | None:
    """Return the narrowest picture that is wide enough, else the widest."""
    pictures = _pictures(medium, media_type)
    wide = [each for each in pictures if _width_of(each) >= width]
    return min(wide, key=_width_of, default=None) or max(pictures, key=_width_of, default=None)


def _source(medium: Medium, width: int) -> Rendition | None:
    """Return what a picture is made from: WebP, which may be transparent, before JPEG."""
    wide = [each for each in _pictures(medium, None) if _width_of(each) >= width]
    usable = [each for each in wide if each.media_type in PLUGINS]
    return min(usable, key=_preference, default=None)


def _preference(picture: Rendition) -> tuple[int, bool]:
    return _width_of(picture), picture.media_type != "image/webp"


def _width_of(rendition: Rendition) -> int:
    return rendition.width or 0
