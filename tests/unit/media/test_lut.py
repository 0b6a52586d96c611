"""Tables of colours are what their curves say, and `.cube` files are read or refused."""

from __future__ import annotations

import random
from itertools import product

import pytest

from rushes.media.lut import (
    COARSE,
    CUBE_BYTES_AT_MOST,
    FINE,
    CubeInvalid,
    Lut,
    hald_of,
    hlg_hald,
    log_hald,
    make_hald,
    parse_cube,
    pq_hald,
)

SWAPPED = "\n".join(f"{blue} {red} {green}" for blue, green, red in product((0, 1), repeat=3))
CUBE = f'# a note\n\nTITLE "Swap\x07ped"\nLUT_3D_SIZE 2\n{SWAPPED}\n'
CURVES = "LUT_1D_SIZE 3\n0 0 0\n0.5 0.25 1\n1 1 1\n"


def test_a_table_says_what_each_step_becomes() -> None:
    """Red fastest; what a function gives beyond its range is cut."""
    hald = make_hald(lambda color: (color[0], color[1] * 2, color[2] - 1), 4)

    assert (2, 8, 64 * 6) == (hald.level, hald.width, len(hald.content))
    assert (21_845, 0, 0) == hald.at(1, 0, 0)
    assert (0, 65_535, 0) == hald.at(0, 3, 3)


def test_a_grey_card_looks_as_it_did() -> None:
    """White of HDR is near the white of a screen; black is black; greys have no colour."""
    for table in (pq_hald, hlg_hald, log_hald):
        table.cache_clear()  # another test may have made them already
    for hald in (pq_hald(), hlg_hald(), log_hald("slog3", is_full=False)):
        greys = [hald.at(step, step, step) for step in range(hald.side)]
        assert all(max(grey) - min(grey) <= 2 for grey in greys)
        assert [grey[0] for grey in greys] == sorted(grey[0] for grey in greys)
        assert 0 == greys[0][0]
        assert greys[-1][0] > 60_000


def test_between_steps_lines_are_straight() -> None:
    """In all three directions, and nothing lies beyond the ends."""
    lut = parse_cube(CUBE.encode())

    assert "Swapped" == lut.title
    assert (0.75, 0.25, 0.5) == pytest.approx(lut.at((0.25, 0.5, 0.75)))
    assert (1.0, 0.0, 0.0) == lut.at((-1, 0, 9))


def test_curves_become_a_table() -> None:
    """Each channel by its own."""
    lut = parse_cube(CURVES.encode())

    assert COARSE == lut.side
    assert (0.25, 0.5, 1.0) == pytest.approx(lut.at((0.25, 2 / 3, 0.5)), abs=0.02)


@pytest.mark.parametrize(
    "domain",
    ["DOMAIN_MIN 0.2 0.2 0.2\nDOMAIN_MAX 0.6 0.6 0.6", "LUT_3D_INPUT_RANGE 0.2 0.6"],
)
def test_a_domain_moves_the_ends(domain: str) -> None:
    """What lies outside it is taken for its end."""
    lut = parse_cube(f"{domain}\n{CUBE}".encode())

    assert (0.0, 0.5, 1.0) == pytest.approx(lut.at((0.4, 0.9, 0.1)))


def test_a_table_is_as_fine_as_it_is_worth() -> None:
    """Up to 36 steps a coarse one, else a fine one."""
    coarse = hald_of(parse_cube(CUBE.encode()))

    assert COARSE == coarse.side
    assert (0, 65_535, 0) == coarse.at(35, 0, 0)


def test_a_hald_image_is_what_the_table_gives() -> None:
    """At every step of it, with a domain of its own."""
    text = f"DOMAIN_MIN 0 0.1 0.2\nDOMAIN_MAX 1 0.8 0.9\n{CUBE}"
    lut = parse_cube(text.encode())
    hald = hald_of(lut)

    for steps in product((0, 7, 20, 35), repeat=3):
        red, green, blue = (step / 35 for step in steps)
        expected = [65_535 * each for each in lut.at((red, green, blue))]
        assert expected == pytest.approx(hald.at(*steps), abs=1)


def test_a_large_table_is_kept_fine() -> None:
    """All 65 steps would be no Hald image."""
    lut = Lut(65, [(0.5, 0.5, 0.5)] * 65**3)

    assert FINE == hald_of(lut).side


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "either"),
        ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n" + SWAPPED, "either"),
        ("LUT_3D_SIZE x", "whole number"),
        ("LUT_3D_SIZE ²", "whole number"),
        ("LUT_3D_SIZE 66", "2 to 65"),
        ("LUT_3D_SIZE 1", "2 to 65"),
        ("LUT_1D_SIZE 65537", "2 to 65536"),
        ("LUT_3D_SIZE 2\n0 0 0", "1 rows instead of 8"),
        (CUBE + "0 0 0", "one more"),
        ("0 0 0", "one more"),
        ("LUT_3D_SIZE 2\n0 0", "3 numbers"),
        ("LUT_3D_SIZE 2\n0 0 nan", "3 numbers"),
        ("LUT_3D_SIZE 2\n0 0 1e9", "3 numbers"),
        ("LUT_3D_SIZE 2\nhello", "3 numbers"),
        ("LUT_3D_SIZE", "whole number"),
        ("DOMAIN_MAX 0 0 0\n" + CUBE, "above"),
        ("1" * 300, "longer"),
    ],
)
def test_what_is_no_table_is_refused_and_says_where(text: str, why: str) -> None:
    """With one error, whatever is wrong."""
    with pytest.raises(CubeInvalid, match=why):
        parse_cube(text.encode())


def test_neither_long_files_nor_bytes_are_read() -> None:
    """Before anything else is."""
    with pytest.raises(CubeInvalid, match="10 MiB"):
        parse_cube(b"0" * (CUBE_BYTES_AT_MOST + 1))
    with pytest.raises(CubeInvalid, match="plain text"):
        parse_cube(b"\xff\xfe\x00")


def test_a_byte_order_mark_is_no_trouble() -> None:
    """Editors of some systems write one."""
    assert 2 == parse_cube(b"\xef\xbb\xbf" + CUBE.encode()).side


def test_a_table_that_changes_nothing_changes_nothing() -> None:
    """Any colour comes out as it went in."""
    steps = [step / 16 for step in range(17)]
    lut = Lut(17, [(red, green, blue) for blue, green, red in product(steps, repeat=3)])
    chance = random.Random(17)  # noqa: S311 - colours, no secrets

    colors = [(chance.random(), chance.random(), chance.random()) for _ in range(50)]

    assert all(color == pytest.approx(lut.at(color)) for color in colors)
