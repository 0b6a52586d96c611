"""Branding: the colour of pages that strangers see."""

from __future__ import annotations

import re
from typing import Final

_COLOR: Final = re.compile(r"#[0-9a-f]{6}", re.ASCII)


def is_color(text: str) -> bool:
    """Say whether a text is a colour as `#rrggbb`, in small letters."""
    return _COLOR.fullmatch(text) is not None
