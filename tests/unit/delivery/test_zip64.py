"""A ZIP of stored entries whose length is known before a byte of them is."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from rushes.delivery import zip64
from rushes.delivery.zip64 import Entry, format_descriptor, format_directory, format_head, plan

MADE_AT = datetime(2026, 11, 22, 13, 14, 16, tzinfo=UTC)
FILES = {"a.mov": b"first", "Caf\u00e9 \u65e5\u672c.mp4": b"second" * 1_000, "empty.bin": b""}


def build(files: dict[str, bytes], made_at: datetime = MADE_AT) -> bytes:
    """Return a whole ZIP."""
    layout = plan([Entry(name, len(content), made_at) for name, content in files.items()])
    whole, crcs = b"", []
    for index, (entry, content) in enumerate(zip(layout.entries, files.values(), strict=True)):
        assert layout.offsets[index] == len(whole)
        crcs.append(zlib.crc32(content))
        whole += format_head(entry)
        assert layout.data_at(index) == len(whole)
        whole += content + format_descriptor(entry, crcs[-1])
    assert layout.directory_at == len(whole)
    whole += format_directory(layout, crcs)
    assert layout.size_bytes == len(whole)
    return whole


@pytest.mark.covers("C-PV-07")
def test_a_reader_finds_every_entry_as_it_was() -> None:
    """Names, bytes, times and checksums, by a reader that is not ours."""
    with zipfile.ZipFile(io.BytesIO(build(FILES))) as opened:
        assert opened.testzip() is None
        assert list(FILES) == opened.namelist()
        assert list(FILES.values()) == [opened.read(name) for name in FILES]
        assert (2026, 11, 22, 13, 14, 16) == opened.infolist()[0].date_time


def test_what_needs_64_bits_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes, offsets and numbers of entries past their limits, with the limits set low."""
    monkeypatch.setattr(zip64, "MANY", 2)

    with zipfile.ZipFile(io.BytesIO(build(FILES))) as opened:
        assert len(FILES) == len(opened.infolist())


def test_large_entries_and_far_offsets_stand_in_the_extra_field() -> None:
    """The directory of entries of 5 GiB is read as it was written, without their bytes."""
    entries = [Entry("large.mov", 5 * 2**30, MADE_AT), Entry("small.mov", 7, MADE_AT)]
    layout = plan([*entries, Entry("large too.mov", 5 * 2**30, MADE_AT)])
    listed = format_directory(layout, [1, 2, 3])

    class Sparse(io.BytesIO):
        """The tail of a file that is mostly not there."""

        def seek(self, at: int, whence: int = 0) -> int:
            return super().seek(at - layout.directory_at if whence == 0 else at, whence) + (
                layout.directory_at
            )

        def tell(self) -> int:
            return super().tell() + layout.directory_at

    with zipfile.ZipFile(Sparse(listed)) as opened:
        found = [(info.file_size, info.header_offset, info.CRC) for info in opened.infolist()]
    expected = [
        (entry.size_bytes, offset, crc)
        for entry, offset, crc in zip(layout.entries, layout.offsets, (1, 2, 3), strict=True)
    ]
    assert expected == found
    assert len(format_descriptor(entries[0], 1)) == 24
    assert len(format_descriptor(entries[1], 1)) == 16


def test_a_time_before_that_of_the_format_is_its_first_year() -> None:
    """MS-DOS knows no 1970."""
    with zipfile.ZipFile(io.BytesIO(build({"a": b""}, datetime(1970, 1, 2, tzinfo=UTC)))) as opened:
        assert 1980 == opened.infolist()[0].date_time[0]
