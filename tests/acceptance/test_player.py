"""The player: what an editor's fingers expect, and what it makes of a bad line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.fixtures.media_files import MediaFiles
from tests.support.portal import (
    file_asset,
    open_session,
    portal_page,
    problem_of,
    stage_of,
    wait_for_stage,
)
from tests.support.served import Served, serving

PLAYBACK = re.compile(r"/api/v1/assets/[^/]+/playback$")
PLAYLIST = re.compile(r"/p/.*\.m3u8")
MEDIA = re.compile(r"/p/.*\.mp4")
MEDIA_ELEMENT = "document.querySelector('rushes-player').shadowRoot.querySelector('[slot=media]')"


@dataclass(frozen=True, slots=True)
class Cinema:
    """A server with one clip of 12 s in two qualities, at 30 frames a second."""

    served: Served
    session: StorageState
    asset_id: str


@pytest.fixture(scope="module")
def cinema(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, media_files: MediaFiles
) -> Iterator[Cinema]:
    """One server for all tests of this page."""
    with serving(tmp_path_factory.mktemp("cinema")) as served, served.client() as client:
        asset_id = file_asset(served, client, media_files.get("ladder.mp4"))
        yield Cinema(served, open_session(browser, served), asset_id)


@pytest.fixture
def page(browser: Browser, cinema: Cinema) -> Iterator[Page]:
    """A person before the asset's page, not yet there."""
    with portal_page(browser, cinema.served, cinema.session) as opened:
        yield opened


def sit_down(page: Page, cinema: Cinema, query: str = "") -> None:
    page.goto(f"/app/assets/{cinema.asset_id}{query}")
    expect(page.locator("rushes-player").get_by_role("button", name="Play")).to_be_visible()


def watch(page: Page, cinema: Cinema, query: str = "") -> None:
    """Play, and pause as soon as something was seen."""
    sit_down(page, cinema, query)
    page.keyboard.press("k")
    wait_for_stage(page, "stage.time > 0.3 && !stage.paused")
    page.keyboard.press("k")
    wait_for_stage(page, "stage.paused")


def choose_quality(page: Page, name: str) -> None:
    page.keyboard.press("q")
    page.get_by_role("menuitemradio", name=name).click()


@pytest.mark.covers("M-PB-07", "BG-85", "CF-10", "C-PV-02")
def test_another_quality_keeps_the_place_the_pause_and_auto(page: Page, cinema: Cinema) -> None:
    """Both ways: to a rung and back to Auto, which stays Auto."""
    watch(page, cinema, "?t=6")
    before = stage_of(page)["time"]

    choose_quality(page, "360p")
    chosen = wait_for_stage(page, "stage.quality === '360p'")
    choose_quality(page, "Auto")
    back = wait_for_stage(page, "stage.quality.startsWith('Auto')")

    assert [True, True] == [chosen["paused"], back["paused"]]
    assert [before, before] == pytest.approx([chosen["time"], back["time"]], abs=0.5)


@pytest.mark.covers("M-PB-17")
def test_a_step_is_one_frame_and_the_timecode_says_so(page: Page, cinema: Cinema) -> None:
    """Two on, one back: one further than before."""
    watch(page, cinema, "?t=2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("5")
    wait_for_stage(page, "stage.timecode === '00:00:06:00'")

    for key, code in ((".", "00:00:06:01"), (".", "00:00:06:02"), (",", "00:00:06:01")):
        page.keyboard.press(key)
        wait_for_stage(page, f"stage.timecode === '{code}'")

    assert stage_of(page)["time"] == pytest.approx(6 + 1.5 / 30, abs=0.002)


@pytest.mark.covers("M-PR-07")
def test_another_sound_is_chosen_and_the_timecode_is_that_of_the_original(
    page: Page, cinema: Cinema, media_files: MediaFiles
) -> None:
    """German goes on where English was; the counter goes over the hour as the camera's did."""
    with cinema.served.client() as client:
        asset_id = file_asset(cinema.served, client, media_files.get("sounds.mov"))
    watch(page, replace(cinema, asset_id=asset_id))
    player = page.locator("rushes-player")

    player.get_by_role("button", name="Sound", exact=True).click()
    rows = player.get_by_role("menuitemradio")
    expect(rows).to_have_text(["English", "English 5.1", "German"])
    expect(rows.nth(0)).to_have_attribute("aria-checked", "true")
    rows.nth(1).click()
    page.wait_for_function(f"() => {MEDIA_ELEMENT}.api.audioTrack === 1")
    player.get_by_role("button", name="Sound", exact=True).click()
    rows.nth(2).click()
    page.wait_for_function(f"() => {MEDIA_ELEMENT}.api.audioTrack === 2")
    page.keyboard.press("k")
    wait_for_stage(page, "stage.time > 3")

    wait_for_stage(page, "stage.code !== null && stage.code.startsWith('01:00:0')")


@pytest.mark.covers("M-PB-08")
def test_the_keys_have_an_editors_meaning(page: Page, cinema: Cinema) -> None:
    """The shuttle goes 1x, 2x, 4x; j turns round; k stops; the volume begins at 0.8."""
    watch(page, cinema)
    assert stage_of(page)["volume"] == pytest.approx(0.8)

    page.keyboard.press("l")
    page.keyboard.press("l")
    wait_for_stage(page, "stage.rate === 2 && !stage.paused")
    page.keyboard.press("9")
    page.keyboard.press("j")
    backwards = wait_for_stage(page, "stage.paused && stage.time < 10.7")
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")

    assert 0 < backwards["time"]
    wait_for_stage(page, "stage.rate === 1 && Math.abs(stage.volume - 0.75) < 0.001")


def test_keys_leave_fields_and_the_portals_own_pairs_alone(page: Page, cinema: Cinema) -> None:
    """Typing a title plays nothing, and `g l` goes to the library instead of faster."""
    watch(page, cinema)

    page.get_by_label("Title").fill("")
    page.keyboard.type("k l")
    typed = stage_of(page)
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("l")

    assert (True, 1) == (typed["paused"], typed["rate"])
    page.wait_for_url("**/app/library")


def test_the_place_is_kept_and_an_address_with_a_time_wins(page: Page, cinema: Cinema) -> None:
    """Seconds, in this browser alone."""
    watch(page, cinema, "?t=6")
    page.goto("/app/library")

    watch(page, cinema)
    kept = stage_of(page)["time"]
    watch(page, cinema, "?t=1")

    assert 6 <= kept < 8
    assert stage_of(page)["time"] < 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_segment_renews_the_leave_to_play(
    page: Page, cinema: Cinema, status: int
) -> None:
    """It is asked for again, and playing goes on at the same place."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sit_down(page, cinema, "?t=4")
    refused = 0

    def refuse_once(route: Route) -> None:
        nonlocal refused
        refused += 1
        if refused == 1:
            route.fulfill(status=status)
        else:
            route.continue_()

    page.route(MEDIA, refuse_once)
    page.keyboard.press("k")
    playing = wait_for_stage(page, "stage.time > 4.3 && !stage.paused")

    assert 2 == len([url for url in asked if PLAYBACK.search(url)])
    assert playing["time"] < 8


@pytest.mark.covers("CF-10")
def test_where_the_stream_fails_the_file_plays(page: Page, cinema: Cinema) -> None:
    """The best ready MP4, or the one that is chosen."""
    page.route(PLAYLIST, lambda route: route.fulfill(status=404))
    sit_down(page, cinema)

    page.keyboard.press("k")
    wait_for_stage(page, "stage.kind === 'video' && stage.time > 0.3")
    choose_quality(page, "360p")

    shown = wait_for_stage(page, "stage.quality === '360p' && stage.time > 0.3")
    assert "video" == shown["kind"]


def test_a_rung_in_the_making_is_shown_with_its_percent(page: Page, cinema: Cinema) -> None:
    """It cannot be chosen yet; the ready ones can."""

    def add_rung(route: Route) -> None:
        document = route.fetch().json()
        making = {"quality": "1080p", "state": "making", "progress": 0.437, "height": 1080}
        document["qualities"].append(document["qualities"][0] | making | {"url": None})
        route.fulfill(json=document)

    page.route(PLAYBACK, add_rung)
    watch(page, cinema)

    page.keyboard.press("q")

    row = page.get_by_role("menuitemradio", name="1080p")
    expect(row).to_contain_text("making 43 %")
    expect(row).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("menuitemradio", name="360p")).not_to_have_attribute(
        "aria-disabled", "true"
    )


@pytest.mark.covers("M-PB-07", "M-PB-17")
def test_a_rung_that_is_finished_meanwhile_is_taken_without_a_jump(
    page: Page, cinema: Cinema
) -> None:
    """The same element plays on; the new quality can be chosen, and comes on screen."""
    is_made: list[bool] = []

    def tell(route: Route) -> None:
        document = route.fetch().json()
        for rung in document["qualities"] if not is_made else ():
            if rung["quality"] == "360p":
                rung |= {"state": "making", "url": None, "progress": 0.5}
        route.fulfill(json=document)

    def list_qualities(route: Route) -> None:
        answer = route.fetch()
        lines = answer.text().splitlines()
        if not is_made:
            at = lines.index("360p.m3u8")
            del lines[at - 1 : at + 1]
        route.fulfill(response=answer, body="\n".join([*lines, ""]))

    page.route(PLAYBACK, tell)
    page.route(re.compile(r"/p/.*/index\.m3u8"), list_qualities)
    watch(page, cinema)
    page.evaluate(f"() => {{ {MEDIA_ELEMENT}.dataset.seen = 'before'; }}")
    before = stage_of(page)["time"]
    is_made.append(True)
    page.keyboard.press("q")
    row = page.get_by_role("menuitemradio", name="360p")
    expect(row).not_to_have_attribute("aria-disabled", "true", timeout=60_000)
    expect(row).not_to_contain_text("making", timeout=60_000)
    row.click()
    page.keyboard.press("k")
    shown = wait_for_stage(page, f"stage.quality === '360p' && stage.time > {before + 0.5}")

    assert not shown["paused"]
    assert "before" == page.evaluate(f"() => {MEDIA_ELEMENT}.dataset.seen")


def test_what_is_not_ready_yet_starts_by_itself(page: Page, cinema: Cinema) -> None:
    """The card says why, and leaves when the answer changes."""
    answers = [{"ready": False, "retry_after": 1, "reason": "The first rung is being made."}]

    def wait_once(route: Route) -> None:
        if answers:
            route.fulfill(status=202, json=answers.pop())
        else:
            route.continue_()

    page.route(PLAYBACK, wait_once)
    page.goto(f"/app/assets/{cinema.asset_id}")

    expect(page.get_by_text("The first rung is being made.")).to_be_visible()
    expect(page.locator("rushes-player").get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.covers("M-UX-16")
def test_a_refusal_has_words_an_id_and_the_original(page: Page, cinema: Cinema) -> None:
    """What, why, what next."""
    refusal = problem_of(503, "store.unavailable", "The edge store does not answer.")
    page.route(PLAYBACK, lambda route: route.fulfill(**refusal))
    page.goto(f"/app/assets/{cinema.asset_id}")

    card = page.locator("rushes-player").get_by_role("alert")
    expect(card).to_contain_text("The edge store does not answer.")
    expect(card).to_contain_text("store.unavailable, id req_7f3a")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the original").click()
    page.unroute(PLAYBACK)
    page.get_by_role("button", name="Try again").click()

    assert "ladder.mp4" == download.value.suggested_filename
    expect(page.locator("rushes-player").get_by_role("button", name="Play")).to_be_visible()


def test_the_timecode_copies_an_address_of_its_frame(page: Page, cinema: Cinema) -> None:
    """Whoever opens it begins there."""
    watch(page, cinema, "?t=3")

    page.locator("rushes-player .timecode").click()
    expect(page.get_by_text("Link copied")).to_be_visible()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"/app/assets/{cinema.asset_id}?t=3." in copied
