"""Cursors hold what assets are sorted by, however long it is."""

from __future__ import annotations

from typing import get_args

from rushes.http.paging import CursorText, Pager


def test_a_cursor_with_the_longest_name_can_be_sent_back() -> None:
    """255 characters of four bytes each."""
    pager, name = Pager(bytes(32)), "\U0001f3ac" * 255
    told = get_args(CursorText)[1]

    cursor = pager.write("assets:file_name", name, "ast_1")

    longest = next(each.max_length for each in told.metadata if hasattr(each, "max_length"))
    assert longest >= len(cursor)
    assert [name, "ast_1"] == pager.read("assets:file_name", cursor)
