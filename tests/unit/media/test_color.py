"""Which pictures are mapped to an ordinary screen."""

from __future__ import annotations

import pytest

from rushes.media.color import is_hdr


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [(1, False), (2, False), (15, False), (16, True), (17, False), (18, True)],
)
def test_pq_and_hlg_are_mapped(transfer: int, expected: bool) -> None:  # noqa: FBT001 - a table
    """Nothing else is."""
    assert expected == is_hdr(transfer)
