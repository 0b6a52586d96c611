"""`rushes tiers simulate` on a made trace, and on one of the reader's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rushes.cli.main import build_app

SMALL = ["tiers", "simulate", "--assets", "15", "--days", "20"]


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHES_DATA", str(tmp_path))


def run(*words: str) -> str:
    found = CliRunner().invoke(build_app(words), [*words], catch_exceptions=False)
    assert 0 == found.exit_code, found.output
    return found.stdout


@pytest.mark.covers("M-OB-01")
def test_programs_get_the_cost_and_hit_rate_of_each_policy(tmp_path: Path) -> None:
    """Nobody is cheaper than the clairvoyant."""
    told = json.loads(run(*SMALL, "--json", "--plot", str(tmp_path / "plot.svg")))

    policies = {one["policy"]: one for one in told["policies"]}
    assert {"default", "adaptive", "lru", "all_on_edge", "clairvoyant"} <= set(policies)
    assert min(policies, key=lambda name: policies[name]["cost"]) == "clairvoyant"
    assert 1.0 == policies["all_on_edge"]["hit_rate"]
    assert (tmp_path / "plot.svg").read_text().startswith("<svg")


def test_a_trace_that_was_written_is_replayed_with_the_same_figures(tmp_path: Path) -> None:
    """But for the last digits of its times."""
    trace = tmp_path / "trace.jsonl"

    first = run(*SMALL, "--policy", "lru", "--write-trace", str(trace))
    again = run("tiers", "simulate", "--trace", str(trace), "--policy", "lru")

    assert first == again
    assert "$ a month" in first


def test_prices_of_the_settings_count(tmp_path: Path) -> None:
    """An edge at ten times the price of R2."""
    usual = json.loads(run(*SMALL, "--policy", "all_on_edge", "--json"))
    (tmp_path / "rushes.toml").write_text(
        f'[stores.near]\nkind = "folder"\npath = "{tmp_path}"\nprices = {{storage = 0.15}}\n'
        '[tiers.edge]\nstore = "near"\n'
    )

    dear = json.loads(run(*SMALL, "--policy", "all_on_edge", "--json"))

    expected = pytest.approx(10 * usual["policies"][0]["storage"])
    assert expected == dear["policies"][0]["storage"]
