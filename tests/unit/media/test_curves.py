"""The curves give the values that their publishers print."""

from __future__ import annotations

import pytest

from rushes.media.curves import (
    BT709,
    BT2020,
    CAMERAS,
    bt709_signal,
    hlg_nits,
    hlg_scene,
    keep_inside,
    matrix_to_bt709,
    pq_nits,
    pq_signal,
    roll_off,
    screen_signal,
    transform,
)


@pytest.mark.parametrize(
    ("nits", "signal"), [(0, 0), (100, 0.508), (203, 0.581), (1_000, 0.752), (10_000, 1)]
)
def test_pq_gives_the_light_of_bt2408(nits: float, signal: float) -> None:
    """Table 1 of ITU-R BT.2408: and back again."""
    assert signal == pytest.approx(pq_signal(nits), abs=0.001)
    assert nits == pytest.approx(pq_nits(pq_signal(nits)), abs=0.001)


@pytest.mark.parametrize(("signal", "nits"), [(0, 0), (0.38, 26), (0.75, 203), (1, 1_000)])
def test_hlg_gives_the_light_of_bt2408(signal: float, nits: float) -> None:
    """On a screen of 1,000 cd/m2: grey card at 38 %, white at 75 %."""
    assert hlg_nits((signal,) * 3) == pytest.approx((nits,) * 3, abs=0.6)


def test_the_two_parts_of_hlg_meet() -> None:
    """A twelfth of the light at half the signal."""
    assert 1 / 12 == pytest.approx(hlg_scene(0.5))
    assert 1 / 12 == pytest.approx(hlg_scene(0.5 + 1e-9), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "code", "light"),
    [
        *(("slog3", 95, 0), ("slog3", 420, 0.18), ("slog3", 598, 0.9)),
        *(("vlog", 128, 0), ("vlog", 433, 0.18), ("vlog", 602, 0.9)),
        *(("clog3", 128, 0), ("clog3", 351, 0.18), ("clog3", 577, 0.9), ("clog3", 130, 0.0009)),
        *(("logc3", 95, 0), ("logc3", 400, 0.18), ("logc3", 133, 0.007)),
        *(("generic", 95, 0), ("generic", 470, 0.183), ("generic", 685, 1)),
    ],
)
def test_a_log_gives_the_light_that_its_maker_prints(name: str, code: int, light: float) -> None:
    """Black, the grey card and a white sheet, as ten-bit codes."""
    assert light == pytest.approx(CAMERAS[name].light(code / 1023, is_full=True), abs=0.02)


def test_a_signal_of_limited_range_is_a_code_from_64_to_940() -> None:
    """Where a curve is defined over codes; LogC is defined over the signal."""
    grey = (420 - 64) / 876

    assert 0.18 == pytest.approx(CAMERAS["slog3"].light(grey, is_full=False), abs=1e-6)
    assert 0.18 == pytest.approx(CAMERAS["logc3"].light(0.391007, is_full=False), abs=1e-4)


def test_below_black_there_is_no_light() -> None:
    """In none of them, at no signal."""
    assert [0.0] * 5 == [camera.light(0.0, is_full=True) for camera in CAMERAS.values()]
    below = CAMERAS["clog3"].light(0.09, is_full=True)
    assert 0.0 == below


def test_signals_of_ordinary_screens() -> None:
    """Black, a grey card and white."""
    assert [0, 0.4895, 1] == pytest.approx([screen_signal(x) for x in (-1, 0.18, 1)], abs=1e-3)
    assert [0, 0.045, 0.409, 1] == pytest.approx(
        [bt709_signal(x) for x in (-1, 0.01, 0.18, 1)], abs=1e-3
    )


def test_bright_light_is_rolled_off_and_dark_stays() -> None:
    """Never darker for more light, white at the peak and above it."""
    lights = [step / 20 for step in range(140)]

    rolled = [roll_off(light, 5) for light in lights]

    assert rolled == sorted(rolled)
    assert 0.18 == roll_off(0.18, 5)
    assert [1.0, 1.0] == pytest.approx([roll_off(5, 5), roll_off(40, 5)])
    assert 0.7 < roll_off(1, 5) < 0.85


def test_the_matrix_of_bt2020_is_that_of_bt2087() -> None:
    """To its four digits; white stays white, and what is BT.709 stays what it is."""
    matrix = matrix_to_bt709(BT2020)

    assert matrix[0] == pytest.approx((1.6605, -0.5876, -0.0728), abs=1e-4)
    assert matrix[1] == pytest.approx((-0.1246, 1.1329, -0.0083), abs=1e-4)
    assert matrix[2] == pytest.approx((-0.0182, -0.1006, 1.1187), abs=1e-4)
    assert (1, 1, 1) == pytest.approx(transform(matrix, (1, 1, 1)))
    assert (0.2, 0.5, 0.7) == pytest.approx(transform(matrix_to_bt709(BT709), (0.2, 0.5, 0.7)))


def test_a_colour_that_no_screen_shows_gets_as_much_grey_as_it_takes() -> None:
    """Equally light; one that can be shown stays."""
    too_green, too_bright = keep_inside((-0.1, 0.8, 0.1)), keep_inside((1.4, 0.9, 0.6))

    assert (0.3, 0.5, 0.7) == pytest.approx(keep_inside((0.3, 0.5, 0.7)))
    assert 0 == pytest.approx(min(too_green))
    assert 1 == pytest.approx(max(too_bright))
    luma = 0.2126 * too_green[0] + 0.7152 * too_green[1] + 0.0722 * too_green[2]
    assert luma == pytest.approx(-0.1 * 0.2126 + 0.8 * 0.7152 + 0.1 * 0.0722)
