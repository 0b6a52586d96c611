"""The upload page as strangers use it: choose, watch, lose the line, come back, keep a receipt."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.browser.small_house import SmallHouse
from tests.support.chromium import PATIENCE_MS

SLOW = 1_000_000  # bytes per second: a file of 8 MB is on its way for some seconds


def make_file(folder: Path, name: str, size: int) -> Path:
    """Write a file of random bytes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def open_page(page: Page) -> None:
    """Open the link's page, and wait until its program has looked around."""
    page.goto("/u/open")
    page.wait_for_selector("body[data-ready]")


def choose(page: Page, *paths: Path) -> None:
    """Choose files as with the button."""
    page.set_input_files("#pick-files", paths)


def row_of(page: Page, name: str) -> Locator:
    """Return the row of a file."""
    return page.locator("#files .file").filter(has_text=name)


def wait_for_offset(page: Page, house: SmallHouse, at_least: int) -> None:
    """Wait until the house holds so many bytes of its first upload."""
    for _ in range(PATIENCE_MS // 25):
        if house.uploads and len(next(iter(house.uploads.values())).bytes_) >= at_least:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"The house never held {at_least} bytes.")


@pytest.mark.covers("M-UX-01", "M-UX-02", "M-UX-11", "BG-89")
def test_several_files_are_sent_and_receipted(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """The receipt holds the digest that the server computed, and it is the file's own."""
    # given
    clip = make_file(tmp_path, "clip.mov", 3_000_000)
    still = make_file(tmp_path, "still", 700)
    open_page(page)
    expect(page.locator("#empty")).to_have_text("Nothing chosen yet")

    # when
    choose(page, clip, still)

    # then
    expect(page.locator("#summary-words")).to_have_text("All 2 files received")
    expect(row_of(page, "clip.mov")).to_contain_text("3 MBMOVReceived")
    expect(row_of(page, "still")).to_contain_text("700 BUnknownReceived")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    shown = page.locator(".receipt-digest.figures").first
    expect(shown).to_have_text(" ".join(digest[i : i + 8] for i in range(0, 64, 8)))
    assert [clip.read_bytes(), still.read_bytes()] == [
        bytes(held.bytes_) for held in house.uploads.values()
    ]


def test_a_receipt_can_be_saved(page: Page, tmp_path: Path) -> None:
    """Three forms, one of them for programs."""
    # given
    open_page(page)
    choose(page, make_file(tmp_path, "clip.mov", 1000))
    expect(page.locator(".receipt-digest.figures")).to_be_visible()

    # when
    with page.expect_download() as download:
        page.click("#receipt-json")

    # then
    receipt = json.loads(Path(download.value.path()).read_text())
    assert ["clip.mov", 1000] == [receipt["lines"][0][key] for key in ("path", "size_bytes")]


@pytest.mark.covers("M-UX-07", "M-UX-03")
def test_nothing_is_done_before_the_server_says_so(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """All bytes are there, and the page says 99 % and Finalizing until the verdict."""
    house.checks = 2
    open_page(page)

    choose(page, make_file(tmp_path, "clip.mov", 2000))

    row = row_of(page, "clip.mov")
    expect(row).to_have_attribute("data-state", "checking")
    expect(row).to_contain_text("CheckingFinalizing...")
    assert "99" == row.locator("progress").get_attribute("value")
    expect(row).to_contain_text("Received100 %")
    assert "100" == row.locator("progress").get_attribute("value")


@pytest.mark.covers("X-UP-19")
def test_a_closed_page_goes_on_where_it_was(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """The same file chosen again: what the server holds is not sent twice."""
    # given
    clip = make_file(tmp_path, "clip.mov", 24_000_000)
    house.bytes_per_second = 4 * SLOW
    open_page(page)
    choose(page, clip)
    wait_for_offset(page, house, 8_000_000)

    # when
    page.close(run_before_unload=False)
    again = page.context.new_page()
    open_page(again)
    expect(again.locator("#unfinished-title")).to_have_text("1 file is unfinished")
    expect(again.locator("#unfinished-words")).to_contain_text("are safe here")
    house.bytes_per_second = None
    choose(again, clip)

    # then
    expect(again.locator("#summary-words")).to_have_text("1 file received")
    expect(again.locator("#unfinished")).to_be_hidden()
    held = next(iter(house.uploads.values()))
    assert 1 == len(house.uploads)
    assert clip.read_bytes() == bytes(held.bytes_)
    assert [0, True] == [held.offsets[0], held.offsets[-1] >= 8_000_000]
    expect(row_of(again, "clip.mov")).to_contain_text("were here already")


@pytest.mark.parametrize(
    ("size", "field"), [(9_000_001, "its size differs"), (9_000_000, "its content differs")]
)
def test_a_changed_file_is_not_mixed_with_the_old_one(
    page: Page, house: SmallHouse, tmp_path: Path, size: int, field: str
) -> None:
    """The page names what differs, and sends it as a new file only when told to."""
    # given
    house.bytes_per_second = 3 * SLOW
    open_page(page)
    choose(page, make_file(tmp_path, "clip.mov", 9_000_000))
    wait_for_offset(page, house, 1_000_000)
    page.close(run_before_unload=False)
    again = page.context.new_page()
    open_page(again)
    house.bytes_per_second = None

    # when
    changed = make_file(tmp_path, "clip.mov", size)
    choose(again, changed)

    # then
    row = row_of(again, "clip.mov")
    expect(row).to_contain_text(field)
    assert 1 == len(house.uploads)
    row.get_by_role("button", name="Send as a new file").click()
    expect(again.locator("#summary-words")).to_have_text("1 file received")
    assert changed.read_bytes() == bytes(list(house.uploads.values())[1].bytes_)


@pytest.mark.covers("M-UX-08", "BG-49", "W-05")
def test_a_cancel_is_told_to_the_server(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """Nothing of it is left behind, and nothing asks to be resumed later."""
    house.bytes_per_second = SLOW
    open_page(page)
    choose(page, make_file(tmp_path, "clip.mov", 8_000_000))
    wait_for_offset(page, house, 100_000)

    page.get_by_role("button", name="Cancel: clip.mov").click()

    expect(page.locator("#notice")).to_have_text("Upload of clip.mov was cancelled.")
    expect(row_of(page, "clip.mov")).to_have_attribute("data-state", "cancelled")
    page.wait_for_function("document.title.startsWith('Upload to')")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert 1 == house.terminated
    expect(page.locator("#unfinished")).to_be_hidden()


def test_a_pause_holds_the_bytes_and_lets_them_go_on(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """The same upload goes on from its offset."""
    house.bytes_per_second = 3 * SLOW
    clip = make_file(tmp_path, "clip.mov", 9_000_000)
    open_page(page)
    choose(page, clip)
    wait_for_offset(page, house, 1_000_000)

    page.click("#pause-all")
    expect(row_of(page, "clip.mov")).to_have_attribute("data-state", "paused")
    house.bytes_per_second = None
    page.click("#resume-all")

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    assert [clip.read_bytes()] == [bytes(held.bytes_) for held in house.uploads.values()]


def test_a_lost_line_is_waited_for(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """Offline is said in words, and the upload goes on by itself."""
    house.bytes_per_second = 3 * SLOW
    clip = make_file(tmp_path, "clip.mov", 9_000_000)
    open_page(page)
    choose(page, clip)
    wait_for_offset(page, house, 1_000_000)

    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    house.bytes_per_second = None
    page.context.set_offline(False)

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    expect(page.locator("#offline")).to_be_hidden()
    assert [clip.read_bytes()] == [bytes(held.bytes_) for held in house.uploads.values()]


def test_a_link_that_was_closed_meanwhile_keeps_what_is_there(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """The page says so; once the link is open again, the same upload goes on."""
    house.bytes_per_second = 3 * SLOW
    clip = make_file(tmp_path, "clip.mov", 9_000_000)
    open_page(page)
    choose(page, clip)
    wait_for_offset(page, house, 1_000_000)

    house.is_closed = True
    page.click("#pause-all")
    page.click("#resume-all")
    expect(page.locator("#closed")).to_be_visible()
    expect(page.locator("#drop")).to_be_hidden()
    house.is_closed, house.bytes_per_second = False, None
    row_of(page, "clip.mov").get_by_role("button", name="Try again").click()

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    expect(page.locator("#closed")).to_be_hidden()
    expect(page.locator("#drop")).to_be_visible()
    assert [clip.read_bytes()] == [bytes(held.bytes_) for held in house.uploads.values()]


def test_a_failing_server_is_tried_again(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """Two failures in a row are nothing that a person has to know about."""
    house.failures = [500, 503]
    open_page(page)

    choose(page, make_file(tmp_path, "clip.mov", 1_000_000))

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    assert [] == house.failures


@pytest.mark.covers("M-UX-13", "M-UX-16")
def test_a_refusal_says_why_and_stops_nobody_else(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """Words, code and id; the others arrive; the refused one can be tried again."""
    # given
    detail = "run.exe is a program; this link takes video and images. Ask Anna Meyer."
    house.refuses = {".exe": (415, "upload.type_refused", detail)}
    house.quarantines = {"fake.mov"}
    open_page(page)

    # when
    names = ("run.exe", "fake.mov", "clip.mov")
    choose(page, *(make_file(tmp_path, name, 1000) for name in names))

    # then
    expect(page.locator("#summary-words")).to_have_text("1 of 3 received, 2 refused")
    expect(row_of(page, "run.exe")).to_contain_text(detail)
    expect(row_of(page, "run.exe")).to_contain_text("Code upload.type_refused, id 7f3a")
    expect(row_of(page, "fake.mov")).to_contain_text("Code upload.quarantined")
    house.refuses = {}
    row_of(page, "run.exe").get_by_role("button", name="Try again").click()
    expect(row_of(page, "run.exe")).to_have_attribute("data-state", "received")


@pytest.mark.covers("BG-90")
def test_a_folder_keeps_its_paths_and_loses_its_litter(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """Any type goes; what systems leave behind does not."""
    card = tmp_path / "card"
    for name in ("A001.mxf", "day 1/B.r3d", "day 1/deep/C.braw", ".DS_Store", "day 1/Thumbs.db"):
        make_file(card, name, 600)
    open_page(page)

    page.set_input_files("#pick-folder", card)

    expect(page.locator("#summary-words")).to_have_text("All 3 files received")
    expect(page.locator("#notice")).to_have_text("2 system files were left out.")
    assert {"card/A001.mxf", "card/day 1/B.r3d", "card/day 1/deep/C.braw"} == {
        held.path for held in house.uploads.values()
    }


def test_a_drop_and_a_paste_are_ways_in(page: Page) -> None:
    """A file may come from anywhere on the page."""
    open_page(page)

    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["dropped"], "dropped.mov"));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
          const pasted = new DataTransfer();
          pasted.items.add(new File(["pasted"], "pasted.png"));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted }));
        }"""
    )

    expect(page.locator("#summary-words")).to_have_text("All 2 files received")


@pytest.mark.covers("M-UX-10")
def test_leaving_asks_only_while_bytes_move(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """Before and after there is nothing to lose."""
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    open_page(page)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.click("h1")
    house.bytes_per_second = SLOW
    choose(page, make_file(tmp_path, "clip.mov", 8_000_000))
    wait_for_offset(page, house, 100_000)
    assert [] == asked

    page.reload()

    assert ["beforeunload"] == asked


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>.mov",
        '"><script>alert(1)</script>.mov',
        "a\u202egnp.exe",
        "n" * 240 + ".mov",
        "{name} {percent}.mov",
        "مقابلة.mov",
    ],
)
def test_a_name_is_text(page: Page, house: SmallHouse, name: str) -> None:
    """Whatever it contains, nothing runs, nothing moves, and the server gets it unchanged."""
    open_page(page)

    page.evaluate(
        """(name) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["x"], name));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
        }""",
        name,
    )

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    shown = name.replace("\u202e", "\ufffd")
    assert shown == page.locator("#files .name").text_content()
    assert [name.replace("/", ":")] == [
        held.name.replace("/", ":") for held in house.uploads.values()
    ]
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0


def test_limits_are_checked_before_a_byte_is_sent(page: Page, house: SmallHouse) -> None:
    """A file that cannot be taken is named at once."""
    open_page(page)

    page.evaluate(
        """() => {
          const file = new File(["x"], "big.mov");
          Object.defineProperty(file, "size", { value: 100_000_000_001 });
          const drop = new DragEvent("drop");
          Object.defineProperty(drop, "dataTransfer", { value: { items: [], files: [file] } });
          document.dispatchEvent(drop);
        }"""
    )

    expect(row_of(page, "big.mov")).to_contain_text("larger than the link allows")
    assert {} == house.uploads


def test_a_second_choice_of_the_same_file_is_not_sent_twice(
    page: Page, house: SmallHouse, tmp_path: Path
) -> None:
    """The page says that it has it already."""
    clip = make_file(tmp_path, "clip.mov", 1000)
    open_page(page)
    choose(page, clip)
    expect(page.locator("#summary-words")).to_have_text("1 file received")

    choose(page, clip)

    expect(page.locator("#notice")).to_have_text("1 file is in the list already.")
    assert 1 == len(house.uploads)


def test_more_can_be_uploaded_and_the_receipt_stays(page: Page, tmp_path: Path) -> None:
    """The list is cleared for the next files; what was received stays on the receipt."""
    open_page(page)
    choose(page, make_file(tmp_path, "one.mov", 1000))
    expect(page.locator("#summary-words")).to_have_text("1 file received")

    page.click("#upload-more")
    expect(page.locator("#queue")).to_be_hidden()
    choose(page, make_file(tmp_path, "two.mov", 1000))

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    expect(page.locator(".receipt-line")).to_have_count(2)
