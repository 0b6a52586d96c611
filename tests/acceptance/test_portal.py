"""The portal: files go in, are found, named, handed out and taken away, and nothing is silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.fixtures.media_files import MediaFiles
from tests.support.portal import file_asset, open_session, portal_page, problem_of
from tests.support.seeing import find_sideways, find_violations
from tests.support.served import Client, Served, serving

ASSETS = re.compile(r"/api/v1/assets\?")
LISTS = {
    "library": ASSETS,
    "links": re.compile(r"/api/v1/links"),
    "jobs": re.compile(r"/api/v1/jobs"),
}
EMPTY: dict[str, object] = {"items": [], "next_cursor": None}
NOTHING = {
    "library": "Nothing here yet",
    "links": "No upload links yet",
    "jobs": "No work",
}
TABS = ("details", "renditions", "storage", "activity", "api")
HOSTILE = "<img src=x onerror=document.title=1>.bin"


@dataclass(frozen=True, slots=True)
class Office:
    """A server with a clip, a picture, a broken file and a file of no kind."""

    served: Served
    client: Client
    session: StorageState
    clip: str
    picture: str
    broken: str


@pytest.fixture(scope="module")
def office(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, media_files: MediaFiles
) -> Iterator[Office]:
    """One server for all tests of this page."""
    with serving(tmp_path_factory.mktemp("office")) as served, served.client() as client:
        clip, picture, broken = (
            file_asset(served, client, media_files.get(name))
            for name in ("h264.mp4", "picture.jpg", "no_index.mp4")
        )
        session = open_session(browser, served)
        yield Office(served, client, session, clip, picture, broken)


@pytest.fixture
def page(browser: Browser, office: Office) -> Iterator[Page]:
    """A person in the portal, not yet at any screen."""
    with portal_page(browser, office.served, office.session) as opened:
        yield opened


def choose_files(page: Page, place: str, *paths: Path) -> None:
    """Choose files for a project in the dialog, and send them."""
    page.keyboard.press("u")
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").first.set_input_files(list(paths))
    dialog.get_by_role("combobox").fill(place)
    dialog.get_by_role("button", name=re.compile(r"Send \d")).click()


@pytest.mark.covers("M-UX-15", "BG-89", "C-UP-09")
def test_an_upload_goes_on_while_one_moves_about(
    page: Page, office: Office, tmp_path: Path
) -> None:
    """The tray stands on every screen; what has arrived stands in the library, unasked."""
    first, second = tmp_path / "minutes of the shoot.txt", tmp_path / HOSTILE
    first.write_text("Day 1")
    second.write_bytes(b"\0\1\2" * 1000)
    page.goto("/app/library")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()

    choose_files(page, "Nord Film / Winter docu", first, second)
    page.get_by_role("link", name="Jobs").click()

    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Received")).to_have_count(2)
    page.get_by_role("link", name="Library", exact=True).last.click()
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    filed = office.client.settled(first.name)
    assert ("Nord Film", "Winter docu") == (filed["client_name"], filed["project_name"])
    assert "1" != page.title()


@pytest.mark.covers("C-MG-03")
def test_a_name_is_found_and_the_search_lives_in_the_address(page: Page) -> None:
    """A copied address shows the same; clearing shows all again."""
    page.goto("/app/library")
    expect(page.get_by_text("h264.mp4")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("picture")

    expect(page.locator(".card")).to_have_count(1)
    page.wait_for_url("**/app/library?q=picture")
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_label("Kind").select_option("audio")
    page.get_by_role("button", name="Clear the filters").click()

    expect(page.get_by_text("h264.mp4")).to_be_visible()


@pytest.mark.covers("M-WH-14")
def test_many_are_chosen_tagged_found_and_kept_as_a_search(page: Page) -> None:
    """A range by Shift, one tag for all of it, and the tag as a search under a name."""
    page.goto("/app/library")
    page.get_by_label("Choose no_index.mp4").check()
    page.get_by_label("Choose h264.mp4").click(modifiers=["Shift"])
    chosen = page.get_by_role("region", name="What is chosen")
    expect(chosen).to_contain_text("3 chosen")
    page.get_by_label("Choose picture.jpg").uncheck()
    chosen.get_by_role("button", name="Tag").click()
    chosen.get_by_label("Tag to add or remove").fill("selects")
    chosen.get_by_role("button", name="Add").click()
    expect(chosen).to_contain_text("2 assets changed.")
    assert [] == find_violations(page)
    page.keyboard.press("Escape")
    page.get_by_label("Tag", exact=True).fill("Selects")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("button", name="Keep this search").click()
    page.get_by_label("Name", exact=True).fill("Good ones")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Kept searches").select_option(label="Good ones")

    page.wait_for_url("**/app/library?search=*")
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("button", name="Forget this search").click()
    expect(page.get_by_text("picture.jpg")).to_be_visible()


@pytest.mark.covers("M-PB-10")
def test_an_asset_shows_its_facts_and_takes_a_title(page: Page, office: Office) -> None:
    """What is known stands in the details; the title is kept, and can be taken back."""
    page.goto(f"/app/assets/{office.clip}")

    facts = page.locator(".facts")
    for fact in ("h264.mp4", "Video", "320 x 180", "0:02", "acme-corp / spring"):
        expect(facts).to_contain_text(fact)
    page.get_by_label("Title").fill("Opening shot")
    page.get_by_label("Tags").fill("day 1, opening")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Opening shot")).to_be_visible()
    assert ["day 1", "opening"] == office.client.get(f"/assets/{office.clip}")["tags"]
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="h264.mp4")).to_be_visible()


@pytest.mark.covers("M-PB-15")
def test_the_menu_hands_out_the_original_and_each_quality(page: Page, office: Office) -> None:
    """The browser gets a file by its name."""
    page.goto(f"/app/assets/{office.clip}")
    names = []

    for quality in ("Original", "180p"):
        page.get_by_role("button", name="Download").first.click()
        item = page.get_by_role("menuitem").filter(has_text=quality)
        if quality != "Original":
            item = page.get_by_role("menuitem").last
        with page.expect_download() as download:
            item.click()
        names.append(download.value.suggested_filename)

    assert "h264.mp4" == names[0]
    assert re.fullmatch(r"h264_\d+p\.mp4", names[1])


def test_a_broken_file_says_why_and_stays_downloadable(page: Page, office: Office) -> None:
    """The reason, its code, and the original as it came."""
    page.goto(f"/app/assets/{office.broken}")

    expect(page.get_by_role("heading", name="This cannot be shown")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Code media\."))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the original").click()

    assert "no_index.mp4" == download.value.suggested_filename


@pytest.mark.covers("M-PB-11")
def test_a_picture_is_shown_and_can_be_looked_at_closely(page: Page, office: Office) -> None:
    """Larger by key, and back to fit."""
    page.goto(f"/app/assets/{office.picture}")
    image = page.locator(".canvas img")
    expect(image).to_be_visible()
    page.wait_for_function("() => document.querySelector('.canvas img').naturalWidth > 0")

    page.keyboard.press("+")
    expect(page.get_by_text("2.0x")).to_be_visible()
    page.keyboard.press("0")

    expect(page.get_by_text("Fit")).to_be_visible()


def test_a_deleted_asset_is_gone_after_the_question(
    page: Page, office: Office, tmp_path: Path
) -> None:
    """The question names what goes; Cancel keeps it."""
    path = tmp_path / "to be deleted.txt"
    path.write_text("Nobody needs this.")
    asset_id = file_asset(office.served, office.client, path)
    page.goto(f"/app/assets/{asset_id}")

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()

    page.wait_for_url("**/app/library")
    expect(page.get_by_text("h264.mp4")).to_be_visible()
    expect(page.get_by_text(path.name)).to_have_count(0)


def test_a_link_is_made_switched_off_and_deleted(page: Page) -> None:
    """Its address opens the upload page, and closes it."""
    page.goto("/app/links")
    page.get_by_role("button", name="Make a link").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Make a link").click()
    expect(drawer.get_by_text("Name the client.")).to_be_visible()
    drawer.get_by_role("combobox", name="Client").fill("Acme Corp")
    drawer.get_by_label("Project").fill("Dailies")
    drawer.get_by_label("Title", exact=True).fill("Unit B")
    drawer.get_by_text("Limits and types", exact=True).click()
    drawer.get_by_label("Most files").fill("3")
    drawer.get_by_role("button", name="Make a link").click()

    address = drawer.locator("code").inner_text()
    drawer.get_by_role("button", name="Done").click()
    row = page.locator(".link").filter(has_text="Unit B")
    expect(row).to_contain_text("0 of 3 files")
    assert 200 == page.request.get(address).status
    row.get_by_role("switch").click(force=True)
    expect(row).to_contain_text("Off")
    assert 200 != page.request.get(address).status
    row.get_by_role("button", name="Delete Unit B").click()
    page.get_by_role("button", name="Delete the link").click()
    expect(row).to_have_count(0)


def test_a_token_is_shown_once_works_and_is_revoked(page: Page, office: Office) -> None:
    """A program may act with it until it is revoked."""
    page.goto("/app/settings")
    page.get_by_role("button", name="Make a token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Render farm")
    dialog.get_by_role("button", name="Make a token").click()

    secret = dialog.locator("code").inner_text()
    dialog.get_by_role("button", name="Done").click()
    row = page.locator(".token").filter(has_text="Render farm")
    expect(row).to_contain_text("read")
    with office.served.client(secret) as program:
        assert 200 == program.http.get("/api/v1/assets").status_code
        row.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(row).to_have_count(0)
        assert 401 == program.http.get("/api/v1/assets").status_code
    assert secret not in page.content()


def test_without_a_session_one_logs_in_and_comes_back(page: Page, office: Office) -> None:
    """The same place, with its search."""
    page.context.clear_cookies()

    page.goto(f"/app/assets/{office.clip}?tab=storage")

    page.wait_for_url("**/login**")
    assert f"next=%2Fapp%2Fassets%2F{office.clip}%3Ftab%3Dstorage" in page.url


@pytest.mark.covers("M-UX-16")
@pytest.mark.parametrize("screen", LISTS)
def test_each_list_has_words_for_empty_failed_and_late(page: Page, screen: str) -> None:
    """Nothing is ever blank: it loads, it says why it is empty, or what failed and its id."""
    waiting = problem_of(503, "store.unavailable", "The database does not answer.")
    page.route(LISTS[screen], lambda route: route.fulfill(json=EMPTY))
    page.goto(f"/app/{screen}")
    expect(page.get_by_text(NOTHING[screen])).to_be_visible()
    page.unroute(LISTS[screen])

    page.route(LISTS[screen], lambda route: route.fulfill(**waiting))
    page.reload()
    expect(page.get_by_role("status", name="Loading")).to_be_visible()
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("The database does not answer.")
    expect(failure).to_contain_text("req_7f3a")
    page.unroute(LISTS[screen])
    failure.get_by_role("button", name="Try again").click()

    expect(failure).to_have_count(0)


def test_a_failure_leaves_what_is_shown(page: Page) -> None:
    """Cards stay when the next look fails; the screen says so beside them."""
    page.clock.install()
    page.goto("/app/library")
    expect(page.get_by_text("h264.mp4")).to_be_visible()

    page.route(ASSETS, lambda route: route.abort())
    failure = page.get_by_role("alert")
    for _ in range(20):  # a look that was on its way already is not broken off
        page.clock.fast_forward(61_000)
        with suppress(TooLate):
            failure.wait_for(timeout=4_000)
            break

    expect(failure).to_contain_text("Could not load newer items.")
    expect(page.get_by_text("h264.mp4")).to_be_visible()


@pytest.mark.covers("C-MG-04", "M-UX-14")
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("screen", ["library", "links", "jobs", "settings", "clip", "broken"])
def test_a_screen_is_accessible_and_does_not_move_sideways(
    page: Page, office: Office, screen: str, scheme: str
) -> None:
    """No violation that axe finds, on a phone and on a desk, in both themes."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    ids = {"clip": office.clip, "broken": office.broken}

    page.goto(f"/app/assets/{ids[screen]}" if screen in ids else f"/app/{screen}")

    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    assert [] == find_violations(page)
    assert [] == find_sideways(page)


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_accessible(page: Page, office: Office, tab: str) -> None:
    """What is behind a tab, too."""
    page.goto(f"/app/assets/{office.clip}?tab={tab}")

    expect(page.get_by_role("tabpanel")).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    assert [] == find_violations(page)
    assert [] == find_sideways(page)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_dialogs_are_accessible(page: Page, scheme: str) -> None:
    """Upload, a new link, and the keys."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/app/links")
    expect(page.get_by_role("heading", name="Upload links", exact=True)).to_be_visible()

    for key in ("u", "?"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert [] == find_violations(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Make a link").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert [] == find_violations(page)


@pytest.mark.covers("CF-12")
def test_a_lut_is_sent_and_used(page: Page, office: Office, tmp_path: Path) -> None:
    """A `.cube` file is named after itself and chosen; one that is none says so."""
    good, bad = tmp_path / "Show LUT.v2.cube", tmp_path / "bad.cube"
    corners = [f"{r} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    good.write_text("LUT_3D_SIZE 2\n" + "\n".join(corners) + "\n")
    bad.write_text("no table")
    page.goto(f"/app/assets/{office.clip}")
    button, choice = (
        page.get_by_role("button", name="Use a .cube LUT"),
        page.get_by_label("Colours"),
    )

    for path in (bad, good):
        with page.expect_file_chooser() as chosen:
            button.click()
        chosen.value.set_files(path)
        if path is bad:
            expect(page.get_by_text("The LUT could not be used")).to_be_visible()

    expect(choice).to_have_value("log:show-lut-v2")
    assert "log:show-lut-v2" == office.client.get(f"/assets/{office.clip}/color")["choice"]
    choice.select_option("auto")
    expect(choice).to_have_value("auto")


@pytest.mark.covers("M-PR-09")
def test_what_is_new_is_not_made_anew(page: Page, office: Office) -> None:
    """The button asks for what an older version made, and says what came of it."""
    page.goto(f"/app/assets/{office.clip}?tab=renditions")

    page.get_by_role("button", name="Make anew").click()

    said = re.compile("Nothing of it was made by an older version|being made just now")
    expect(page.get_by_text(said)).to_be_visible()
