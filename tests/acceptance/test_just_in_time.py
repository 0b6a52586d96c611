"""A browser plays what nobody made a ladder of, and goes to any place in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.fixtures.media_files import MediaFiles
from tests.support.portal import file_asset, open_session, portal_page, wait_for_stage
from tests.support.served import serving


@pytest.mark.covers("M-PR-09", "W-01", "W-09", "M-PB-17")
@pytest.mark.parametrize(("name", "path"), [("ladder.mp4", "copy"), ("mpeg4.mp4", "jit")])
def test_a_film_without_a_ladder_plays_from_any_place(
    browser: Browser, tmp_path: Path, media_files: MediaFiles, name: str, path: str
) -> None:
    """It begins, goes on, and goes on where it is told to, with segments made on the way."""
    with (
        serving(tmp_path, RUSHES_LADDER_MODE="on_demand") as served,
        served.client() as client,
    ):
        asset_id = file_asset(served, client, media_files.get(name))
        answer = client.playback(asset_id)
        assert answer["path"] in {path, "ladder"}  # a short one may be whole by its first segments
        assert {"resting", "ready"} >= {rung["state"] for rung in answer["qualities"]}
        session = open_session(browser, served)
        with portal_page(browser, served, session) as page:
            page.goto(f"/app/assets/{asset_id}")
            expect(page.locator("rushes-player").get_by_role("button", name="Play")).to_be_visible()
            page.keyboard.press("k")
            wait_for_stage(page, "stage.time > 0.3 && !stage.paused")
            page.keyboard.press("7")
            end = float(answer["duration"])
            wait_for_stage(page, f"stage.time > {0.7 * end + 0.2}")
