"""The upload page over hours: many files, a device that sleeps, cancels that have to wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.small_house import SmallHouse
from tests.browser.test_upload_page import (
    SLOW,
    choose,
    make_file,
    open_page,
    row_of,
    wait_for_offset,
)


@pytest.mark.covers("BG-89", "M-UX-02")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.long)])
def test_a_folder_of_many_files_arrives_whole(
    page: Page, house: SmallHouse, tmp_path: Path, count: int
) -> None:
    """Three levels deep, each with its own bytes and its path."""
    card = tmp_path / "card"
    wanted = {}
    for number in range(count):
        name = f"day {number % 3}/roll {number % 7}/IMG_{number:04}.jpg"
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_text(f"picture {number}")
        wanted[f"card/{name}"] = f"picture {number}".encode()
    open_page(page)

    page.set_input_files("#pick-folder", card)

    expect(page.locator("#summary-words")).to_have_text(
        f"All {count} files received", timeout=500_000
    )
    assert wanted == {held.path: bytes(held.bytes_) for held in house.uploads.values()}
    assert count == len(house.uploads)


@pytest.mark.covers("X-UP-19")
def test_a_device_that_slept_finds_its_dead_connection_at_once(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """Two minutes are gone in one moment: it reconnects, and goes on from the server's offset."""
    # given
    clip = make_file(tmp_path, "clip.mov", 6_000_000)
    page.clock.install()
    open_page(page)
    house.bytes_per_second = 100  # nothing is read any more after the first piece
    choose(page, clip)
    wait_for_offset(page, house, 1)

    # when
    house.bytes_per_second = None
    page.clock.fast_forward(120_000)

    # then
    expect(page.locator("#summary-words")).to_have_text("1 file received")
    held = next(iter(house.uploads.values()))
    assert clip.read_bytes() == bytes(held.bytes_)
    assert 2 == len(held.offsets)
    assert 0 < held.offsets[1]


@pytest.mark.covers("M-UX-08", "BG-49")
def test_a_cancel_without_a_line_is_told_when_the_line_is_back(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """It is a wish that this browser keeps."""
    house.bytes_per_second = SLOW
    open_page(page)
    choose(page, make_file(tmp_path, "clip.mov", 8_000_000))
    wait_for_offset(page, house, 100_000)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()

    page.get_by_role("button", name="Cancel: clip.mov").click()
    expect(row_of(page, "clip.mov")).to_have_attribute("data-state", "cancelled")
    assert 0 == house.terminated
    page.context.set_offline(False)

    page.wait_for_function(
        "async () => (await fetch('/u/open/files/upl_' + '0'.repeat(36), { method: 'HEAD' }))"
        ".status === 404"
    )
    assert 1 == house.terminated
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#unfinished")).to_be_hidden()
