"""Signals whose meaning is known come out as the samples that ordinary screens expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from rushes.media.color import Grade, Look, Treatment, built_in
from rushes.media.curves import (
    BT2020,
    CAMERAS,
    Color,
    bt709_signal,
    hlg_nits,
    keep_inside,
    matrix_to_bt709,
    pq_nits,
    pq_signal,
    roll_off,
    screen_signal,
    transform,
)
from rushes.media.studio import Studio
from tests.support.patches import Tags, expect_codes, look_at_patches, write_patches
from tests.support.screening import ignore, plan_run

GREYS = tuple((step / 8,) * 3 for step in range(9))
BARS = ((0.75, 0.75, 0.0), (0.0, 0.75, 0.75), (0.0, 0.75, 0.0), (0.75, 0.0, 0.75), (0.75, 0, 0))
PATCHES = (*GREYS, *BARS)
GREYS_OFF, COLORS_OFF = 2.0, 9.0
"""Steps of 255 by which a sample may be off after scaling, a table and an encoder. Between two
steps of a table a colour at the rim of what a screen shows is bent a little."""


async def seen(studio: Studio, film: Path, grade: Grade | None = None) -> list[Color]:
    """Return the samples of the patches in the first segment of the film's lowest quality."""
    facts = await studio.probe(film, "matroska")
    run = plan_run(facts, 0, 1)
    if grade is not None:
        run = type(run)(facts, run.grid, run.rungs, 0, 1, threads=1, grade=grade)
    await studio.encode_run(film, run, ignore)
    shelf = studio.shelf(run, run.rungs[0])
    whole = film.with_suffix(".mp4")
    whole.write_bytes(shelf.get_init() + shelf.get_segment(0))
    return look_at_patches(whole, len(PATCHES))


def check(expected: list[tuple[int, int, int]], found: list[Color]) -> None:
    """No sample is further off than a screen shows."""
    off = [
        max(abs(e - f) for e, f in zip(codes, means, strict=True))
        for codes, means in zip(expected, found, strict=True)
    ]
    assert [] == [
        (number, expected[number], found[number])
        for number, each in enumerate(off)
        if each > (GREYS_OFF if number < len(GREYS) else COLORS_OFF)
    ]


@pytest.mark.parametrize(
    ("tags", "matrix"),
    [
        (Tags(1, 1, 1), 1),
        (Tags(1, 1, 1, is_full=True), 1),
        (Tags(5, 6, 5), 5),
        (Tags(), 5),
    ],
    ids=["as it is", "of full range", "of standard definition", "untagged and small"],
)
async def test_ordinary_signals_stay_what_they_are(
    studio: Studio, tmp_path: Path, tags: Tags, matrix: int
) -> None:
    """Whatever matrix and range they are written in: the same red, green and blue come out."""
    film = write_patches(tmp_path / "film.mkv", PATCHES, tags, matrix)

    found = await seen(studio, film)

    check([expect_codes(patch) for patch in PATCHES], found)


async def test_what_is_transparent_lies_on_black(studio: Studio, tmp_path: Path) -> None:
    """Whatever colour stands in what nobody should see; half of it is seen as half as bright."""
    alphas = [(1.0, 0.5, 0.0)[number % 3] for number in range(len(PATCHES))]
    film = write_patches(tmp_path / "film.mkv", PATCHES, Tags(1, 1, 1), 1, alphas)

    found = await seen(studio, film)

    seen_part = [
        (red * alpha, green * alpha, blue * alpha)
        for (red, green, blue), alpha in zip(PATCHES, alphas, strict=True)
    ]
    check([expect_codes(patch) for patch in seen_part], found)


def shown(light: Color) -> Color:
    """Return the signals for an ordinary screen of light in cd/m2 with the colours of BT.2020."""
    red, green, blue = (part / 203 for part in light)
    brightest = max(red, green, blue)
    share = roll_off(brightest, 1_000 / 203) / brightest if brightest else 0
    inside = keep_inside(
        transform(matrix_to_bt709(BT2020), (red * share, green * share, blue * share))
    )
    first, second, third = map(screen_signal, inside)
    return first, second, third


@pytest.mark.parametrize("tags", [Tags(9, 16, 9), Tags(9, 16, 2)], ids=["tagged", "no matrix"])
async def test_pq_is_brought_to_an_ordinary_screen(
    studio: Studio, tmp_path: Path, tags: Tags
) -> None:
    """Greys and bars up to 1,000 cd/m2 land where ST 2084, BT.2390 and BT.1886 put them."""
    top = pq_signal(1_000)
    patches = [(red * top, green * top, blue * top) for red, green, blue in PATCHES]
    film = write_patches(tmp_path / "film.mkv", patches, tags, 9)

    found = await seen(studio, film)

    lights = [(pq_nits(red), pq_nits(green), pq_nits(blue)) for red, green, blue in patches]
    check([expect_codes(shown(light)) for light in lights], found)


async def test_hlg_is_brought_to_an_ordinary_screen(studio: Studio, tmp_path: Path) -> None:
    """Greys and bars land where BT.2100, BT.2390 and BT.1886 put them."""
    film = write_patches(tmp_path / "film.mkv", PATCHES, Tags(9, 18, 9), 9)

    found = await seen(studio, film)

    check([expect_codes(shown(hlg_nits(patch))) for patch in PATCHES], found)


@pytest.mark.parametrize("name", list(CAMERAS))
async def test_log_is_brought_to_an_ordinary_screen(
    studio: Studio, tmp_path: Path, name: str
) -> None:
    """The light that the camera saw comes out as BT.709 shows it, highlights rolled off."""
    film = write_patches(tmp_path / "film.mkv", PATCHES, Tags(1, 1, 1), 1)
    treatment = Treatment(Look.LOG, name)

    found = await seen(studio, film, Grade(treatment, built_in(treatment, is_full=False)))

    camera = CAMERAS[name]
    expected = []
    for patch in PATCHES:
        red, green, blue = (camera.light(signal, is_full=False) for signal in patch)
        brightest = max(red, green, blue)
        share = roll_off(brightest, 12) / brightest if brightest else 0
        matrix = matrix_to_bt709(camera.gamut)
        inside = keep_inside(transform(matrix, (red * share, green * share, blue * share)))
        first, second, third = map(bt709_signal, inside)
        expected.append(expect_codes((first, second, third)))
    check(expected, found)
