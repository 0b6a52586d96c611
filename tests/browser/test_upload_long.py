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
from tests.support.chromium import PATIENCE_MS

HOURS_MS = 600_000
"""For how long a thousand files may take."""

MOVING = 12
"""Files at most that are on their way when a tab is closed, and may have arrived unheard."""


def make_card(folder: Path, count: int) -> tuple[Path, dict[str, bytes]]:
    """Write a card of small files, three levels deep; return it, and its bytes by path."""
    card = folder / "card"
    wanted = {}
    for number in range(count):
        name = f"day {number % 3}/roll {number % 7}/IMG_{number:04}.jpg"
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_text(f"picture {number}")
        wanted[f"card/{name}"] = f"picture {number}".encode()
    return card, wanted


def wait_for_files(page: Page, house: SmallHouse, count: int) -> None:
    """Wait until the house holds so many whole files."""
    for _ in range(HOURS_MS // 100):
        if sum(len(held.bytes_) == held.size for held in tuple(house.uploads.values())) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"The house never held {count} files.")


def wait_for_bytes(page: Page, house: SmallHouse, name: str) -> None:
    """Wait until the house holds some bytes of a file, which its page remembers by then."""
    for _ in range(PATIENCE_MS // 25):
        if any(held.name == name and held.bytes_ for held in tuple(house.uploads.values())):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"The house never held a byte of {name}.")


@pytest.mark.covers("BG-89", "M-UX-02")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.long)])
def test_a_folder_of_many_files_arrives_whole(
    page: Page, house: SmallHouse, tmp_path: Path, count: int
) -> None:
    """Three levels deep, each with its own bytes and its path."""
    card, wanted = make_card(tmp_path, count)
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


@pytest.mark.covers("X-UP-19", "M-UX-08")
def test_what_arrived_before_a_tab_was_closed_is_not_sent_again(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """The folder is chosen again while one of its files is unfinished; not so after its end."""
    # given
    card, _ = make_card(tmp_path, 2)
    make_file(card, "clip.mov", 9_000_000)
    house.bytes_per_second = SLOW / 8
    open_page(page)
    page.set_input_files("#pick-folder", card)
    for name in ("IMG_0000.jpg", "IMG_0001.jpg"):
        expect(row_of(page, name)).to_have_attribute("data-state", "received")
    wait_for_bytes(page, house, "clip.mov")
    page.close(run_before_unload=False)
    house.bytes_per_second = None

    # when
    again = page.context.new_page()
    open_page(again)
    expect(again.locator("#unfinished-files li")).to_have_count(1)
    again.set_input_files("#pick-folder", card)

    # then
    expect(again.locator("#summary-words")).to_have_text("All 3 files received")
    paths = sorted(path.relative_to(tmp_path).as_posix() for path in card.rglob("*.*"))
    assert paths == sorted(held.path for held in house.uploads.values())

    # when all had come to its end
    again.reload()
    again.wait_for_selector("body[data-ready]")
    again.set_input_files("#pick-folder", card)

    # then
    expect(again.locator("#summary-words")).to_have_text("All 3 files received")
    assert 6 == len(house.uploads)


@pytest.mark.long
@pytest.mark.covers("BG-89", "X-UP-19", "M-UX-08")
@pytest.mark.timeout(1200)
def test_a_thousand_files_outlast_a_closed_tab_and_a_dead_line(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """One after the other, while they are sent: each file is there in the end, with its bytes."""
    # given
    card, wanted = make_card(tmp_path, 1_000)
    open_page(page)
    page.set_input_files("#pick-folder", card)
    wait_for_files(page, house, 150)

    # when the tab is closed, and the same folder chosen in another
    page.close(run_before_unload=False)
    again = page.context.new_page()
    open_page(again)
    again.set_input_files("#pick-folder", card)
    wait_for_files(again, house, 400)

    # and the line is gone for a while
    again.context.set_offline(True)
    expect(again.locator("#offline")).to_be_visible()
    again.context.set_offline(False)
    wait_for_files(again, house, 600)

    # then
    expect(again.locator("#summary-words")).to_contain_text("files received", timeout=600_000)
    whole = [held for held in house.uploads.values() if held.state != "cancelled"]
    assert wanted == {held.path: bytes(held.bytes_) for held in whole}
    assert 1_000 <= len(whole) <= 1_000 + MOVING
