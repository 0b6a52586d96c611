"""Grading: the table of colours of a treatment, one of ours or one that people sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rushes.access import records as access_records
from rushes.db.engine import Connection, Database
from rushes.library import records as library_records
from rushes.media.color import (
    AUTO,
    PLAIN,
    Grade,
    Treatment,
    built_in,
    find_log,
    name_of,
    plan_treatment,
)
from rushes.media.curves import CAMERAS
from rushes.media.facts import MediaInfo, VideoFacts
from rushes.media.lut import Hald
from rushes.renditions import lut_records
from rushes.renditions.luts import LutNotFound


@dataclass(frozen=True, slots=True)
class Grading:
    """Finds tables."""

    database: Database

    async def grade(self, treatment: Treatment, video: VideoFacts | None) -> Grade:
        """Return a treatment with its table; a table of ours is computed once in a process.

        Raises:
            LutNotFound: the table that people sent is not there any more.
        """
        if treatment.is_sent:
            async with self.database.reading() as connection:
                found = await lut_records.find_image(connection, treatment.name, treatment.version)
            if found is None:
                raise LutNotFound(f"The LUT {treatment.name} was deleted. Choose another colour.")
            return Grade(treatment, Hald(*found))
        is_full = video is not None and video.full_range
        hald = await asyncio.to_thread(built_in, treatment, is_full=is_full)
        return Grade(treatment, hald)


async def find_treatment(connection: Connection, choice: str | None, info: MediaInfo) -> Treatment:
    """Return how a film is treated: as people chose, else as the file says.

    Raises:
        LutNotFound: the table that was chosen is not there.
    """
    transfer = 0 if info.video is None else info.video.transfer
    name, version = name_of(choice or AUTO), None
    if name is not None and name not in CAMERAS:
        sent = await lut_records.find_lut(connection, name)
        if sent is None:
            raise LutNotFound(f"There is no LUT {name}. Send it first, or choose another colour.")
        version = sent.version
    return plan_treatment(choice or AUTO, transfer, find_log(info.gamma), version)


async def find_default(connection: Connection, content_id: str, info: MediaInfo) -> str | None:
    """Return the colour that a film has by its project, where its file says nothing of it.

    None where the project has none, or names a LUT that is not there any more.
    """
    assets = await library_records.list_of_content(connection, content_id)
    if not assets or await find_treatment(connection, None, info) != PLAIN:
        return None
    color = (await access_records.get_project(connection, assets[0].project_id)).color
    await lut_records.lock_lut(connection, name_of(color or AUTO) or "")  # it is not deleted now
    try:
        await find_treatment(connection, color, info)
    except LutNotFound:
        return None
    return color
