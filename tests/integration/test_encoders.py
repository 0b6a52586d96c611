"""Hardware encodes where it proves itself; where it does not, or fails at a film, x264 does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.db.migrate import migrate
from rushes.library.asset import Asset, State
from rushes.media.encoder import Encoder
from rushes.media.encoding import RATE, check_proof, choose_encoder, prove
from rushes.media.failures import InvalidMedia
from rushes.media.ladder import plan_ladder
from rushes.media.toolbox import Toolbox, find_ffmpeg
from rushes.settings import Settings
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(600)

RUNG = plan_ladder(640, 360, Fraction(RATE))[0]
BOARD = """#!{python} -IS
import os, sys
words, board = sys.argv[1:], os.path.dirname(os.path.abspath(__file__))
while "h264_nvenc" in words:
    if os.path.exists(board + "/broken"):
        sys.exit("OpenEncodeSessionEx failed: no encode device")
    at = words.index("h264_nvenc")
    end = words.index("-bf", at) + 2
    told = dict(zip(words[at + 1 : end : 2], words[at + 2 : end : 2]))
    kept = [word for name in ("-level", "-maxrate", "-bufsize", "-g", "-bf")
            for word in (name, told[name])]
    words[at:end] = ["libx264", "-preset", "veryfast", "-profile:v", "high", "-forced-idr", "1",
                     "-x264-params", "scenecut=0:open-gop=0", *kept]
    open(board + "/used", "a").write("x")
os.execv({ffmpeg!r}, [{ffmpeg!r}, *words])
"""
"""A program in the place of ffmpeg whose `h264_nvenc` works until a file says it is broken."""


@dataclass(frozen=True, slots=True)
class Board:
    """Where that program lies."""

    folder: Path

    @property
    def program(self) -> Path:
        """Return its path."""
        return self.folder / "ffmpeg"

    @property
    def used(self) -> int:
        """Return how often hardware encoded."""
        note = self.folder / "used"
        return len(note.read_text()) if note.exists() else 0

    def break_down(self) -> None:
        """Let every encoding by hardware fail from now on."""
        (self.folder / "broken").touch()


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """A machine with an encoder."""
    made = Board(tmp_path / "board")
    made.folder.mkdir()
    made.program.write_text(BOARD.format(python=sys.executable, ffmpeg=find_ffmpeg(None)))
    made.program.chmod(0o755)
    return made


@pytest.fixture
async def stage(tmp_path: Path, board: Board) -> AsyncIterator[Stage]:
    """A house whose worker finds hardware that works."""
    url = Settings.load(data=tmp_path / "data").rooms_url
    await asyncio.to_thread(migrate, url)
    media = {"ffmpeg": str(board.program), "encoder": "nvenc"}
    async with set_stage(tmp_path / "data", url, media=media) as made:
        yield made


async def send(stage: Stage, name: str, content: bytes) -> Asset:
    """Send a film, and return it when it is ready."""
    upload = await stage.send(name, content)

    async def is_ready() -> bool:
        asset = await stage.find(upload)
        return asset is not None and asset.state in {State.READY, State.FAILED}

    await until(is_ready, seconds=240, what="an asset that is ready")
    asset = await stage.find(upload)
    assert asset is not None
    return asset


async def test_a_film_is_finished_by_x264_where_hardware_breaks(
    stage: Stage, board: Board, media_files: MediaFiles
) -> None:
    """Before that hardware makes it; each file is of one recipe, and what stood stays."""
    first = await send(stage, "first.mp4", media_files.get("mpeg4.mp4").read_bytes())
    before = board.used
    board.break_down()

    second = await send(stage, "second.webm", media_files.get("vp9.webm").read_bytes())

    assert [State.READY, State.READY] == [first.state, second.state]
    assert (None, None) == (first.error_code, second.error_code)
    assert "r1-nvenc" == (await stage.renditions(first))["360p"].recipe
    assert "r1" == (await stage.renditions(second))["360p"].recipe
    assert before > 2  # twice to prove itself, then for the film
    assert before == board.used


async def test_an_encoder_that_is_listed_and_fails_is_told(toolbox: Toolbox) -> None:
    """There is no such hardware here: what ffmpeg says of it is the reason."""
    chosen = await choose_encoder(toolbox, Encoder.NVENC)

    assert Encoder.SOFTWARE is chosen.encoder
    assert chosen.trouble is not None
    assert chosen.trouble.startswith("h264_nvenc does not work here: ")


async def test_what_is_set_to_software_is_not_tried(toolbox: Toolbox) -> None:
    """It always works."""
    chosen = await choose_encoder(toolbox, Encoder.SOFTWARE)

    assert (Encoder.SOFTWARE, None) == (chosen.encoder, chosen.trouble)


async def test_x264_would_prove_itself(toolbox: Toolbox) -> None:
    """So the proof asks for no more than what is promised; what came short of it is refused."""
    init = await prove(toolbox, Encoder.SOFTWARE)

    assert init[4:8] == b"ftyp"
    with pytest.raises(InvalidMedia, match="0 pieces of 2"):
        check_proof(init, RUNG)
    with pytest.raises(InvalidMedia, match="is promised"):
        check_proof(init, plan_ladder(1280, 720, Fraction(RATE))[-1])
