"""The command `rushes`: which commands there are, and how an error ends one.

A command's module is loaded when it is called, so that `rushes ls` does not wait for a server.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer

from rushes.cli.voice import INTERRUPTED, complain, exit_code
from rushes.client import ClientFailure
from rushes.errors import RushesError

PLACES: Final = {
    "demo": "demo",
    "serve": "serve",
    "work": "worker",
    "migrate": "admin",
    "doctor": "doctor",
    "openapi": "openapi",
    "account": "admin",
    "token": "admin",
    "secrets": "rotating",
    "scans": "holding",
    "upload": "sending",
    "uploads": "sending",
    "get": "transfer",
    "ls": "transfer",
    "link": "links",
    "stores": "stores",
    "mail": "mail",
    "tiers": "tiers",
    "agent": "agent",
    "audit": "audit",
    "import": "importing",
    "partners": "partners",
    "projects": "removing",
    "renditions": "remaking",
}
"""The module of each command; its `add_commands` tells the rest."""

UNUSABLE: Final = 2
BROKEN: Final = 1

END_SECONDS: Final = 3.0
"""For how long a command that was interrupted may wait for threads of its own."""

log = logging.getLogger(__name__)


def build_app(words: Sequence[str]) -> typer.Typer:
    """Return the commands; of a command line that names one, those of its module alone."""
    app = typer.Typer(
        name="rushes",
        help="Takes large media in over any line, and makes it watchable at once.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing)
    named = PLACES.get(words[0]) if words else None
    for place in dict.fromkeys(PLACES.values()) if named is None else (named,):
        import_module(f"rushes.cli.{place}").add_commands(app)
    return app


def main() -> None:
    """Run one command; end with the exit code of its trouble, if any."""
    as_json = "--json" in sys.argv
    try:
        build_app(sys.argv[1:])()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _end_soon()
        raise
    except RushesError as error:
        complain(error.code, error.message, as_json=as_json)
        sys.exit(exit_code(error))
    except ClientFailure as failure:
        complain(getattr(failure, "code", "client.failed"), str(failure), as_json=as_json)
        sys.exit(exit_code(failure))
    except OSError as error:
        complain("file.unusable", f"{error.strerror}: {error.filename}", as_json=as_json)
        sys.exit(UNUSABLE)
    except Exception:
        log.exception("A command broke")
        complain("rushes.broken", "Something broke inside Rushes; see above.", as_json=as_json)
        sys.exit(BROKEN)


def _end_soon() -> None:
    """End the process in any case: a read or a look-up of a name that hangs holds it up else."""
    sys.stdout.flush()
    end = threading.Timer(END_SECONDS, os._exit, [INTERRUPTED])
    end.daemon = True
    end.start()


def _nothing() -> None:
    """Take large media in over any line, and make it watchable at once."""
