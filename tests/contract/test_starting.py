"""Processes that start on PostgreSQL while `rushes migrate` has done only its first half."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rushes.cli.starting import prepare
from rushes.db.migrate import SchemaTooOld
from rushes.jobs.remote import Remote
from rushes.settings import Settings


def test_whoever_starts_before_the_tables_of_the_engine_makes_them(
    tmp_path: Path, postgres_url: str
) -> None:
    """Several at once: each finds them after it, also one that comes later."""
    settings = Settings.load(data=tmp_path, database_url=postgres_url)

    with ThreadPoolExecutor(3) as processes:
        list(processes.map(prepare, [settings] * 3))
    prepare(settings)

    remote = Remote(settings)
    try:
        assert [] == remote.list_dead()
    finally:
        remote.close()


def test_nobody_starts_before_our_own_tables(tmp_path: Path, empty_postgres_url: str) -> None:
    """Those are brought forward by `rushes migrate` alone."""
    settings = Settings.load(data=tmp_path, database_url=empty_postgres_url)

    with pytest.raises(SchemaTooOld, match="rushes migrate"):
        prepare(settings)
