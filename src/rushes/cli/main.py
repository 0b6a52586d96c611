"""The command `rushes`: which commands there are, and how an error ends one."""

from __future__ import annotations

import logging
import sys

import typer

from rushes.cli import admin, demo, doctor, serve, transfer, worker
from rushes.cli.voice import complain, exit_code
from rushes.client import ClientFailure
from rushes.errors import RushesError

app = typer.Typer(
    name="rushes",
    help="Takes large media in over any line, and makes it watchable at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("work")(worker.work)
app.command("migrate")(admin.migrate)
app.command("doctor")(doctor.doctor)
app.command("openapi")(admin.openapi)
app.command("upload")(transfer.upload)
app.command("get")(transfer.get)
app.command("ls")(transfer.ls)
app.add_typer(admin.account, name="account")
app.add_typer(admin.token, name="token")
app.add_typer(transfer.link, name="link")

log = logging.getLogger(__name__)


def main() -> None:
    """Run one command; end with the exit code of its trouble, if any."""
    as_json = "--json" in sys.argv
    try:
        app()
    except RushesError as error:
        complain(error.code, error.message, as_json=as_json)
        sys.exit(exit_code(error))
    except ClientFailure as failure:
        complain(getattr(failure, "code", "client.failed"), str(failure), as_json=as_json)
        sys.exit(exit_code(failure))
    except OSError as error:
        complain("file.unusable", f"{error.strerror}: {error.filename}", as_json=as_json)
        sys.exit(2)
    except Exception:
        log.exception("A command broke")
        complain("rushes.broken", "Something broke inside Rushes; see above.", as_json=as_json)
        sys.exit(1)
