"""Which qualities an original gets: never larger than it is, at a level that allows them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rushes.media.failures import InvalidMedia
from rushes.media.ladder import BOXES, Fit, Quality, Rung, level_of, plan_ladder

SIZES = [
    ((319, 181), {"360p": (318, 180)}),
    ((320, 180), {"360p": (320, 180)}),
    ((640, 360), {"360p": (640, 360)}),
    ((704, 396), {"360p": (704, 396)}),
    ((705, 397), {"540p": (704, 396)}),
    ((720, 405), {"540p": (720, 404)}),
    ((720, 480), {"360p": (540, 360), "540p": (720, 480)}),
    ((960, 540), {"360p": (640, 360), "540p": (960, 540)}),
    ((1280, 720), {"360p": (640, 360), "540p": (960, 540), "720p": (1280, 720)}),
    (
        (1920, 1080),
        {"360p": (640, 360), "540p": (960, 540), "720p": (1280, 720), "1080p": (1920, 1080)},
    ),
    (
        (2048, 1080),
        {"360p": (640, 336), "540p": (960, 506), "720p": (1280, 674), "1080p": (2048, 1080)},
    ),
    (
        (1080, 1920),
        {"360p": (360, 640), "540p": (540, 960), "720p": (720, 1280), "1080p": (1080, 1920)},
    ),
    (
        (1000, 1000),
        {"360p": (360, 360), "540p": (540, 540), "720p": (720, 720), "1080p": (1000, 1000)},
    ),
]


@pytest.mark.covers("M-PR-01", "CF-07")
@pytest.mark.parametrize(("size", "expected"), SIZES)
def test_each_size_gets_its_rungs(
    size: tuple[int, int], expected: dict[str, tuple[int, int]]
) -> None:
    """The top one at native size; lower ones only where they shrink."""
    rungs = plan_ladder(*size, Fraction(25))

    assert expected == {rung.quality.value: (rung.width, rung.height) for rung in rungs}


@pytest.mark.parametrize(
    ("size", "top"),
    [
        ((3840, 2160), (3840, 2160)),
        ((4096, 2160), (4096, 2160)),
        ((7680, 4320), (3840, 2160)),
        ((4224, 2376), (3840, 2160)),
    ],
)
def test_the_top_is_2160p(size: tuple[int, int], top: tuple[int, int]) -> None:
    """What is larger is brought into its box; all five rungs are there."""
    rungs = plan_ladder(*size, Fraction(24))

    assert list(Quality) == [rung.quality for rung in rungs]
    assert top == (rungs[-1].width, rungs[-1].height)


def test_nothing_grows() -> None:
    """Sizes are even, rungs rise, and none is larger than the original."""
    sizes = [(w, h) for w in range(16, 4400, 137) for h in range(16, 2400, 211)]
    for width, height in sizes:
        rungs = plan_ladder(width, height, Fraction(30))

        heights = [rung.quality.height for rung in rungs]
        assert heights == sorted(set(heights))
        for rung in rungs:
            assert max(width, 16) >= rung.width
            assert max(height, 16) >= rung.height
            assert 0 == rung.width % 2 == rung.height % 2


@pytest.mark.covers("X-PR-02")
def test_padding_fills_the_box() -> None:
    """The picture stays as it is, in the middle of the exact box."""
    assert [((640, 360), (640, 272)), ((960, 540), (960, 408)), ((1280, 720), (1280, 544))] == [
        ((rung.width, rung.height), (rung.picture_width, rung.picture_height))
        for rung in plan_ladder(1280, 544, Fraction(25), Fit.PAD)
    ]


def test_a_picture_above_its_box_is_not_cut_by_padding() -> None:
    """Native size wins where the slack allows it."""
    top = plan_ladder(2048, 1080, Fraction(25), Fit.PAD)[-1]

    assert (2048, 1080) == (top.width, top.height)


@pytest.mark.parametrize(
    ("quality", "slow", "fast"),
    [
        (Quality.P360, "3.0", "3.1"),
        (Quality.P540, "3.1", "3.2"),
        (Quality.P720, "3.1", "3.2"),
        (Quality.P1080, "4.0", "4.2"),
        (Quality.P2160, "5.1", "5.2"),
    ],
)
def test_levels_are_those_of_the_page(quality: Quality, slow: str, fast: str) -> None:
    """At 30 and at 60 frames a second."""
    box = BOXES[quality]

    def top(rate: int) -> Rung:
        return plan_ladder(box.width, box.height, Fraction(rate))[-1]

    assert (slow, fast) == (top(30).level, top(60).level)
    assert (box.maxrate, box.maxrate * 3 // 2) == (top(30).maxrate, top(31).maxrate)
    assert 2 * box.maxrate == top(30).bufsize


def test_more_than_sixty_frames_count_as_half() -> None:
    """The grid divides them."""
    assert plan_ladder(3840, 2160, Fraction(60)) == plan_ladder(3840, 2160, Fraction(120))


def test_what_no_level_allows_is_refused() -> None:
    """And what is too thin for a video."""
    with pytest.raises(InvalidMedia):
        level_of(8192, 8192, Fraction(60), 1)
    with pytest.raises(InvalidMedia):
        plan_ladder(15, 200, Fraction(25))
    with pytest.raises(InvalidMedia):
        plan_ladder(200, 15, Fraction(25))
