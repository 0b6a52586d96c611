"""Grading: the table of colours of a treatment, one of ours or one that people sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rushes.db.engine import Database
from rushes.media.color import Grade, Treatment, built_in
from rushes.media.facts import VideoFacts


@dataclass(frozen=True, slots=True)
class Grading:
    """Finds tables."""

    database: Database

    async def grade(self, treatment: Treatment, video: VideoFacts | None) -> Grade:
        """Return a treatment with its table; a table of ours is computed once in a process."""
        is_full = video is not None and video.full_range
        hald = await asyncio.to_thread(built_in, treatment, is_full=is_full)
        return Grade(treatment, hald)
