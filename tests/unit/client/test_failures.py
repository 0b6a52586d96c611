"""Failures of the SDK."""

from __future__ import annotations

import pytest

from rushes.client.failures import Refused, Unsettled


@pytest.mark.parametrize(("status", "asks"), [(429, True), (503, True), (500, False)])
def test_only_two_answers_ask_for_less(status: int, asks: bool) -> None:  # noqa: FBT001
    """Too many requests, and too much to do."""
    assert asks == Refused(status, "x", "No.").asks_for_less


def test_an_unsettled_part_keeps_what_was_said() -> None:
    """And is worth another try."""
    refused = Refused(409, "chunk.busy", "No.", retry_after=3, problem={"code": "chunk.busy"})

    unsettled = Unsettled.of(refused)

    assert not refused.is_worth_retrying
    assert unsettled.is_worth_retrying
    assert (409, "chunk.busy", "No.", 3, {"code": "chunk.busy"}) == (
        unsettled.status,
        unsettled.code,
        unsettled.detail,
        unsettled.retry_after,
        unsettled.problem,
    )
