"""Failures mean the same after they were written down and read again."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.errors import Kind, RushesError
from rushes.jobs.failure import (
    WrittenFailure,
    read_failure,
    reading_failures,
    writing_failures,
)
from rushes.jobs.job import StepFailed


class Away(RushesError):
    """Something that comes back."""

    code = "small.away"
    kind = Kind.UNAVAILABLE


class Unusable(RushesError):
    """Bad input."""

    code = "small.unusable"
    kind = Kind.UNUSABLE


class Remembered(Exception):
    """An error as the engine gives it back: of no class of ours."""

    def __init__(self, code: object, data: object) -> None:
        super().__init__("as it was")
        self.code, self.data = code, data


def test_an_error_of_ours_keeps_code_kind_and_sentence() -> None:
    """Nothing of it is lost between the step and the workflow."""
    written = WrittenFailure(Unusable("No film."), is_last_attempt=False)

    read = read_failure(written)

    assert ("small.unusable", Kind.UNUSABLE, "No film.") == (
        read.failed_code,
        read.failed_kind,
        str(read),
    )


def test_what_is_known_of_a_tool_goes_along() -> None:
    """Through steps, workflows and restarts; what is not known of it stays out."""
    tool: dict[str, Any] = {"exit_code": 1, "tool": "ffmpeg", "tool_version": "7.1", "box": "full"}
    failure = Unusable("No film.", last_words="moov not found", offset=7, **tool)

    written = WrittenFailure(failure, is_last_attempt=False)
    step = read_failure(Remembered(written.code, written.data))
    again = WrittenFailure(step, is_last_attempt=True)

    assert {**tool, "last_words": "moov not found"} == written.facts == step.facts == again.facts


def test_an_error_of_others_is_not_told() -> None:
    """Its text may hold paths and secrets; the log has it."""
    written = WrittenFailure(KeyError("/home/secret"), is_last_attempt=False)

    assert "rushes.broken" == written.code
    assert "secret" not in str(written)


@pytest.mark.parametrize(
    ("failure", "is_last_attempt", "is_final"),
    [
        (Away("x"), False, False),
        (Away("x"), True, True),
        (Unusable("x"), False, True),
        (ValueError("x"), False, False),
    ],
)
def test_a_failure_is_final_when_no_try_is_left_or_none_would_help(
    *, failure: Exception, is_last_attempt: bool, is_final: bool
) -> None:
    """Decided by kind, never by words."""
    assert is_final is WrittenFailure(failure, is_last_attempt=is_last_attempt).is_final


def test_a_failed_step_passes_through_a_workflow_unchanged() -> None:
    """The job fails with the code of the step."""
    step = StepFailed("small.away", Kind.UNAVAILABLE, "Away.")

    again = read_failure(WrittenFailure(step, is_last_attempt=True))

    assert ("small.away", Kind.UNAVAILABLE, "Away.") == (
        again.failed_code,
        again.failed_kind,
        str(again),
    )
    assert step is read_failure(step)


@pytest.mark.parametrize(
    ("remembered", "code", "kind"),
    [
        (Remembered("small.away", {"kind": "unavailable"}), "small.away", Kind.UNAVAILABLE),
        (Remembered("small.away", {"kind": "nonsense"}), "small.away", Kind.BROKEN),
        (Remembered("small.away", None), "small.away", Kind.BROKEN),
        (Remembered(13, None), "rushes.broken", Kind.BROKEN),
    ],
)
def test_what_was_remembered_is_read_with_care(
    remembered: Exception, code: str, kind: Kind
) -> None:
    """Rows of the engine may be odd; the workflow still gets an answer."""
    read = read_failure(remembered)

    assert (code, kind) == (read.failed_code, read.failed_kind)


def test_the_edge_writes_down_whatever_leaves_it() -> None:
    """Also what nobody foresaw."""
    with (
        pytest.raises(WrittenFailure) as caught,
        writing_failures("small", is_last_attempt=True),
    ):
        raise ZeroDivisionError

    assert caught.value.is_final


def test_an_error_of_ours_is_written_down_without_an_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A file that cannot be used is no fault of the house: its log stays quiet."""
    with pytest.raises(WrittenFailure) as caught, writing_failures("small", is_last_attempt=False):
        raise Unusable("It is no film.")

    assert ("small.unusable", True, []) == (
        caught.value.code,
        caught.value.is_final,
        caplog.records,
    )


def test_known_failures_are_read_and_others_pass() -> None:
    """A bug in a body is no failure of a step."""
    with pytest.raises(StepFailed), reading_failures(Remembered):
        raise Remembered("small.away", None)
    with pytest.raises(StepFailed), reading_failures():
        raise WrittenFailure(Away("x"), is_last_attempt=True)
    with pytest.raises(LookupError), reading_failures(Remembered):
        raise LookupError
