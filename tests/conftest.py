"""Where every test finds its clock, its databases and the rules of the run."""

from __future__ import annotations

pytest_plugins = [
    "tests.fixtures.matrix_files",
    "tests.fixtures.media_files",
    "tests.support.chromium",
    "tests.support.databases",
    "tests.support.handing",
    "tests.support.entrance",
    "tests.support.moments",
    "tests.support.object_stores",
    "tests.support.proofs",
    "tests.support.sockets",
    "tests.support.vaulted",
]
