"""The settings of access refuse what is no rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.access_section import AccessSettings


def test_a_second_factor_is_offered_by_default() -> None:
    """Nobody has to have one."""
    assert "offered" == AccessSettings().second_factor


def test_another_rule_is_refused() -> None:
    """Only those that the reference names."""
    with pytest.raises(ValidationError):
        AccessSettings.model_validate({"second_factor": "sometimes"})
