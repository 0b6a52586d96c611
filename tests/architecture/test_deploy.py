"""The files of deploy/ call commands that exist, with settings that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rushes.settings import Settings
from tests.support.house import HOUSE

OF_CLIENTS = {"RUSHES_URL", "RUSHES_TOKEN"}
"""Who sends asks for these, and no server does: they stand in `cli.places`."""

FILES = sorted(path for path in (HOUSE / "deploy").rglob("*") if path.is_file())


def setting_names() -> set[str]:
    """Return the names of all settings in the environment."""
    names = {"RUSHES_CONFIG", *OF_CLIENTS}
    for top, field in Settings.model_fields.items():
        section = getattr(field.annotation, "model_fields", {})
        names |= {f"RUSHES_{top}_{name}".upper() for name in section} or {f"RUSHES_{top}".upper()}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    """A misspelled variable would be ignored in silence."""
    named = set(re.findall(r"RUSHES_[A-Z_]+", path.read_text()))

    assert set() == named - setting_names()
