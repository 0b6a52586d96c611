"""The tables of the settings: flat names unfold, presets step back, a store has what it needs."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.sections import (
    GIB,
    MIB,
    LadderSettings,
    StoreSettings,
    UploadSettings,
    unfold,
)


@pytest.mark.parametrize(
    ("given", "known", "expected"),
    [
        ("a word", None, "a word"),
        ({}, None, {}),
        ({"main_key": "s"}, None, {"main": {"key": "s"}}),
        (
            {"main": {"key": "old", "bucket": "b"}, "main_key": "s"},
            None,
            {"main": {"key": "s", "bucket": "b"}},
        ),
        (
            {"archive_store": "main", "scratch_bytes": "7"},
            {"archive"},
            {"archive": {"store": "main"}, "scratch_bytes": "7"},
        ),
        ({"scratch_bytes": 7}, {"archive"}, {"scratch_bytes": 7}),
    ],
)
def test_flat_names_of_the_environment_become_tables(
    given: object, known: set[str] | None, expected: object
) -> None:
    """A flat name stands in its table, and wins over what the file says there."""
    assert expected == unfold(given, known)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, 100 * GIB),
        ({"preset": "standard"}, 100 * GIB),
        ({"preset": "trial"}, 500 * MIB),
        ({"preset": "trial", "max_file_bytes": 7}, 7),
    ],
)
def test_a_preset_says_what_nobody_else_does(told: dict[str, object], expected: int) -> None:
    """What is set by name wins over the preset."""
    assert expected == UploadSettings.model_validate(told).max_file_bytes


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"kind": "folder"}, "path"),
        ({"bucket": "b", "endpoint": "https://s3.invalid"}, "access_key, secret_key"),
        ({"bucket": "b", "access_key": "a", "secret_key": "s"}, "endpoint"),
        ({"provider": "aws", "access_key": "a", "secret_key": "s"}, "bucket"),
    ],
)
def test_a_store_says_what_it_lacks(told: dict[str, object], missing: str) -> None:
    """The sentence names each field that has to be set."""
    with pytest.raises(ValidationError, match=f"needs {missing}$|needs {missing}\\b"):
        StoreSettings.model_validate(told)


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "folder", "path": "/srv/media"},
        {"provider": "aws", "bucket": "b", "access_key": "a", "secret_key": "s"},
    ],
)
def test_a_store_with_what_it_needs_stands(told: dict[str, object]) -> None:
    """A folder needs its path; AWS needs no address."""
    assert StoreSettings.model_validate(told).prefix == ""


@pytest.mark.parametrize(
    ("told", "resting"),
    [({}, []), ({"asked": ["2160p"]}, ["2160p"]), ({"mode": "on_demand"}, ["360p", "2160p"])],
)
def test_qualities_rest_where_that_is_told(told: dict[str, object], resting: list[str]) -> None:
    """None, some, or all of them."""
    ladder = LadderSettings.model_validate(told)

    assert resting == [quality for quality in ("360p", "2160p") if ladder.rests(quality)]


def test_two_stores_of_one_place_are_one() -> None:
    """A folder is its path; a bucket is where it is, whoever asks."""
    folder = StoreSettings.model_validate({"kind": "folder", "path": "/media"})
    bucket = {"endpoint": "https://s3.example", "bucket": "film"}
    one, other = (
        StoreSettings.model_validate(bucket | {"access_key": key, "secret_key": key})
        for key in "ab"
    )

    assert (folder.path,) == folder.place
    assert one.place == other.place != folder.place
