"""Where every test finds its clock, its databases and the rules of the run."""

from __future__ import annotations

import signal

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


def pytest_configure() -> None:
    """Let programs that tests start hear Ctrl-C: a run behind `&` in a script would deafen them.

    A shell without job control starts such a run with SIGINT ignored, and that is inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
