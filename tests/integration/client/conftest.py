"""The small server, files to send, and both faces of the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from rushes.client import AsyncRushes, Rushes
from rushes.client.session import Options
from tests.support.faces import Leaps, MakeFace, opened
from tests.support.small_server import LARGE, MEDIA, SmallServer, small_server


@pytest.fixture
def server() -> Iterator[SmallServer]:
    """A running server."""
    with small_server() as house:
        yield house


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "Tâg 1.mov"
    path.write_bytes(MEDIA)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that goes in chunks."""
    path = tmp_path / "large.mov"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def leaps() -> Leaps:
    """Time that passes at once."""
    return Leaps()


@pytest.fixture(params=[Rushes, AsyncRushes], ids=["waits", "awaits"])
def face(
    request: pytest.FixtureRequest, server: SmallServer, tmp_path: Path, leaps: Leaps
) -> Iterator[MakeFace]:
    """Make an SDK of either face, which remembers in one place and does not wait."""
    with ExitStack() as stack:

        def make(**options: Any) -> Rushes:
            told = {"state": tmp_path / "state", "moments": leaps.moments(), **options}
            is_link = "link" in options
            url, token = (None, None) if is_link else (server.url, "rsh_pat_secret")
            face = opened(request.param, url, token, cast("Options", told))
            return stack.enter_context(face)

        yield make
