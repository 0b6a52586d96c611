"""A studio for each test, with shelves of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox


@pytest.fixture
def studio(toolbox: Toolbox, tmp_path: Path) -> Studio:
    """A studio that is in no hurry to yield."""
    return Studio(toolbox, tmp_path, niceness=0)
