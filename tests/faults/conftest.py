"""Links and bodies of the fault tests."""

from __future__ import annotations

import os

import pytest

from rushes.access.token import TokenKind, make_token


@pytest.fixture
def link_token() -> str:
    """The token of an upload link that a server makes at its start."""
    return make_token(TokenKind.LINK, os.urandom(32))
