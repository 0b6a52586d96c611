"""The examples about sending and fetching, run as they stand, against a real house."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.house import HOUSE
from tests.support.served import Served, serving

HOWTO = HOUSE / "docs" / "howto"
SERVER, TOKEN, LINK = (
    "https://media.example.com",
    "rsh_pat_...",
    "https://media.example.com/u/TOKEN",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A house for the examples."""
    with serving(tmp_path_factory.mktemp("howto")) as house:
        yield house


@pytest.fixture
def folder(tmp_path: Path, media_files: MediaFiles) -> Path:
    """A folder with what the examples send."""
    shutil.copy(media_files.get("h264.mov"), tmp_path / "interview.mov")
    (tmp_path / "shoot").mkdir()
    (tmp_path / "shoot" / "notes.txt").write_text("Day one.")
    return tmp_path


def examples(page: str, language: str) -> list[str]:
    """Return the examples of a page."""
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def fill_in(example: str, served: Served, token: str) -> str:
    """Put the real addresses where the page names others."""
    with served.client(token) as client:
        link = client.make_link()["url"]
    return example.replace(LINK, link).replace(SERVER, served.url).replace(TOKEN, token)


@pytest.mark.timeout(180)
def test_the_examples_for_programs_run(served: Served, folder: Path) -> None:
    """Each as a program of its own."""
    token = served.make_token()
    found = examples("send-from-a-program.md", "python")

    assert len(found) >= 5
    for example in found:
        ran = subprocess.run(
            [sys.executable, "-c", fill_in(example, served, token)],
            cwd=folder,
            env=served.environment() | {"RUSHES_STATE": str(folder / "state")},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert (0, True) == (ran.returncode, bool(ran.stdout)), f"{example}\n{ran.stderr}"


@pytest.mark.timeout(180)
def test_the_examples_for_the_command_line_run(served: Served, folder: Path) -> None:
    """Line by line."""
    token = served.make_token()
    told = {"RUSHES_URL": served.url, "RUSHES_TOKEN": token, "RUSHES_STATE": str(folder / "state")}
    lines = "".join(examples("send-from-the-command-line.md", "sh")).splitlines()

    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(fill_in(line, served, token))[1:]
        ran = subprocess.run(
            served.command(*words),
            cwd=folder,
            env=served.environment() | told,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert 0 == ran.returncode, f"{line}\n{ran.stderr}"
