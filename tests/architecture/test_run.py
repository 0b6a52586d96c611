"""The run itself keeps its rules: loopback only, a database for each test, no skip in CI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from rushes.clock import Clock
from rushes.db.engine import Database
from tests.support.moments import NOON, Hands
from tests.support.sockets import LeftTheMachine, is_loopback

HOUSE = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_the_loopback_is_open(host: str) -> None:
    """Real servers of the tests listen there."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "::2", "example.org", "10.0.0.1", "0.0.0.0"])  # noqa: S104
def test_nothing_else_is_the_loopback(host: str) -> None:
    """Names are not looked up to find out."""
    assert not is_loopback(host)


def test_a_connection_that_leaves_the_machine_fails() -> None:
    """The guard stops it before a packet is sent (192.0.2.0/24 is for documents, RFC 5737)."""
    with socket.socket() as stream, pytest.raises(LeftTheMachine):
        stream.connect(("192.0.2.1", 80))


async def test_each_test_has_a_database_with_the_schema_and_no_rows(database: Database) -> None:
    """A row written here is gone with its copy."""
    async with database.reading() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM accounts"))

    assert 0 == count


def test_the_clock_stands_still_until_it_is_moved(clock: Clock, hands: Hands) -> None:
    """Two looks see the same time, and chance never repeats itself."""
    assert NOON == clock.now() == clock.now()
    assert NOON == hands.now
    assert clock.entropy(16) != clock.entropy(16)


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skip_fails_the_run_only_in_ci(tmp_path: Path, ci: str, code: int) -> None:
    """CI has every part, so a skip there is a hole."""
    (tmp_path / "test_planted.py").write_text(
        "import pytest\n\n\ndef test_planted():\n    pytest.skip('a part is missing')\n"
    )

    command = [sys.executable, "-m", "pytest", "-p", "tests.support.proofs", "-p", "no:randomly"]
    run = subprocess.run(
        [*command, "--rootdir", tmp_path, "-c", os.devnull, tmp_path],
        cwd=HOUSE,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )

    assert code == run.returncode, run.stdout + run.stderr
    assert "skipped: 1" in run.stdout
