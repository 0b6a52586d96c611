"""Which encoder works here: the one that is set, if it proves itself in the box, else x264.

An encoder that ffmpeg lists may still have no device, no driver, or no right to either. So two
seconds of picture are encoded as a run of the ladder would be, and the bytes are read: two pieces,
each from a key frame on, of the profile and level that playlists promise; twice, with one init.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import GIB, LIMITS, Limits, Tool, Work
from rushes.media.encoder import DEVICES, PROGRAM_NAMES, Encoder
from rushes.media.failures import InvalidMedia
from rushes.media.ffmpeg import proof_arguments
from rushes.media.fragment import Defaults, PieceReader, parse_fragment
from rushes.media.ladder import Rung, plan_ladder
from rushes.media.movie import parse_track
from rushes.media.tool import run
from rushes.media.toolbox import Toolbox

RATE: Final = 25
PIECES: Final = 2
MAPPED_BYTES: Final = 64 * GIB
"""Drivers of hardware reserve addresses far beyond what they use."""

_NOTHING: Final = Path(os.devnull)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What encodes here, and why not what was set; None where it is what was set."""

    encoder: Encoder
    trouble: str | None = None


def with_hardware(tool: Tool, limits: Limits, encoder: Encoder) -> tuple[Tool, Limits]:
    """Return a tool that may use the devices of an encoder, and its limits."""
    if encoder is Encoder.SOFTWARE:
        return tool, limits
    memory = max(limits.memory_bytes, MAPPED_BYTES)
    return replace(tool, devices=DEVICES[encoder]), replace(limits, memory_bytes=memory)


async def choose_encoder(tools: Toolbox, wanted: Encoder) -> Chosen:
    """Return the encoder that is wanted, if it works here; else x264, and what went wrong."""
    if wanted is Encoder.SOFTWARE:
        return Chosen(wanted)
    try:
        first, second = [await prove(tools, wanted) for _ in range(2)]
        if first != second:
            raise InvalidMedia("its pieces do not begin alike")
    except RushesError as error:
        said = str(error.facts.get("last_words") or "").strip().splitlines()
        trouble = f"{PROGRAM_NAMES[wanted]} does not work here: {said[-1] if said else error}"
        log.warning("x264 encodes instead of %s", wanted, extra={"reason": trouble})
        return Chosen(Encoder.SOFTWARE, trouble)
    return Chosen(wanted)


async def prove(tools: Toolbox, encoder: Encoder) -> bytes:
    """Encode two seconds and read what came; return the init."""
    rung = plan_ladder(640, 360, Fraction(RATE))[0]
    tool, limits = with_hardware(tools.ffmpeg, LIMITS[Work.FIRST], encoder)
    held = bytearray()

    async def keep(arrived: bytes) -> None:
        """Collect what was encoded."""
        held.extend(arrived)

    job = tools.ffmpeg_run(proof_arguments(encoder, rung, RATE, PIECES), limits, _NOTHING)
    await run(replace(job, tool=tool), keep)
    return check_proof(bytes(held), rung)


def check_proof(made: bytes, rung: Rung) -> bytes:
    """Return the init of what an encoder made; raises InvalidMedia where it is of no use."""
    init, defaults, pieces = b"", Defaults(), 0
    for kind, piece in PieceReader().feed(made):
        if kind == "init":
            init = piece
            track, defaults = parse_track(piece)
            promised = f"avc1.6400{round(float(rung.level) * 10):02x}"
            if track.codec != promised:
                raise InvalidMedia(f"it makes {track.codec} where {promised} is promised")
            continue
        samples = parse_fragment(piece, defaults).samples
        if [sample.is_sync for sample in samples] != [True, *[False] * (RATE - 1)]:
            raise InvalidMedia("its key frames do not stand where they are asked for")
        pieces += 1
    if not init or pieces != PIECES:
        raise InvalidMedia(f"it made {pieces} pieces of {PIECES}")
    return init
