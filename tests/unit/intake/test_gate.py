"""The gate: what may come in by its bytes."""

from __future__ import annotations

import pytest

from rushes.access.limits import PRESETS, TypeRefused
from rushes.intake.gate import EXTENSIONS, require_type
from rushes.intake.sniff import BRANDS, MP4, OTHER, STARTS, TEXT, Sniffed
from rushes.media.facts import MediaKind

KNOWN = {sniffed.format: sniffed for _, sniffed in STARTS} | {
    "mov": MP4,
    "text": TEXT,
    "other": OTHER,
    "arw": Sniffed("arw", MediaKind.RAW, "image/x-sony-arw"),
    "cr3": BRANDS[b"crx "],
    "xsq": Sniffed("xsq", MediaKind.SEQUENCE, "application/xml"),
}


@pytest.mark.parametrize(
    ("name", "found", "types"),
    [
        ("a.mp4", "mov", ("web-video",)),
        ("a.mp4", "zip", ("any",)),
        ("a.exe", "other", ("any",)),
        ("a.mp4", "other", ("web-video",)),
        ("a.mp4", "jpeg", ("media",)),
        ("a.mp4", "jpeg", ()),
        ("a.mp4", "jpeg", ("footage",)),
        ("a.arw", "arw", ("footage",)),
        ("a.cr3", "cr3", ("media",)),
        ("a.zip", "zip", ("zip",)),
        ("a.fseq", "fseq", ("sequences",)),
        ("a.xml", "xsq", ("sequences",)),
        ("a.mov", "png", ("video/*", "image/*")),
        ("a.odd", "png", ("odd/kind",)),
        ("", "mov", ("web-video",)),
        ("", "png", ("odd/kind",)),
    ],
)
def test_bytes_that_fit_come_in(name: str, found: str, types: tuple[str, ...]) -> None:
    """By their extension, as something else that is taken, or because nobody knows them."""
    require_type(KNOWN[found], name, types)


@pytest.mark.parametrize(
    ("name", "found", "types", "what"),
    [
        ("a.mp4", "zip", ("web-video",), "application/zip"),
        ("a.mp4", "pdf", ("footage",), "application/pdf"),
        ("a.fseq", "other", ("sequences",), "nothing that is known"),
        ("a.fseq", "mov", ("sequences",), "video/mp4"),
        ("a.jpg", "text", ("sequences",), "text/plain"),
        ("", "zip", ("web-video",), "application/zip"),
        ("", "other", ("web-video",), "nothing that is known"),
        ("a.mov", "zip", ("video/*",), "application/zip"),
    ],
)
def test_bytes_that_contradict_stay_out(
    name: str, found: str, types: tuple[str, ...], what: str
) -> None:
    """The sentence says what they are."""
    with pytest.raises(TypeRefused, match=what):
        require_type(KNOWN[found], name, types)


def test_every_format_that_is_sniffed_is_taken_somewhere() -> None:
    """Its extensions are those that a preset lets in, so that no good file contradicts itself."""
    taken = frozenset().union(*(rule.extensions for rule in PRESETS["media"]))

    assert {} == {name: words - taken for name, words in EXTENSIONS.items() if not words & taken}
