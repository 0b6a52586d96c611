"""The tree speaks of the project alone: no machine's paths, no registry, no lost links."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.house import HOUSE

PLACES = ["/ro" + "ot/", "/wo" + "rk/"]
"""Folders of somebody's machine."""

REGISTRIES = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "registry.npm" + "js",
    "deb.debi" + "an.org",
]

SUBJECT = re.compile(r"[a-z][a-z_ ]*: [A-Z].{1,70}[^.]")
BINARY = frozenset({".png", ".jpg", ".webp", ".woff2", ".ico", ".mp4", ".gz"})


def tracked_files() -> list[Path]:
    """Return the files that git knows."""
    run = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, check=True)
    names = [name for name in run.stdout.decode().split("\0") if name]
    return [HOUSE / name for name in names if (HOUSE / name).is_file()]


@pytest.mark.parametrize("pattern", [*PLACES, *map(re.escape, REGISTRIES)])
def test_no_file_names_a_machine_or_a_registry(pattern: str) -> None:
    """A clone works anywhere, with whatever registry its place has."""
    texts = [path for path in tracked_files() if path.suffix not in BINARY]

    found = [
        f"{path.relative_to(HOUSE)}: {match.group()}"
        for path in texts
        if (match := re.search(rf"(?<![\w./}}])\S*{pattern}", path.read_text(errors="replace")))
    ]

    assert [] == found


def test_locked_packages_have_hashes_and_nothing_else() -> None:
    """Name, version, hashes: where they come from is the machine's own affair."""
    for path in (HOUSE / "requirements").glob("*.txt"):
        lines = path.read_text().splitlines()
        others = [
            line for line in lines if not re.match(r"#|\S+==\S+.*\\$|    --hash=sha256:", line)
        ]

        assert [] == others


def test_links_between_documents_lead_somewhere() -> None:
    """A page that was moved takes its readers with it."""
    pages = [path for path in tracked_files() if path.suffix == ".md"]

    lost = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert [] == lost


def test_commits_say_where_and_what() -> None:
    """`room: Imperative sentence`, without a full stop; 95 of 100 at least."""
    log = ["git", "log", "--no-merges", "--max-count=300", "--format=%s"]
    run = subprocess.run(log, cwd=HOUSE, capture_output=True, text=True, check=True)
    subjects = run.stdout.splitlines()

    odd = [subject for subject in subjects if not SUBJECT.fullmatch(subject)]

    assert len(odd) * 100 <= 5 * len(subjects), odd
