"""Every cell of the matrix is sent, watched before its ladder is made, and told by its bytes.

The daily cells run always; `--long` runs all of them, and plays each to its end in Chromium.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.fixtures.matrix_cells import Cell
from tests.fixtures.matrix_files import HEALTHY, MatrixFiles
from tests.support.portal import open_session, portal_page
from tests.support.screens import jump_about, open_player, play_to_end
from tests.support.served import Client, Served, serving
from tests.support.verdicts import (
    check_bytes,
    check_decoded,
    check_heard,
    check_together,
    decode,
    measure_likeness,
    read_beats,
)
from tests.support.watching import Show, watch

CELLS = [
    pytest.param(cell, id=cell.name, marks=[] if cell.is_daily else [pytest.mark.long])
    for cell in HEALTHY
]
JUMPED = frozenset({"tail.mp4", "plain.ts", "long_group.mp4", "film.mov", "screen.webm"})
SLACK_SECONDS = 0.1
"""By how much a browser's own figures may differ: it counts tracks, not what is seen."""
SENDERS = 2
SETTLE_SECONDS = 300
CREATED = 201
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@dataclass(slots=True)
class House:
    """One server, to which each cell is sent once."""

    served: Served
    client: Client
    files: MatrixFiles
    _sent: dict[str, Future[dict[str, Any]]] = field(default_factory=dict)
    _shown: dict[str, Show] = field(default_factory=dict)

    def send(self, cells: list[Cell], pool: ThreadPoolExecutor, door: str) -> None:
        """Begin to send cells, some at a time."""
        for cell in cells:
            self._sent[cell.name] = pool.submit(self._send, cell.name, door)

    def _send(self, name: str, door: str) -> dict[str, Any]:
        return send_file(self.client, door, self.files.get(name))

    def asset(self, cell: Cell) -> dict[str, Any]:
        """Return the asset of a cell, settled."""
        return self._sent[cell.name].result(timeout=600)

    def show(self, cell: Cell) -> Show:
        """Return all that a player gets, got once."""
        if cell.name not in self._shown:
            address = self.client.playback(self.asset(cell)["id"])["hls_url"]
            self._shown[cell.name] = watch(self.client.http, address)
        return self._shown[cell.name]


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    matrix_files: MatrixFiles,
) -> Iterator[House]:
    """A server that makes no ladder by itself; the cells of this run are on their way to it."""
    wanted = []
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.module is request.module:
            cell = item.callspec.params.get("cell")
            wanted += [cell] if isinstance(cell, Cell) else []
    folder = tmp_path_factory.mktemp("house")
    with (
        serving(folder, RUSHES_LADDER_MODE="on_demand") as served,
        served.client() as client,
        ThreadPoolExecutor(SENDERS) as pool,
    ):
        made = House(served, client, matrix_files)
        door = f"{client.make_link()['url']}/files/"
        made.send(list(dict.fromkeys(wanted)), pool, door)
        yield made
        pool.shutdown(cancel_futures=True)


def send_file(client: Client, door: str, path: Path) -> dict[str, Any]:
    """Send a file in one request; return its asset when it is settled."""
    content, name = path.read_bytes(), base64.b64encode(path.name.encode()).decode()
    headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
    with httpx.Client(timeout=120) as anybody:
        answer = anybody.post(door, content=content, headers=headers)
    assert answer.status_code == CREATED, answer.text
    upload_id = answer.headers["Location"].rstrip("/").rpartition("/")[2]
    return client.settled_upload(upload_id, SETTLE_SECONDS)


@pytest.mark.covers("M-PR-01", "C-PR-05", "CF-02", "CF-10", "M-PR-09")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_shown_as_it_is(house: House, tmp_path: Path, cell: Cell) -> None:
    """Its bytes tile, decode without a word, and show and sound what the original does."""
    asset = house.asset(cell)
    answer = house.client.playback(asset["id"])
    show = house.show(cell)

    assert ("ready", None) == (asset["state"], asset["error"])
    # What is short is made whole by the segments that are made ahead of its first viewer.
    assert answer["path"] in {cell.path, "ladder"}, answer["reason"]
    assert abs(asset["duration"] - cell.duration) <= 0.1
    check_bytes(cell, show)
    original = house.files.get(cell.name)
    sound = show.sound or (show.qualities[0][1] if not cell.frames else None)
    heard = None
    if sound is not None:
        found = decode(sound.content)
        heard = found.heard
        assert () == found.complaints
        assert heard is not None
        check_heard(cell, heard)
    for _, track in show.qualities if cell.frames else ():
        picture = decode(track.content)
        check_decoded(cell, picture)
        if heard is not None and cell.has_beeps:
            check_together(cell, read_beats(original), picture, heard)
        if cell.likeness:
            made = tmp_path / "made.mp4"
            made.write_bytes(track.content)
            size = (track.head.width, track.head.height)
            assert measure_likeness(original, made, cell, size) > cell.likeness


@pytest.fixture(scope="module")
def page(browser: Browser, house: House) -> Iterator[Page]:
    """A person who looks at one asset after the other."""
    with portal_page(browser, house.served, open_session(browser, house.served)) as opened:
        yield opened


@pytest.mark.covers("M-PB-06", "W-01")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_plays_to_its_end_in_a_browser(house: House, page: Page, cell: Cell) -> None:
    """Nothing is missing between its start and its end, and twenty jumps land where they should."""
    asset = house.asset(cell)

    open_player(page, asset["id"])
    found = play_to_end(page)

    assert (True, None) == (found["ended"], found["trouble"])
    assert abs(found["duration"] - cell.whole) < SLACK_SECONDS
    assert abs(found["time"] - cell.whole) < SLACK_SECONDS
    ((begin, end),) = found["ranges"]
    assert begin < SLACK_SECONDS
    assert abs(end - cell.whole) < SLACK_SECONDS
    assert cell.frames == 0 or (found["width"], found["height"]) in cell.rungs
    if cell.name in JUMPED:
        chance = random.Random(1)  # noqa: S311 - the same places each time
        assert max(jump_about(page, cell.duration, 20, chance)) < SLACK_SECONDS
