"""Labels: what senders say of a file, in the form of tus metadata."""

from __future__ import annotations

import pytest

from rushes.uploads.labels import find_name, format_labels
from rushes.uploads.tus import BadMetadata, parse_metadata
from rushes.uploads.upload import PARTIAL, Upload
from tests.support.an_upload import upload


def test_name_type_and_words_are_written_as_tus_writes_them() -> None:
    """A tus client that goes on with the upload reads them; what is empty is left out."""
    text = format_labels("Ä 1.mov", "video/quicktime", {"scene": "12b", "empty": ""})

    read = parse_metadata(text)
    assert ("Ä 1.mov", "video/quicktime") == (read.file_name, read.media_type)
    assert "filename w4QgMS5tb3Y=,filetype dmlkZW8vcXVpY2t0aW1l,scene MTJi" == text
    assert "" == format_labels("", "", {})


@pytest.mark.parametrize(
    "more",
    [
        {"": "a"},
        {"two words": "a"},
        {"a,b": "a"},
        {"ü": "a"},
        {"k" * 65: "a"},
        {"rushes_group": "a"},
        {"filename": "b.mov"},
        {"a": "\ud800"},
        {f"key{number}": "a" for number in range(32)},
        {"a": "x" * 8_192},
    ],
)
def test_what_cannot_be_written_is_refused(more: dict[str, str]) -> None:
    """Keys of tus alone, none of ours, no half characters, no more than tus takes."""
    with pytest.raises(BadMetadata):
        format_labels("a.mov", "", more)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (upload(), "a.mov"),
        (upload(file_name="ast_1"), ""),
        (upload(concat=PARTIAL, metadata="filename w4QgMS5tb3Y="), "Ä 1.mov"),
        (upload(concat=PARTIAL), ""),
    ],
)
def test_the_name_that_was_sent_is_found(one: Upload, name: str) -> None:
    """A file without one bears its asset's id, and a partial tells it in its metadata alone."""
    assert name == find_name(one)
