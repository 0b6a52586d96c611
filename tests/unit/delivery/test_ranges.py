"""One range gets its bytes; what is not one gets the whole (RFC 9110)."""

from __future__ import annotations

import pytest

from rushes.delivery.ranges import RangeNotSatisfiable, Span, is_unchanged, plan_span, share_out

TAG = '"abc"'


@pytest.mark.covers("BG-70")
@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-9", 0, 10),
        ("bytes=9-9", 9, 10),
        ("bytes=5-", 5, 10),
        ("bytes=5-999", 5, 10),
        ("bytes=-3", 7, 10),
        ("bytes=-999", 0, 10),
        ("BYTES=1-2", 1, 3),
        ("bytes= 1-2 ", 1, 3),
    ],
)
def test_one_range_is_taken_as_far_as_there_are_bytes(wanted: str, start: int, end: int) -> None:
    """The last position is included, as the standard says."""
    span = plan_span(wanted, None, TAG, 10)

    assert Span(start, end, 10, is_partial=True) == span
    assert f"bytes {start}-{end - 1}/10" == span.content_range
    assert end - start == span.length


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=0-1,3-4",
        "items=0-1",
        "bytes=0",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=" + "9" * 19 + "-",
        "bytes=\u0661-\u0662",
    ],
)
def test_what_is_no_single_range_gets_the_whole(wanted: str | None) -> None:
    """Several ranges too: nobody needs them, and they cost most."""
    assert Span(0, 10, 10, is_partial=False) == plan_span(wanted, None, TAG, 10)


@pytest.mark.parametrize(
    ("wanted", "size_bytes"),
    [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)],
)
def test_a_range_beyond_the_end_says_how_many_bytes_there_are(wanted: str, size_bytes: int) -> None:
    """So that the caller can ask again."""
    with pytest.raises(RangeNotSatisfiable) as caught:
        plan_span(wanted, None, TAG, size_bytes)

    assert {"size_bytes": size_bytes} == caught.value.facts


@pytest.mark.parametrize(
    ("if_range", "is_partial"),
    [
        (TAG, True),
        (f" {TAG} ", True),
        (f"W/{TAG}", False),
        ('"abd"', False),
        ("Sat, 21 Nov 2026 12:00:00 GMT", False),
    ],
)
def test_if_range_takes_the_same_bytes_only(if_range: str, *, is_partial: bool) -> None:
    """A weak tag or a date is no proof that they are the same."""
    assert is_partial is plan_span("bytes=0-0", if_range, TAG, 10).is_partial


@pytest.mark.parametrize(
    ("header", "is_same"),
    [
        (None, False),
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"x", {TAG}', True),
        ("*", True),
        ('"x"', False),
        ("", False),
    ],
)
def test_whoever_has_the_bytes_gets_none(header: str | None, *, is_same: bool) -> None:
    """By weak comparison, as the standard says for If-None-Match."""
    assert is_same is is_unchanged(header, TAG)


@pytest.mark.covers("T-TI-07")
@pytest.mark.parametrize(
    ("size_bytes", "streams", "spans"),
    [
        (0, 4, []),
        (1, 4, [(0, 1)]),
        (10, 4, [(0, 10)]),
        (11, 4, [(0, 10), (10, 11)]),
        (95, 4, [(0, 20), (20, 50), (50, 70), (70, 95)]),
        (95, 1, [(0, 95)]),
        (40, 4, [(0, 10), (10, 20), (20, 30), (30, 40)]),
    ],
)
def test_streams_share_whole_blocks(
    size_bytes: int, streams: int, spans: list[tuple[int, int]]
) -> None:
    """Together they are all bytes; none begins within a block of 10."""
    shares = share_out(size_bytes, 10, streams)

    assert spans == [(each.start, each.end) for each in shares]
