"""A letter on its way, and its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rushes.notify.letter import (
    STEPS,
    WAITS,
    BadTemplate,
    IllegalStep,
    Letter,
    State,
    Step,
    Topic,
    after,
    fill,
    find_report_time,
    find_round,
    gather,
    list_files,
    on_one_line,
    show_size,
)
from rushes.schedule_section import ScheduleSettings
from tests.support.moments import NOON

LETTER = Letter("ltr_1", Topic.READY, "ada@example.org", "evt_1", {}, NOON, NOON)


def test_every_step_that_the_table_lacks_is_refused() -> None:
    """What was sent or given up stays so."""
    for state in State:
        for step in Step:
            if (state, step) in STEPS:
                assert STEPS[state, step] is after(state, step)
            else:
                with pytest.raises(IllegalStep):
                    after(state, step)


def test_a_letter_waits_longer_each_time_and_is_given_up() -> None:
    """After about two days."""
    letter, waits = LETTER, []
    for _ in WAITS:
        letter = letter.tried("451 later", NOON)
        waits.append(letter.due_at - NOON)
    given_up = letter.tried("451 later", NOON)

    assert [*WAITS] == waits
    assert (State.FAILED, len(WAITS) + 1) == (given_up.state, given_up.attempts)
    with pytest.raises(IllegalStep):
        given_up.tried(None, NOON)


def test_a_letter_arrives_or_is_refused_for_good() -> None:
    """Its error is kept, of a reasonable length."""
    sent = replace(LETTER, error="451").tried(None, NOON)
    refused = LETTER.tried("5" * 1_000, NOON, is_final=True)

    assert (State.SENT, None, NOON, 1) == (sent.state, sent.error, sent.sent_at, sent.attempts)
    assert (State.FAILED, "5" * 500) == (refused.state, refused.error)


def test_a_text_is_filled() -> None:
    """The subject stays on one line, whatever a file is called; the body takes it as it is."""
    text = "Subject: $name\r\n\r\nIt costs $$5: $name\n"

    assert ("a b", "It costs $5: a\nb\n") == fill(text, {"name": "a\nb"})


@pytest.mark.parametrize(
    "text", ["Hello", "Subject: a\nX: b\n\nc", "Subject: $b\n\n", "Subject: a\n\n$", ""]
)
def test_a_text_that_cannot_be_used_is_told(text: str) -> None:
    """With what is known."""
    with pytest.raises(BadTemplate):
        fill(text, {"name": "a"})


def test_letters_are_gathered() -> None:
    """Each with its subject."""
    assert {"count": "2", "letters": "A\n\na\n\nB\n\nb"} == gather([("A", "a\n"), ("B", "b\n")])


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (10**7, "10.0 MB"),
     (10**9, "1.0 GB"), (5 * 10**12, "5.0 TB"), (10**16, "10000.0 TB")],
)  # fmt: skip
def test_sizes_are_read_by_people(size: int, expected: str) -> None:
    """In SI units."""
    assert expected == show_size(size)


def test_a_line_is_one_line() -> None:
    """Nothing that ends it, nothing that turns it."""
    assert "a b c" == on_one_line(" a\r\nb\u2028\u202ec\x00")


def test_letters_go_out_at_once_or_in_rounds() -> None:
    """A round ends at the same moment for all that was written in it."""
    hour = timedelta(hours=1)

    assert find_round(NOON, timedelta()) == NOON
    assert find_round(NOON, hour) == NOON + hour
    assert find_round(NOON + 0.99 * hour, hour) == NOON + hour


def test_the_report_is_of_sunday_at_one() -> None:
    """NOON is a Saturday."""
    sunday = NOON.replace(day=22, hour=1)

    line = ScheduleSettings().report

    assert find_report_time(line, NOON) == sunday - timedelta(days=7)
    assert find_report_time(line, sunday) == sunday
    assert find_report_time(line, sunday - timedelta(minutes=1)) == sunday - timedelta(days=7)
    assert find_report_time(line, sunday + timedelta(days=6, hours=22)) == sunday
    assert find_report_time("off", NOON) is None


def test_a_letter_about_many_files_has_a_line_for_each() -> None:
    """What is the same of all is told once."""
    one = {"file_name": "a.mov", "size": "1.0 kB", "id": "ast_1", "project": "Spring"}
    other = {**one, "file_name": "b.mov", "id": "ast_2"}

    told = list_files([one, other])

    assert ("2", "Spring") == (told["count"], told["project"])
    assert "a.mov  1.0 kB  ast_1\nb.mov  1.0 kB  ast_2" == told["files"]
