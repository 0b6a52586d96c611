"""XML of xLights: facts from elements of real files, and nothing that a hostile one wants."""

from __future__ import annotations

import io

import pytest

from rushes.media import xlights
from rushes.media.xlights import DTD, INVALID, TOO_DEEP, Reading, Refused
from tests.support.shows import LAYOUT, MODEL, NETWORKS, SONG


def facts_of(content: str | bytes) -> dict[str, object]:
    """Return what is read of a file."""
    reading = Reading()
    raw = content.encode() if isinstance(content, str) else content
    xlights.read(io.BytesIO(raw), reading)
    return reading.facts()


@pytest.mark.covers("S-MD-03", "BG-36", "BG-32")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            SONG,
            {
                "format": "xsq",
                "version": "2024.19",
                "author": "A",
                "song": "S",
                "timing": "25 ms",
                "sequence_type": "Media",
                "media_file": "C:\\Shows\\song.mp3",
                "duration": "5.250",
                "models": ["Tree", "Arch"],
                "model_count": 2,
                "timings": ["Beats"],
                "effects": 4,
            },
        ),
        (LAYOUT, {"format": "layout", "model_count": 2, "groups": 1, "submodels": 1}),
        (NETWORKS, {"format": "networks", "controllers": 2}),
        (
            MODEL,
            {
                "format": "xmodel",
                "name": "Snowflake",
                "parm1": "20",
                "string_type": "RGB Nodes",
                "submodels": 2,
                "faces": 1,
            },
        ),
        (SONG.split("?>", 1)[1].lstrip().encode("utf-8-sig"), {"format": "xsq", "effects": 4}),
        (SONG.replace("UTF-8", "UTF-16").encode("utf-16"), {"format": "xsq", "effects": 4}),
    ],
)
def test_what_xlights_writes_is_read(content: str | bytes, expected: dict[str, object]) -> None:
    """Effects count in models only, not in the store of effects and not in timing tracks."""
    facts = facts_of(content)

    assert expected == {name: facts.get(name) for name in expected}


def test_an_empty_element_says_nothing() -> None:
    """`<artist/>` is no artist of the name of nothing."""
    assert "artist" not in facts_of(SONG)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("", INVALID),
        ("no XML", INVALID),
        ("<html><body/></html>", INVALID),
        ('<?xml version="1.0" encoding="klingon"?><xsequence/>', INVALID),
        ('<!DOCTYPE x [<!ENTITY a "b">]><xsequence>&a;</xsequence>', DTD),
        ("<xsequence>" + "<a>" * 200_000, TOO_DEEP),
        ("<xsequence><head><author>" + "x" * (2**20 + 1), INVALID),
    ],
)
def test_what_nobody_should_read_is_refused(content: str, status: int) -> None:
    """No document type, no depth, no endless text, no other XML; each with its own status."""
    with pytest.raises(Refused) as refused:
        facts_of(content)

    assert status == refused.value.status


def test_an_endless_file_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bound is not read."""
    monkeypatch.setattr(xlights, "FILE_BYTES_AT_MOST", 1_000)

    with pytest.raises(Refused, match="longer"):
        facts_of("<xsequence>" + "<a/>" * 1_000 + "</xsequence>")


@pytest.mark.parametrize("broken", [SONG[: len(SONG) - 40], SONG.replace("</xsequence>", "</x>")])
def test_a_broken_file_keeps_what_was_read(broken: str) -> None:
    """The end is missing: facts stand, and a warning names the line."""
    reading = Reading()

    (warning,) = xlights.read(io.BytesIO(broken.encode()), reading)

    assert "broken in line" in warning
    assert "2024.19" == reading.facts()["version"]


def test_names_are_kept_within_their_bound() -> None:
    """All are counted; the first ones are named."""
    models = "".join(f'<Element type="model" name="m{number}"/>' for number in range(1_200))
    tracks = "".join(f'<Element type="timing" name="t{number}"/>' for number in range(1_200))

    facts = facts_of(f"<xsequence><DisplayElements>{models}{tracks}</DisplayElements></xsequence>")

    assert 1_200 == facts["model_count"]
    assert (1_000, 1_000) == (len(facts["models"]), len(facts["timings"]))  # type: ignore[arg-type]
