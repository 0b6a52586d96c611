"""Which moments a storyboard shows, and how players are told where each stands."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.board import Board, format_vtt, plan_board, sheet_name
from tests.unit.media.test_facts import PICTURE


@pytest.mark.parametrize(
    ("duration", "count", "step", "sheets"),
    [
        (Fraction(1, 2), 1, Fraction(2), 1),
        (Fraction(2), 1, Fraction(2), 1),
        (Fraction(5), 3, Fraction(2), 1),
        (Fraction(200), 100, Fraction(2), 1),
        (Fraction(202), 101, Fraction(2), 2),
        (Fraction(800), 400, Fraction(2), 4),
        (Fraction(3_600), 400, Fraction(9), 4),
        (Fraction(0), 1, Fraction(2), 1),
    ],
)
def test_there_is_a_tile_for_every_other_second_and_never_more_than_four_hundred(
    duration: Fraction, count: int, step: Fraction, sheets: int
) -> None:
    """Longer ones have longer steps."""
    board = plan_board(replace(PICTURE, duration=duration))

    assert (count, step, sheets) == (board.count, board.step, board.sheets)


@pytest.mark.parametrize(
    ("size", "tile"),
    [((1920, 1080), (160, 90)), ((1080, 1920), (90, 160)), ((4000, 10), (160, 2))],
)
def test_a_tile_has_the_shape_of_its_picture(size: tuple[int, int], tile: tuple[int, int]) -> None:
    """Its longer side is 160 pixels, and no side is less than two."""
    board = plan_board(replace(PICTURE, width=size[0], height=size[1]))

    assert tile == (board.width, board.height)


def test_the_last_sheet_ends_with_its_last_tile() -> None:
    """Whole sheets are ten by ten."""
    board = Board(103, Fraction(2), Fraction(206), 160, 90)

    assert (1600, 900) == board.sheet_size(0)
    assert (480, 90) == board.sheet_size(1)
    assert "storyboard-2" == sheet_name(1)


def test_cues_follow_one_another_and_point_to_their_tiles() -> None:
    """The last one ends with the picture; the second sheet begins at its corner."""
    text = format_vtt(Board(102, Fraction(40), Fraction(4_065), 160, 90))

    assert text.startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:40.000\nstoryboard-1.jpg#xywh=0,0,160,90\n"
    )
    assert "\n00:08:00.000 --> 00:08:40.000\nstoryboard-1.jpg#xywh=320,90,160,90\n" in text
    assert text.endswith("\n01:07:20.000 --> 01:07:45.000\nstoryboard-2.jpg#xywh=160,0,160,90\n")
