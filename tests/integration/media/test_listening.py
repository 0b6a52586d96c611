"""A sound is listened to once: peaks, loudness, pictures and an MP3 come out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rushes.media.failures import NoStream
from rushes.media.listening import Listening
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox
from tests.fixtures.media_files import MediaFiles


@pytest.mark.parametrize(
    ("name", "sniffed"), [("audio_only.mp3", "mp3"), ("audio_only.m4a", "mov")]
)
async def test_a_sound_is_heard(
    name: str, sniffed: str, media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Two seconds of a tone: even peaks, its loudness, and a copy that is as long."""
    original = media_files.get(name)
    studio, copy = Studio(toolbox, tmp_path), tmp_path / "audio.mp3"
    facts = await studio.probe(original, sniffed)

    heard = await Listening(toolbox, tmp_path).listen(original, facts, copy)

    assert heard.loudness is not None
    assert -25 < heard.loudness.integrated < -15
    assert heard.loudness.peak < 0
    waveform = json.loads(heard.stills[0].content)
    assert 980 < waveform["length"] < 1_050
    assert {12, 13, 14, 15, 16} >= set(waveform["data"][201:1_801:2])
    assert {"waveform", "poster", "thumbnail-320", "thumbnail-640"} == {
        s.name for s in heard.stills
    }
    copied = await studio.probe(copy, "mp3")
    assert abs(float(copied.duration) - 2) < 0.2
    assert "mp3" in copied.audio[0].codec


async def test_a_silent_film_cannot_be_listened_to(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """There is no track."""
    original = media_files.get("no_audio.mp4")
    facts = await Studio(toolbox, tmp_path).probe(original, "mov")

    with pytest.raises(NoStream):
        await Listening(toolbox, tmp_path).listen(original, facts, tmp_path / "audio.mp3")
