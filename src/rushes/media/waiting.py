"""The boxed child that loads one of our programs and waits until there is work for it.

Runs as `python -I waiting.py SCRIPT` with a line as descriptor 0. Over it come, once, the arguments
as a JSON list and the medium, which then is descriptor 0: from there on it is that program. It
imports nothing of ours, because the box holds nothing of ours but the two files.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
from types import ModuleType

WORDS_BYTES = 64 * 1024


def main(arguments: list[str]) -> int:
    """Do what comes, and return the program's exit status; 0 where nothing comes any more."""
    program = load(arguments[0])
    work = await_work()
    return 0 if work is None else int(program.main(work))


def load(script: str) -> ModuleType:
    """Return a program with all that it imports."""
    spec = importlib.util.spec_from_file_location("program", script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} is no program.")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def await_work() -> list[str] | None:
    """Return the arguments; None where whoever would have sent them is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=os.dup(0)) as line:
        words, media, _, _ = socket.recv_fds(line, WORDS_BYTES, 1)
    if not media:
        return None
    os.dup2(media[0], 0)
    os.close(media[0])
    return [str(word) for word in json.loads(words)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
