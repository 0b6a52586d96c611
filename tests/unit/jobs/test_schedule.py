"""The table of times, and whether one was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.jobs.schedule import EXPIRE_UPLOADS, PURGE, TIMES, is_missed
from tests.support.moments import NOON


@pytest.mark.covers("X-JOB-01", "BG-98")
def test_every_time_is_declared_once() -> None:
    """Names are those of workflows; uploads are swept every ten minutes."""
    assert len({time.workflow for time in TIMES}) == len(TIMES)
    assert ("0 */10 * * * *", timedelta(minutes=10)) == (EXPIRE_UPLOADS.cron, EXPIRE_UPLOADS.every)


def test_a_time_is_missed_when_a_whole_gap_went_by() -> None:
    """Exactly one gap is on time; one that never ran missed nothing."""
    assert not is_missed(PURGE, None, NOON)
    assert not is_missed(PURGE, NOON - PURGE.every, NOON)
    assert is_missed(PURGE, NOON - PURGE.every - timedelta(seconds=1), NOON)
