"""`rushes partners`, with a partner that is switched on by the environment alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rushes.cli.main import build_app
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from tests.support.filed import Files

TOLD = {
    "MUX_TOKEN_ID": "id",
    "MUX_TOKEN_SECRET": "secret",
    "MUX_POLICY": "public",
    "STREAM_ACCOUNT_ID": "account",
    "STREAM_TOKEN": "token",
    "STREAM_SIGNED": "false",
}


async def test_an_asset_is_handed_over_listed_and_taken_back(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker does the rest; a partner that is off is unknown."""
    monkeypatch.setenv("RUSHES_DATA", str(tmp_path))
    for name, value in TOLD.items():
        monkeypatch.setenv(f"RUSHES_PARTNERS_{name}", value)
    database = open_database(sqlite_url)
    film = await Files(database, SYSTEM).asset(b"a film")
    await database.close()

    async def run(*words: str) -> tuple[int, Any]:
        told = ["partners", *words, "--json"]
        ran = await asyncio.to_thread(CliRunner().invoke, build_app(told), told)
        return ran.exit_code, json.loads(ran.stdout) if ran.exit_code == 0 else None

    handed = await run("hand", film.asset_id, "mux")
    listed = await run("ls", film.asset_id)
    back = await run("withdraw", film.asset_id, "mux")
    unknown, _ = await run("hand", film.asset_id, "frameio")

    assert (0, "waiting", 6) == (handed[0], handed[1]["state"], handed[1]["size_bytes"])
    assert (0, [handed[1]], ["mux", "stream"]) == (
        listed[0],
        listed[1]["items"],
        listed[1]["available"],
    )
    assert (0, "withdrawing") == (back[0], back[1]["state"])
    assert 0 != unknown
