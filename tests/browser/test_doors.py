"""Log-in, set-up and the pages that only say something, for everybody and every width."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rushes.web.link import LinkRefused, Refusal
from tests.browser.small_house import LINK_PASSWORD, SmallHouse
from tests.support.seeing import find_sideways, find_violations

PASSWORD = "correct horse battery"


def log_in(page: Page) -> None:
    """Fill the form and send it with the keyboard."""
    page.fill("#email", " anna@example.com ")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")


def test_log_in_leads_back_to_where_one_was(page: Page, house: SmallHouse) -> None:
    """The header against forged requests is sent, and the address is kept."""
    page.goto("/login?next=/nothing%3Fq%3D1")

    log_in(page)

    page.wait_for_url("**/nothing?q=1")
    assert [("session", {"email": "anna@example.com", "password": PASSWORD})] == house.posted


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", "/\\example.com"])
def test_log_in_leads_to_no_other_site(page: Page, target: str) -> None:
    """A forged address ends in the library."""
    page.goto(f"/login?next={target}")

    log_in(page)

    page.wait_for_url("**/app/library")


def test_a_wrong_password_is_one_sentence_for_all_reasons(page: Page, house: SmallHouse) -> None:
    """It does not say whether the account exists; the form keeps what was typed."""
    house.session = (401, "auth.failed", {})
    page.goto("/login")

    log_in(page)

    expect(page.locator("#trouble")).to_have_text("Mail address or password is wrong.")
    expect(page.locator("#password")).to_be_focused()
    expect(page.locator("#password")).to_have_value(PASSWORD)


def test_too_many_tries_are_counted_down(page: Page, house: SmallHouse) -> None:
    """The seconds come from the server, and the button rests until they are over."""
    house.session = (429, "auth.limited", {"Retry-After": "2"})
    page.goto("/login")

    log_in(page)

    expect(page.locator("#trouble")).to_have_text("Too many tries. Try again in 2 s.")
    expect(page.locator("#submit")).to_be_disabled()
    expect(page.locator("#submit")).to_be_enabled()


def test_a_password_can_be_shown(page: Page) -> None:
    """For those who type it on a phone."""
    page.goto("/login")
    page.fill("#password", PASSWORD)

    page.click("#show")

    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(page.locator("#show")).to_have_text("Hide")


@pytest.mark.covers("BG-95")
def test_set_up_takes_the_token_out_of_the_address(page: Page, house: SmallHouse) -> None:
    """It does not stay in the history; a short password is refused before it is sent."""
    house.is_set_up = False
    page.goto("/setup?token=one-time")
    expect(page.locator("#token")).to_have_value("one-time")
    assert page.url.endswith("/setup")
    page.fill("#email", "anna@example.com")
    page.fill("#password", "short")
    page.click("#submit")
    expect(page.locator("#trouble")).to_contain_text("has 5 characters")
    assert [] == house.posted

    page.fill("#password", PASSWORD)
    page.click("#submit")

    page.wait_for_url("**/app/library")
    assert ["setup", "session"] == [name for name, _ in house.posted]
    assert "one-time" == house.posted[0][1]["token"]


def test_a_link_with_a_password_opens_for_whoever_knows_it(page: Page, house: SmallHouse) -> None:
    """A wrong one is said in words; the right one shows the page."""
    house.links["shut"] = LinkRefused(reason=Refusal.LOCKED)
    page.goto("/u/shut")
    page.fill("#password", "guess")
    page.click("#submit")
    expect(page.locator("#trouble")).to_have_text("That is not the password of this link.")

    page.fill("#password", LINK_PASSWORD)
    page.click("#submit")

    page.wait_for_url("**/u/open")
    expect(page.locator("#drop-title")).to_be_visible()


def test_set_up_reads_the_token_behind_the_hash(page: Page, house: SmallHouse) -> None:
    """What the console prints is never sent to a server or a log."""
    house.is_set_up = False

    page.goto("/setup#one-time")

    expect(page.locator("#token")).to_have_value("one-time")
    assert page.url.endswith("/setup")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/u/open", "/u/expired", "/u/none", "/login", "/setup", "/lost"])
def test_a_page_is_accessible_and_does_not_move_sideways(
    page: Page, house: SmallHouse, path: str, scheme: str
) -> None:
    """No violation that axe finds, on a phone and on a desk, in both themes."""
    house.links["expired"] = LinkRefused(reason=Refusal.EXPIRED, owner="Anna Meyer")
    house.is_set_up = path != "/setup"
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    page.goto(path)

    assert [] == find_violations(page)
    assert [] == find_sideways(page)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_state_of_the_queue_is_accessible(
    page: Page, house: SmallHouse, tmp_path: Path, scheme: str
) -> None:
    """Sending, refused and received at once, with the bar below and the receipt."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    house.refuses = {".exe": (415, "upload.type_refused", "run.exe is a program.")}
    page.goto("/u/open")
    page.wait_for_selector("body[data-ready]")
    small = [tmp_path / "run.exe", tmp_path / "done.mov"]
    for path in small:
        path.write_bytes(b"x" * 1000)
    page.set_input_files("#pick-files", small)
    expect(page.locator("#summary-words")).to_have_text("1 of 2 received, 1 refused")
    house.bytes_per_second = 300_000
    (tmp_path / "long_name_of_a_clip_from_a_camera_A001C003_250604_R2KF.mov").write_bytes(
        b"x" * 40_000_000
    )

    page.set_input_files("#pick-files", list(tmp_path.glob("long*")))

    expect(page.locator("#bar")).to_be_visible()
    assert [] == find_violations(page)
    assert [] == find_sideways(page)
