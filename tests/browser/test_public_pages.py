"""What strangers open: a share, its embed, a link; by keyboard alone, and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rushes.access.question import FormField, ValueKind
from tests.browser.screening_room import PASSWORD, ScreeningRoom
from tests.browser.small_house import OPEN, SmallHouse
from tests.support.chromium import PATIENCE_MS
from tests.support.pages import Site, site
from tests.support.seeing import find_sideways, find_violations

PHONE = {"width": 390, "height": 844}
MANY_TABS = 60


@pytest.fixture(scope="module")
def outside() -> Iterator[Site]:
    """The page of somebody else, with a frame in it."""
    pages: dict[str, Path | str] = {}
    with site(pages) as running:
        pages["index.html"] = "<title>Elsewhere</title>"
        yield running


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, outside: Site) -> Iterator[ScreeningRoom]:
    """One house for all tests of this page."""
    with ScreeningRoom(tmp_path_factory.mktemp("room"), outside.origin).opened() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, room: ScreeningRoom) -> Iterator[Page]:
    """A stranger with a desk; an error in the page fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=room.url)
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context.new_page()
    context.close()
    assert [] == faults


def visit(page: Page, path: str) -> None:
    """Open a share, and wait until it shows what it has."""
    page.goto(path)
    page.wait_for_selector("body[data-ready]")


def tab_to(page: Page, selector: str) -> None:
    """Go on by Tab until something has the focus, as whoever has no mouse does."""
    for _ in range(MANY_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => document.activeElement.matches({selector!r})"):
            return
    pytest.fail(f"Tab never comes to {selector}.")


@pytest.mark.covers("C-PV-07", "C-MG-04")
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_share_is_accessible_in_each_of_its_states(
    visitor: Page, room: ScreeningRoom, scheme: str
) -> None:
    """Cards, one of them opened, the question for a password; on a phone and on a desk."""
    visitor.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visit(visitor, room.paths["many"])
    assert [] == find_violations(visitor)
    assert [] == find_sideways(visitor)

    visitor.locator(".shown").first.click()
    expect(visitor.get_by_role("heading", name="Download")).to_be_visible()
    assert [] == find_violations(visitor)
    assert [] == find_sideways(visitor)
    visit(visitor, room.paths["locked"])
    visitor.fill("#password", "guess")
    visitor.press("#password", "Enter")
    expect(visitor.locator("#trouble")).to_be_visible()

    assert [] == find_violations(visitor)


@pytest.mark.covers("C-MG-04", "M-PB-20")
def test_a_share_is_used_by_keyboard_alone(visitor: Page, room: ScreeningRoom) -> None:
    """The password, a card and back, a download, two ticks and their ZIP."""
    visit(visitor, room.paths["locked"])
    expect(visitor.locator("#password")).to_be_focused()
    visitor.keyboard.type(PASSWORD)
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", name="First cut")).to_be_visible()

    visit(visitor, room.paths["many"])
    tab_to(visitor, ".shown")
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#one")).to_be_focused()
    tab_to(visitor, ".downloads .button")
    with visitor.expect_download() as download:
        visitor.keyboard.press("Enter")
    visitor.go_back()
    expect(visitor.locator(".shown").first).to_be_focused()
    tab_to(visitor, ".pick input")
    visitor.keyboard.press("Space")
    expect(visitor.locator("#pack")).to_have_text("Download 1 file as ZIP")
    visitor.locator("#pack").focus()
    with visitor.expect_download() as packed:
        visitor.keyboard.press("Enter")

    assert download.value.suggested_filename.endswith(".mp4")
    assert packed.value.suggested_filename.endswith(".zip")


@pytest.mark.covers("C-PV-07")
def test_an_embed_shows_itself_where_it_may(
    visitor: Page, room: ScreeningRoom, outside: Site
) -> None:
    """Alone it is accessible; in the page of a site that is named it fills its frame."""
    path = room.paths["one"].replace("/s/", "/embed/")
    visit(visitor, path)
    play = visitor.locator("rushes-player").get_by_role("button", name="Play", exact=True).first
    expect(play).to_be_visible()
    assert [] == find_violations(visitor)

    visitor.goto(f"{outside.origin}/index.html")
    visitor.evaluate(
        """(address) => {
          const frame = document.createElement("iframe");
          frame.src = address;
          window.addEventListener("message", ({ data }) => { window.said = data; });
          document.body.append(frame);
        }""",
        f"{room.url}{path}",
    )

    visitor.wait_for_function("() => window.said?.rushes === 'ready'")
    framed = visitor.frame_locator("iframe")
    expect(framed.locator("rushes-player")).to_be_visible()


@pytest.mark.covers("C-MG-04", "M-UX-14")
def test_a_phone_sends_by_keyboard_alone(page: Page, house: SmallHouse, tmp_path: Path) -> None:
    """What the link asks is answered, files are chosen, and the receipt is copied."""
    day = FormField("Shooting day", is_required=True, key="day", kind=ValueKind.DATE)
    camera = FormField("Camera", key="camera")
    house.links["open"] = replace(OPEN, questions=(day, camera), may_leave_mail=True)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.on("filechooser", lambda _: None)  # from now on the browser opens no window of its own
    page.goto("/u/open")
    page.wait_for_selector("body[data-ready]")
    clip = tmp_path / "clip.mov"
    clip.write_bytes(b"x" * 1000)

    tab_to(page, "#question-day")
    page.keyboard.type("01312026")
    tab_to(page, "#sender-email")
    page.keyboard.type("ada")
    page.keyboard.press("Enter")
    expect(page.locator("#sender-trouble")).to_be_visible()
    assert [] == find_violations(page)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.keyboard.type("@example.org")
    tab_to(page, "#choose-files")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(clip)
    expect(page.locator("#summary-words")).to_be_visible()
    tab_to(page, "#receipt-copy")

    assert [("2026-01-31", "ada@example.org")] == [
        (held.told["field.day"], held.told["sender_email"]) for held in house.uploads.values()
    ]
    assert [] == find_violations(page)
    assert [] == find_sideways(page)
