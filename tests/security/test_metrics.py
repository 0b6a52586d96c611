"""`/metrics`: who may read it, and that dashboard and alerts ask for what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.security.people import Town
from tests.support.house import HOUSE

THROUGH_A_PROXY = {"X-Forwarded-For": "203.0.113.9"}
ASKING = (
    HOUSE / "deploy" / "grafana" / "rushes.json",
    HOUSE / "deploy" / "prometheus" / "rushes.rules.yml",
)
OURS = re.compile(r"\b((?:rushes|process)_[a-z0-9_]+)\b")
FROM_PROMETHEUS = {"up"}


def list_names(text: str) -> set[str]:
    """Return every name of a metric that a scrape has, whether it has samples or not."""
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        names |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
        names |= set() if kind == "histogram" else {name}
    return names


def list_asked(path: Path) -> list[str]:
    """Return the expressions of a dashboard, or of rules."""
    if path.suffix == ".json":
        panels = json.loads(path.read_text())["panels"]
        return [one["expr"] for panel in panels for one in panel.get("targets", ())]
    return re.findall(r"^\s+expr: (.+)$", path.read_text(), re.MULTILINE)


@pytest.mark.covers("C-OPS-01", "T-OB-02")
async def test_who_is_near_needs_no_token_and_a_proxy_is_not_near(town: Town) -> None:
    """A proxy on this machine would let everybody in: who comes through it has to be an admin."""
    near = await town.people["nobody"].get("/metrics")
    far = {
        who: (await town.people[who].get("/metrics", headers=THROUGH_A_PROXY)).status_code
        for who in ("nobody", "viewer", "reader", "admin")
    }

    assert (200, "text/plain") == (near.status_code, near.headers["Content-Type"].split(";")[0])
    assert {"nobody": 401, "viewer": 403, "reader": 403, "admin": 200} == far


async def test_what_is_counted_is_true(town: Town) -> None:
    """Rows of the database, and what this process answered before."""
    await town.people["viewer"].get("/api/v1/assets/ast_unknown")

    lines = (await town.people["nobody"].get("/metrics")).text.splitlines()

    assert 'rushes_assets{state="filed"} 1.0' in lines
    assert 'rushes_jobs{state="succeeded",workflow="file"} 1.0' in lines
    assert 'rushes_webhooks{state="paused"} 0.0' in lines
    asked = 'method="GET",route="/api/v1/assets/{asset_id}",status="404"'
    assert f"rushes_http_requests_total{{{asked}}} 1.0" in lines
    events = next(line for line in lines if line.startswith("rushes_events_total "))
    assert float(events.split()[1]) > 0


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.name)
async def test_dashboard_and_alerts_ask_for_what_is_there(town: Town, path: Path) -> None:
    """A name that is nowhere draws an empty panel, and an alert that never comes."""
    known = list_names((await town.people["nobody"].get("/metrics")).text)

    asked = [name for expression in list_asked(path) for name in OURS.findall(expression)]

    assert len(asked) >= 7
    assert set() == {*asked} - known - FROM_PROMETHEUS
