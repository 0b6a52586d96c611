"""The app for Zapier (`deploy/zapier`): what it is made of, and all of it before a real server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rushes.events.event import EventType
from tests.support.house import HOUSE
from tests.support.programs import require_programs
from tests.support.served import Served

APP = HOUSE / "deploy" / "zapier"
SECONDS = 240
SCOPES = ("read", "write", "links", "webhooks")

TELL = """
const app = require(process.argv[1]);
const functions = (key, value) => (typeof value === 'function' ? 'function' : value);
console.log(JSON.stringify(app, functions));
"""


@pytest.fixture(scope="module")
def app() -> dict[str, Any]:
    """The definition, with the word `function` where one is."""
    require_programs("nodejs", "node")
    told = subprocess.run(
        ["node", "-e", TELL, str(APP)], capture_output=True, text=True, check=True, timeout=60
    )
    definition: dict[str, Any] = json.loads(told.stdout)
    return definition


@pytest.mark.covers("M-WH-15")
def test_every_part_says_what_zapier_shows_and_calls(app: dict[str, Any]) -> None:
    """Key, noun, label and description as its schema asks, deeds that are functions, a sample."""
    parts = {**app["triggers"], **app["creates"], **app["searches"]}

    for key, part in parts.items():
        operation, display = part["operation"], part["display"]
        assert key == part["key"], key
        assert display["label"].istitle() or display["label"][0].isupper(), key
        assert display["description"].endswith("."), key
        assert "function" == operation["perform"], key
        assert operation["sample"], key
        names = [each["key"] for each in operation.get("inputFields", [])]
        assert len(set(names)) == len(names), key
    for key, trigger in app["triggers"].items():
        deeds = ("performSubscribe", "performUnsubscribe", "performList")
        assert {"function"} == {trigger["operation"][each] for each in deeds}, key
        assert trigger["display"]["description"].startswith("Triggers when "), key
    searched = [
        field["search"].partition(".")[0]
        for part in app["creates"].values()
        for field in part["operation"]["inputFields"]
        if "search" in field
    ]
    assert set(searched) <= set(app["searches"])


def test_triggers_ask_for_events_that_there_are() -> None:
    """A renamed event would subscribe to nothing."""
    text = (APP / "triggers" / "events.js").read_text()
    asked = {line.split("'")[1] for line in text.splitlines() if line.strip().startswith("fixed(")}

    assert asked
    assert asked <= {each.value for each in EventType}


@pytest.mark.timeout(400)
@pytest.mark.covers("M-WH-01", "M-WH-15")
def test_all_of_it_works_before_a_running_server(tmp_path: Path) -> None:
    """Its own tests: connection, hooks, link, file, share, search, and what is refused."""
    require_programs("nodejs", "node")
    served = Served(tmp_path / "data")
    served.start()
    try:
        run = subprocess.run(
            ["node", "--test", str(APP / "test" / "app.test.js")],
            env={
                **os.environ,
                "RUSHES_URL": served.url,
                "RUSHES_TOKEN": served.make_token(*SCOPES),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    finally:
        served.stop()

    assert 0 == run.returncode, run.stdout + run.stderr
