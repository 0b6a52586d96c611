"""The last words of a tool are short and say nothing about this machine."""

from __future__ import annotations

from rushes.errors import Kind
from rushes.media.failures import (
    ToolCrashed,
    TruncatedMedia,
    format_last_words,
)


def test_words_lose_paths_addresses_and_control_characters() -> None:
    """What is left may be shown to whoever uploaded the file."""
    said = "[mov @ 0x55fc445c7ec0] bad \x1b[31mbox\x07\n\n/srv/a.b/x.mp4: no such file\n"

    assert "[mov] bad [31mbox\n(path): no such file" == format_last_words(said)


def test_only_the_last_twenty_lines_stay() -> None:
    """And of those, 2,000 characters."""
    many = "\n".join(f"line {number}" for number in range(21))

    assert many.partition("\n")[2] == format_last_words(many)
    assert 2_000 == len(format_last_words("x" * 2_001))


def test_content_is_judged_for_good_and_tools_are_tried_again() -> None:
    """The kind decides about retries."""
    assert (Kind.UNUSABLE, Kind.BROKEN) == (TruncatedMedia("").kind, ToolCrashed("").kind)
