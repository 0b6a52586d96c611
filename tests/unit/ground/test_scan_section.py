"""The settings of the virus scan refuse what could not work."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.scan_section import ScanSettings


def test_nothing_is_scanned_by_default() -> None:
    """And nothing is required to be clean."""
    wanted = ScanSettings()

    assert ("off", False, "links") == (wanted.scanner, wanted.required, wanted.gate)


def test_a_command_is_words() -> None:
    """From the environment they are parted by spaces, from the file they are a list."""
    told = ScanSettings.model_validate({"scanner": "command", "command": "/bin/look --quiet"})
    listed = ScanSettings(scanner="command", command=("/bin/look", "--quiet"))

    assert listed == told


@pytest.mark.parametrize("given", [{"scanner": "command"}, {"required": True}])
def test_what_could_not_work_is_refused(given: dict[str, object]) -> None:
    """A command that is not named; clean files without a scanner."""
    with pytest.raises(ValidationError):
        ScanSettings.model_validate(given)
