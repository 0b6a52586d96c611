"""What may begin to come in: types by extension, the smallest of all limits, room."""

from __future__ import annotations

import pytest

from rushes.access.limits import (
    GIB,
    MIB,
    PRESETS,
    Bounds,
    FilesExceeded,
    FileTooLarge,
    NoSpace,
    Offered,
    QuotaExceeded,
    TypeRefused,
    Use,
    admit,
    explain,
    find_extension,
    find_most,
    find_rules,
    list_extensions,
)
from rushes.access.link import LinkNotFound

SERVER = 100 * GIB


def bounds(*types: str, **known: int | None) -> Bounds:
    told = {"server_bytes": SERVER, "free_bytes": SERVER, "link_bytes": None, **known}
    return Bounds(types=types, **told)  # type: ignore[arg-type]


@pytest.mark.covers("S-VA-07", "BG-29", "BG-32", "CF-02", "X-UP-02", "BG-30")
@pytest.mark.parametrize(
    ("types", "name", "media_type"),
    [
        ((), "a.mov", "video/quicktime"),
        ((), "A.MXF", "application/mxf"),
        ((), "a.cr2", ""),
        ((), "a.xmodel", "application/octet-stream"),
        ((), "a.srt", "application/x-subrip"),
        ((), "", "application/x-anything"),
        (("any",), "a.exe", "application/x-msdownload"),
        (("web-video", "any"), "a.exe", ""),
        (("pdf",), "a.pdf", "application/pdf; charset=binary"),
        (("exr",), "a.exr", "image/x-exr"),
        (("video/*",), "a.mkv", "video/x-matroska"),
        (("image/",), "dir/a.png", "image/png"),
        (("model/gltf-binary",), "a.glb", "model/gltf-binary"),
        (("sequences",), "a.fseq", "application/x-fseq"),
    ],
)
def test_a_type_that_is_allowed_is_taken(
    types: tuple[str, ...], name: str, media_type: str
) -> None:
    """Presets, extensions and media types may be named together."""
    admit(Offered(name, media_type, 10), bounds(*types))


@pytest.mark.covers("S-VA-07", "BG-29")
@pytest.mark.parametrize(
    ("types", "name", "media_type", "words"),
    [
        ((), "a.exe", "", r"\.exe is not taken here"),
        ((), "a", "", "A file without an extension is not taken"),
        ((), "a.mov", "image/png", r"\.mov files are not of the type image/png"),
        (("web-video",), "a.mkv", "", r"Send \.mov, \.mp4, \.webm\."),
        (("video/*",), "a.png", "", "is not taken"),
        (("model/gltf-binary",), "a.glb", "image/png", "Send model/gltf-binary with"),
    ],
)
def test_a_type_that_is_not_allowed_is_refused_by_name(
    types: tuple[str, ...], name: str, media_type: str, words: str
) -> None:
    """The refusal names what was found and what is allowed."""
    with pytest.raises(TypeRefused, match=words):
        admit(Offered(name, media_type, 10), bounds(*types))


@pytest.mark.covers("CF-01", "X-UP-05", "S-VA-01", "S-VA-02", "S-VA-03", "S-VA-04", "S-VA-05")
@pytest.mark.parametrize(
    ("types", "name", "most"),
    [
        (("any",), "a.mov", SERVER),
        (("pdf",), "a.pdf", SERVER),
        (("web-video",), "a.mp4", 500 * MIB),
        (("footage",), "a.jpg", 5 * GIB),
        (("post",), "a.mxf", 100 * GIB),
        (("sequences",), "a.fseq", 500 * MIB),
        (("sequences",), "a.xsq", 100 * MIB),
        (("sequences",), "a.xml", 100 * MIB),
        (("sequences",), "a.xmodel", 100 * MIB),
        (("sequences",), "a.mp3", 50 * MIB),
        (("sequences",), "a.mp4", 200 * MIB),
        (("sequences",), "a.webp", 10 * MIB),
        (("sequences", "web-video"), "a.mp4", 500 * MIB),
        (("sequences", "mp4"), "a.mp4", SERVER),
    ],
)
def test_each_type_has_its_limit(types: tuple[str, ...], name: str, most: int) -> None:
    """At the limit it is taken, one byte beyond it is not; the widest rule counts."""
    admit(Offered(name, "", most), bounds(*types))

    with pytest.raises(FileTooLarge, match=f"up to {most} bytes"):
        admit(Offered(name, "", most + 1), bounds(*types))


def test_the_smallest_of_all_limits_counts() -> None:
    """Server, link, type."""
    name = Offered("a.mp4")

    assert 7 == find_most(name, bounds("web-video", server_bytes=7, link_bytes=8))
    assert 8 == find_most(name, bounds("web-video", link_bytes=8))
    assert 500 * MIB == find_most(name, bounds("web-video", link_bytes=SERVER))


def test_a_file_needs_room_on_the_disk() -> None:
    """Also one whose size is not told, where there is none at all."""
    admit(Offered("a.mov", "", 10), bounds(free_bytes=10))
    admit(Offered("a.mov"), bounds(free_bytes=1))

    for size, free in ((11, 10), (None, 0), (0, -5)):
        with pytest.raises(NoSpace):
            admit(Offered("a.mov", "", size), bounds(free_bytes=free))


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.mov", "mov"),
        ("A.MOV", "mov"),
        ("a.mov.exe", "exe"),
        ("dir.mov/a", ""),
        ("dir\\a.png", "png"),
        (".mov", ""),
        ("a.", ""),
        ("", ""),
    ],
)
def test_the_extension_follows_the_last_dot_of_the_last_part(name: str, extension: str) -> None:
    """A hidden file has none."""
    assert extension == find_extension(name)


@pytest.mark.covers("BG-30")
def test_every_preset_has_rules_but_any() -> None:
    """And each rule names its extensions."""
    assert {"any"} == {name for name, rules in PRESETS.items() if not rules}
    assert all(rule.extensions for rules in PRESETS.values() for rule in rules)
    assert PRESETS["media"] == find_rules(())


@pytest.mark.covers("BG-16")
def test_a_refusal_of_room_says_what_is_used_up() -> None:
    """The link first, then the project; if both have room, the link itself is gone."""
    full, empty = Use(90, 100), Use(0, None)

    assert isinstance(explain(full, empty, 11, 1), QuotaExceeded)
    assert isinstance(explain(empty, full, 11, 1), QuotaExceeded)
    assert isinstance(explain(Use(0, None, 3, 3), None, 0, 1), FilesExceeded)
    assert isinstance(explain(None, full, 10, 1), LinkNotFound)
    assert "90 of 100 bytes used" in explain(full, None, 11, 1).message


def test_extensions_are_listed_for_pages_that_ask_first() -> None:
    """None where every file is taken, or where a type says what an extension cannot."""
    assert ("mov", "mp4", "pdf", "webm") == list_extensions(("web-video", "pdf"))
    assert () == list_extensions(("any",)) == list_extensions(("pdf", "model/gltf-binary"))
