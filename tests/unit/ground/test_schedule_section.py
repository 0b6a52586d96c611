"""The settings of schedules: cron lines, or off."""

from __future__ import annotations

import pytest

from rushes.schedule_section import ScheduleSettings
from rushes.settings import Settings, SettingsRefused


def test_lines_are_kept_as_they_are_meant() -> None:
    """Blanks do not count, and what may rest may be off."""
    told = ScheduleSettings(sweep="*/5  * * * *", retain="off")

    assert ("*/5 * * * *", "off") == (told.sweep, told.retain)


def test_the_environment_moves_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """`RUSHES_SCHEDULES_REPORT`."""
    monkeypatch.setenv("RUSHES_SCHEDULES_REPORT", "0 7 * * 1")

    assert "0 7 * * 1" == Settings.load().schedules.report


@pytest.mark.parametrize(
    ("name", "line"), [("retain", "daily"), ("sweep", "off"), ("check", "0 0 31 2 *")]
)
def test_what_is_no_line_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, line: str
) -> None:
    """And what keeps the house clean cannot be switched off."""
    monkeypatch.setenv(f"RUSHES_SCHEDULES_{name.upper()}", line)

    with pytest.raises(SettingsRefused, match=rf"schedules\.{name}"):
        Settings.load()
