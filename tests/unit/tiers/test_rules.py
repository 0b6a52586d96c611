"""The rules of retention: presets, what settings change of them, and which rule wins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rushes.sections import RetentionSettings
from rushes.tiers.rules import DAY, PRESETS, Kind, Preset, make_rules

QUALITIES = ("360p", "540p", "720p", "1080p", "2160p")


@pytest.mark.covers("T-LI-01", "CF-03", "M-ST-11")
@pytest.mark.parametrize(
    ("preset", "days"),
    [
        (Preset.DEFAULT, (30, 30, 14, 7, 7)),
        (Preset.FLAT_7, (7, 7, 7, 7, 7)),
        (Preset.FLAT_30, (30, 30, 30, 30, 30)),
        (Preset.BY_TYPE, (3, 3, 3, 3, 3)),
    ],
)
def test_a_preset_says_how_long_each_quality_stays(preset: Preset, days: tuple[int, ...]) -> None:
    """In days since it was last read."""
    rules = PRESETS[preset]

    found = [rules.keep_for("prj_1", Kind.VIDEO, quality) for quality in QUALITIES]

    assert [number * DAY for number in days] == found


@pytest.mark.covers("M-ST-11")
def test_a_preset_may_tell_by_type() -> None:
    """What is none of the types has a rule too."""
    rules = PRESETS[Preset.BY_TYPE]

    found = {kind: rules.keep_for(None, kind, None) for kind in Kind}

    expected = {
        Kind.VIDEO: 3 * DAY,
        Kind.AUDIO: 2 * DAY,
        Kind.IMAGE: 7 * DAY,
        Kind.DOCUMENT: 14 * DAY,
        Kind.STILL: None,
        Kind.OTHER: 2 * DAY,
    }
    assert expected == found


@pytest.mark.parametrize("preset", list(Preset))
def test_stills_stay_whatever_the_preset(preset: Preset) -> None:
    """Lists of assets are made of them; a project's rule does not reach them either."""
    told = RetentionSettings(preset=preset.value, days={"prj_a": 1})

    rules = make_rules(told)

    assert rules.keep_for("prj_a", Kind.STILL, None) is None


@pytest.mark.covers("T-LI-02")
def test_the_rule_of_a_project_wins_over_quality_and_that_over_kind() -> None:
    """What no rule names falls to what holds otherwise."""
    told = RetentionSettings(
        days={"prj_a": 1, "prj_b": "always", "720p": 2.5, "video": 3, "otherwise": 4}
    )

    rules = make_rules(told)

    assert rules.keep_for("prj_a", Kind.VIDEO, "720p") == DAY
    assert rules.keep_for("prj_b", Kind.VIDEO, "720p") is None
    assert rules.keep_for("prj_c", Kind.VIDEO, "720p") == 2.5 * DAY
    assert rules.keep_for(None, Kind.VIDEO, None) == 3 * DAY
    assert rules.keep_for(None, Kind.AUDIO, None) == 4 * DAY


def test_the_settings_reach_the_rules() -> None:
    """A grace above the cap is never the longer one."""
    told = RetentionSettings(
        cap_bytes=5,
        grace=timedelta(hours=1),
        grace_when_full=timedelta(hours=2),
        keep_below_bytes=7,
        new_for=timedelta(),
        popular_plays=9,
    )

    rules = make_rules(told)

    found = (rules.cap_bytes, rules.grace, rules.grace_when_full, rules.keep_below_bytes)
    assert (5, timedelta(hours=1), timedelta(hours=1), 7) == found
    assert (timedelta(), 9) == (rules.new_for, rules.popular_plays)


def test_without_settings_the_rules_are_those_of_the_default_preset() -> None:
    """The defaults stand in two places, and say the same."""
    assert PRESETS[Preset.DEFAULT] == make_rules(RetentionSettings())
