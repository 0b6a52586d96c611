"""Addresses as QR codes, so that a phone opens what a screen shows."""

from __future__ import annotations

import io
from typing import Final

import segno
from fastapi.responses import Response

SCALE: Final = 8
QUIET_ZONE: Final = 4
"""Modules of white around the code: ISO/IEC 18004 asks for four."""


def answer_code(address: str) -> Response:
    """Return a code of an address as SVG, dark on white in any theme."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", scale=SCALE, border=QUIET_ZONE, dark="#000", light="#fff", title=address
    )
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers=headers)
