"""Where a viewer starts: by speed, else connection, else width, else 720p."""

from __future__ import annotations

import pytest

from rushes.delivery.quality import Hints, nearest, select, wish_of, within
from rushes.media.ladder import Quality

ALL = tuple(Quality)


@pytest.mark.covers("M-PB-02")
@pytest.mark.parametrize(
    ("speed", "quality"),
    [
        (0, "360p"),
        (0.99, "360p"),
        (1, "540p"),
        (2.49, "540p"),
        (2.5, "720p"),
        (4.99, "720p"),
        (5, "1080p"),
        (9.99, "1080p"),
        (10, "2160p"),
        (1000, "2160p"),
    ],
)
def test_speed_decides_first(speed: float, quality: str) -> None:
    """Whatever the other hints say; each limit belongs to the better side."""
    hints = Hints(connection_speed=speed, connection_type="2g", client_width=100)

    assert quality == wish_of(hints)


@pytest.mark.covers("M-PB-03")
@pytest.mark.parametrize(
    ("connection", "quality"),
    [
        ("slow-2g", "360p"),
        ("2g", "360p"),
        ("3g", "540p"),
        ("4g", "720p"),
        ("5g", "1080p"),
        ("wifi", "1080p"),
        ("WiFi", "1080p"),
        ("carrier pigeon", "720p"),
    ],
)
def test_the_connection_decides_second(connection: str, quality: str) -> None:
    """An unknown one counts as 4g."""
    assert quality == wish_of(Hints(connection_type=connection, client_width=100))


@pytest.mark.covers("M-PB-04")
@pytest.mark.parametrize(
    ("width", "quality"),
    [
        (1, "360p"),
        (639, "360p"),
        (640, "540p"),
        (959, "540p"),
        (960, "720p"),
        (1279, "720p"),
        (1280, "1080p"),
        (1919, "1080p"),
        (1920, "2160p"),
        (10_000, "2160p"),
    ],
)
def test_the_width_decides_last(width: int, quality: str) -> None:
    """Each limit belongs to the better side."""
    assert quality == wish_of(Hints(client_width=width))


def test_without_a_hint_it_is_720p() -> None:
    """That is what most screens and lines carry."""
    assert wish_of(Hints()) == Quality.P720


@pytest.mark.covers("M-PB-05")
@pytest.mark.parametrize(
    ("wish", "there", "quality"),
    [
        ("540p", ("360p", "720p"), "360p"),
        ("1080p", ("360p", "720p", "2160p"), "720p"),
        ("2160p", ("360p", "1080p"), "1080p"),
        ("360p", ("540p", "1080p"), "540p"),
        ("720p", ("720p", "1080p"), "720p"),
        ("720p", ("2160p",), "2160p"),
    ],
)
def test_a_missing_quality_gives_way_to_the_nearest_and_ties_go_down(
    wish: str, there: tuple[str, ...], quality: str
) -> None:
    """In whatever order they come."""
    for order in (there, there[::-1]):
        assert quality == nearest(Quality(wish), map(Quality, order))


def test_nothing_there_is_nothing_found() -> None:
    """The caller says that it waits."""
    assert nearest(Quality.P720, ()) is None
    assert select("auto", Hints(), ()) is None


@pytest.mark.covers("M-PB-01")
@pytest.mark.parametrize(
    ("asked", "quality"), [("auto", "360p"), ("1080p", "1080p"), ("4k", "360p"), ("", "360p")]
)
def test_a_named_quality_wins_over_the_hints(asked: str, quality: str) -> None:
    """What is no name counts as auto."""
    assert quality == select(asked, Hints(connection_speed=0.5), ALL)


@pytest.mark.parametrize(
    ("cap", "quality", "is_within"),
    [(None, "2160p", True), ("720p", "720p", True), ("720p", "1080p", False)],
)
def test_a_cap_covers_itself_and_what_is_lower(
    cap: str | None, quality: str, *, is_within: bool
) -> None:
    """Without one everything is allowed."""
    assert is_within is within(cap, Quality(quality))
