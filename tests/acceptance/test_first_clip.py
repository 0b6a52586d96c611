"""From zero to a playing clip: one command up, every way in, and it plays."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rushes.media import mp4
from tests.fixtures.media_files import MediaFiles
from tests.support.chromium import PATIENCE_MS
from tests.support.databases import PostgresServer
from tests.support.served import EMAIL, PASSWORD, Client, Served, serving


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One server for all tests of this page: alone, and on PostgreSQL with a worker."""
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        with serving(folder) as running:
            yield running
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        settings = {"RUSHES_DATABASE_URL": url}
        assert 0 == Served(folder / "data", settings).run("migrate").returncode
        with serving(folder, **settings) as running, running.worker():
            yield running


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    """A program with all rights."""
    with served.client() as made:
        yield made


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A person's browser; an error on a page fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=served.url)
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context.new_page()
    context.close()
    assert faults == []


def log_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("Mail").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/app/**")


@pytest.mark.covers("W-13", "M-PB-06", "C-PV-01", "M-UX-04")
def test_a_clip_sent_through_a_link_plays_in_the_portal(
    page: Page, client: Client, media_files: MediaFiles
) -> None:
    """A stranger sends it in one browser; it plays, with a menu of its qualities, in the portal."""
    clip = media_files.get("large.mp4")
    page.goto(client.make_link()["url"])

    page.locator("input[type=file]").first.set_input_files(clip)
    expect(page.get_by_text("Received").first).to_be_visible()

    asset = client.settled("large.mp4")
    log_in(page)
    page.goto(f"/app/assets/{asset['id']}")
    player = page.locator("rushes-player")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_function(
        "() => document.querySelector('rushes-player')?.shadowRoot"
        "?.querySelector('media-controller')?.getAttribute('mediacurrenttime') > 0.5"
    )
    page.keyboard.press("q")
    for quality in ("Auto", "720p", "540p", "360p"):
        expect(player.get_by_text(quality).first).to_be_visible()


def test_the_command_line_sends_and_fetches(
    served: Served, client: Client, media_files: MediaFiles, tmp_path: Path
) -> None:
    """`rushes upload`, `ls` and `get` bring the same bytes back."""
    clip = media_files.get("h264.mov")
    token = served.make_token()
    ways = {"RUSHES_URL": served.url, "RUSHES_TOKEN": token}

    sent = served.run("upload", str(clip), "--project", "acme-corp/spring", "--json", **ways)

    assert 0 == sent.returncode, sent.stderr
    asset = client.settled("h264.mov")
    listed = served.run("ls", "h264.mov", "--json", **ways)
    assert asset["id"] in listed.stdout
    fetched = served.run("get", asset["id"], "--to", str(tmp_path / "back.mov"), "--json", **ways)
    assert 0 == fetched.returncode, fetched.stderr
    assert clip.read_bytes() == (tmp_path / "back.mov").read_bytes()


def test_a_link_takes_a_file_from_the_command_line(
    served: Served, client: Client, media_files: MediaFiles
) -> None:
    """Nobody has to log in to send."""
    clip = media_files.get("no_audio.mp4")

    sent = served.run("upload", str(clip), "--link", client.make_link()["url"], "--json")

    assert 0 == sent.returncode, sent.stderr
    assert "ready" == client.settled("no_audio.mp4")["state"]


@pytest.mark.covers("M-PB-15", "C-PR-01")
def test_every_quality_and_the_original_can_be_downloaded(
    client: Client, served: Served, media_files: MediaFiles
) -> None:
    """Each address gives the whole file, by its name."""
    clip = media_files.get("h264.mkv")
    served.run(
        *("upload", str(clip), "--project", "acme-corp/spring"),
        RUSHES_URL=served.url,
        RUSHES_TOKEN=served.make_token(),
    )
    asset = client.settled("h264.mkv")

    original = client.get(f"/assets/{asset['id']}/download", quality="original")["url"]
    rung = client.get(f"/assets/{asset['id']}/download", quality="360p")["url"]

    whole, small = client.http.get(original), client.http.get(rung)
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert digest == hashlib.sha256(whole.content).hexdigest()
    assert 'filename="h264.mkv"' in whole.headers["content-disposition"]
    assert 'filename="h264_360p.mp4"' in small.headers["content-disposition"]
    assert b"ftyp" == small.content[4:8]
    kinds = [box.kind for box in mp4.walk(small.content)]
    assert ["ftyp", "moov", "mdat"] == kinds  # editors' programs want tables in front, no fragments


def test_the_house_says_that_it_is_well(client: Client) -> None:
    """Health, readiness, figures and the contract are there."""
    health = client.http.get("/healthz")
    ready = client.http.get("/readyz")
    figures = client.http.get("/metrics")
    contract = client.http.get("/openapi.json")

    assert [200, 200, 200, 200] == [each.status_code for each in (health, ready, figures, contract)]
    assert "rushes_assets" in figures.text
    assert "/api/v1/assets/{asset_id}/playback" in contract.json()["paths"]


def test_doctor_finds_nothing_wrong(served: Served) -> None:
    """It says what is there, and what to do."""
    told = served.run("doctor", "--json")

    assert told.returncode in {0, 8}, told.stderr
    assert "database" in [each["name"] for each in json.loads(told.stdout)]


def test_it_ends_in_time_when_it_is_asked(tmp_path: Path) -> None:
    """TERM ends the API and its worker, and the exit code is that of a clean end."""
    with serving(tmp_path) as served:
        workers = served.worker_pids()

        code = served.stop()

    alive = subprocess.run(["ps", "-o", "pid=", "-p", ",".join(map(str, workers))], check=False)
    assert (0, 1) == (code, alive.returncode)
