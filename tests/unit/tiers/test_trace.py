"""A trace is read as it was written, or refused with the number of its line."""

from __future__ import annotations

import json

import pytest

from rushes.tiers.trace import Event, Line, TraceRefused, format_trace, parse_trace

READ = '{"t": 7, "asset": "a1", "quality": "720p", "bytes": 1000, "event": "read"}'


def test_a_trace_is_put_in_the_order_of_time() -> None:
    """Empty lines are left out; a region may be named; a delete needs no quality."""
    texts = [
        '{"t": 9.5, "asset": "a1", "event": "delete"}',
        "",
        READ,
        READ.replace("7", "1", 1).replace("read", "made").replace("}", ', "region": "EU"}'),
    ]

    found = parse_trace(texts)

    assert [
        Line(1.0, "a1", "720p", 1000, "EU", Event.MADE),
        Line(7.0, "a1", "720p", 1000, "", Event.READ),
        Line(9.5, "a1", "", 0, "", Event.DELETE),
    ] == found


@pytest.mark.parametrize("moment", ["1970-01-01T00:01:00Z", "1970-01-01T00:01:00"])
def test_a_time_may_be_written_as_people_do(moment: str) -> None:
    """Without a zone it is UTC."""
    told = json.loads(READ) | {"t": moment}

    assert 60.0 == parse_trace([json.dumps(told)])[0].at


def test_what_is_written_is_read_again() -> None:
    """Line for line."""
    lines = parse_trace([READ])

    assert lines == parse_trace(format_trace(lines))


@pytest.mark.parametrize(
    "change",
    [
        {"event": "seen"},
        {"bytes": 0},
        {"bytes": "1"},
        {"t": True},
        {"t": None},
        {"t": "noon"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused_by_its_number(change: dict[str, object]) -> None:
    """And the sentence shows what a line should be like."""
    wrong = json.dumps(json.loads(READ) | change)

    with pytest.raises(TraceRefused, match=r"Line 2 .* should be like"):
        parse_trace([READ, wrong])


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"t": 1, "event": "read"}'])
def test_what_is_no_line_at_all_is_refused(text: str) -> None:
    """Broken JSON, and JSON of another shape."""
    with pytest.raises(TraceRefused, match="Line 1"):
        parse_trace([text])


def test_an_empty_trace_is_refused() -> None:
    """It says nothing about any policy."""
    with pytest.raises(TraceRefused, match="no lines"):
        parse_trace(["", " "])
