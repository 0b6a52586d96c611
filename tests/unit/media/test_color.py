"""Which pictures are mapped to an ordinary screen."""

from __future__ import annotations

import pytest

from rushes.media.color import is_hdr, matrix_argument


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [(1, False), (2, False), (15, False), (16, True), (17, False), (18, True)],
)
def test_pq_and_hlg_are_mapped(transfer: int, expected: bool) -> None:  # noqa: FBT001 - a table
    """Nothing else is."""
    assert expected == is_hdr(transfer)


@pytest.mark.parametrize(
    ("matrix", "height", "expected"),
    [
        (1, 1080, ""),
        (6, 576, ""),
        (2, 719, ":in_color_matrix=bt601"),
        (2, 720, ":in_color_matrix=bt709"),
    ],
)
def test_an_untagged_picture_is_taken_for_what_its_size_says(
    matrix: int, height: int, expected: str
) -> None:
    """What is tagged stays as it says."""
    assert expected == matrix_argument(matrix, height)
