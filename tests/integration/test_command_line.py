"""The command line as it is typed: answers, errors, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(data: Path, *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `rushes` to its end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUSHES_")}
    return subprocess.run(
        [sys.executable, "-m", "rushes", *words],
        env=kept | {"RUSHES_DATA": str(data)} | more,
        input=typed,
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )


@pytest.mark.covers("M-AD-06")
def test_the_first_account_rules_and_its_password_is_no_argument(tmp_path: Path) -> None:
    """It is read from standard input; a second one of the same address is a conflict."""
    words = ("account", "create", "ann@example.com", "--password-stdin", "--json")

    made = run(tmp_path, *words, typed="a long pass phrase\n")
    again = run(tmp_path, *words, typed="a long pass phrase\n")

    assert 0 == made.returncode, made.stderr
    assert "superadmin" == json.loads(made.stdout)["role"]
    assert (5, "account.exists") == (again.returncode, json.loads(again.stderr)["code"])


def test_a_token_is_made_for_an_account_alone(tmp_path: Path) -> None:
    """Without one it says what to do; with one it prints the secret once."""
    nobody = run(tmp_path, "token", "create", "ci", "--scope", "read,write", "--json")
    run(
        tmp_path,
        "account",
        "create",
        "ann@example.com",
        "--password-stdin",
        typed="long phrase 9\n",
    )
    made = run(tmp_path, "token", "create", "ci", "--scope", "read,write", "--json")
    odd = run(tmp_path, "token", "create", "ci", "--scope", "fly")

    assert 4 == nobody.returncode
    assert "rushes account create" in json.loads(nobody.stderr)["detail"]
    assert json.loads(made.stdout)["token"].startswith("rsh_pat_")
    assert (2, True) == (odd.returncode, "read, write" in odd.stderr)


def test_a_file_that_is_not_there_cannot_be_sent(tmp_path: Path) -> None:
    """It is refused before anything is asked."""
    answer = run(tmp_path, "upload", str(tmp_path / "none.mov"), RUSHES_TOKEN="t")

    assert (2, True) == (answer.returncode, "does not exist" in answer.stderr)


def test_a_server_that_is_away_ends_a_command_with_its_code(tmp_path: Path) -> None:
    """8: try again later."""
    answer = run(tmp_path, "ls", "--json", RUSHES_URL="http://127.0.0.1:9", RUSHES_TOKEN="t")

    assert 8 == answer.returncode
    assert "cannot be reached" in json.loads(answer.stderr)["detail"]


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """2, and which one it is."""
    answer = run(tmp_path, "migrate", RUSHES_JOBS_BACKGROUND="0")

    assert (2, True) == (answer.returncode, "jobs.background" in answer.stderr)


def test_migrate_says_what_it_found(tmp_path: Path) -> None:
    """Empty the first time, current the second."""
    first = run(tmp_path, "migrate", "--json")
    second = run(tmp_path, "migrate", "--json")

    assert ["empty", "current"] == [json.loads(one.stdout)["before"] for one in (first, second)]


@pytest.mark.covers("BG-98")
@pytest.mark.timeout(300)
def test_doctor_says_what_is_there_and_what_to_do(tmp_path: Path) -> None:
    """Also which schedules run; an address that is not safe is wrong, and hardware that fails."""
    well = run(tmp_path, "doctor", "--json")
    wishes = {"RUSHES_HOST": "0.0.0.0", "RUSHES_MEDIA_ENCODER": "nvenc"}  # noqa: S104 - refused
    unsafe = run(tmp_path, "doctor", **wishes)

    found = {one["name"]: one for one in json.loads(well.stdout)}
    assert 0 == well.returncode, well.stdout
    parts = {"database", "disk", "ffmpeg", "box", "worker", "address", "schedules", "stores"}
    parts |= {"edges"}
    assert parts | {"segments", "spool", "editing", "scan", "encoder", "log-in"} == set(found)
    assert "expire_uploads" in found["schedules"]["found"]
    assert (8, True) == (unsafe.returncode, "BAD  address" in unsafe.stdout)
    assert "BAD  encoder    h264_nvenc does not work here" in unsafe.stdout


def test_a_worker_on_postgresql_asks_for_migrations_first(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    """It changes no table by itself; after `rushes migrate` it works."""
    database = {"RUSHES_DATABASE_URL": empty_postgres_url}

    before = run(tmp_path, "work", **database)
    migrated = run(tmp_path, "migrate", **database)

    assert (5, True) == (before.returncode, "rushes migrate" in before.stderr)
    assert 0 == migrated.returncode, migrated.stderr


def test_the_contract_is_printed_without_a_server(tmp_path: Path) -> None:
    """And without a data folder."""
    answer = run(tmp_path / "nothing", "openapi")

    assert "/api/v1/jobs/{job_id}" in json.loads(answer.stdout)["paths"]
    assert not (tmp_path / "nothing").exists()
