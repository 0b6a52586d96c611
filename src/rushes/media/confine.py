"""Shuts itself in with the kernel's own means, then becomes the program that it was given.

    python -I -S confine.py PARENT FILTER READABLE... -- PROGRAM ARGUMENTS...

For machines without bubblewrap: no new privileges, dead when process PARENT is, files only beneath
READABLE and only to be read (Landlock), no network and no foreign process (Landlock, and the filter
of system calls that descriptor FILTER holds). It imports nothing of ours and exits with `NO_BOX`
where the kernel refuses any of it.

Sources: landlock(7) and linux/landlock.h, seccomp(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from typing import Final, NoReturn

NO_BOX: Final = 97
FILTER_BYTES_AT_MOST: Final = 32_768
OWN_PROCESS: Final = 0x7E57_0001  # as in media.syscalls
STEP: Final = 8

SET_DEATH_SIGNAL, SET_FILTER, SET_NO_NEW_PRIVILEGES = 1, 22, 38
FILTER_MODE: Final = 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1, 2, 4, 8
FILE_RIGHTS_BY_VERSION: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many of the rights over files each version of Landlock brought in all."""

NETWORK_VERSION, SCOPE_VERSION = 4, 6
ALL_TCP: Final = 0b11
ALL_SCOPES: Final = 0b11

ALWAYS_READABLE: Final = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/dev/urandom",
    "/dev/zero",
)
WRITABLE: Final = ("/dev/null",)
SURROUNDINGS: Final = {"PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "2"}

libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> NoReturn:
    """Shut this process in and become the program, or exit with `NO_BOX`."""
    at = arguments.index("--")
    parent, number = int(arguments[0]), int(arguments[1])
    readable, program = arguments[2:at], arguments[at + 1 :]
    try:
        _check(libc.prctl(SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
        if os.getppid() != parent:  # it ended before the line above
            sys.exit(NO_BOX)
        _check(libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        shut_files((*ALWAYS_READABLE, *readable, program[0]))
        shut_calls(number)
    except OSError as error:
        print(f"no box: {error.strerror}", file=sys.stderr)  # noqa: T201 - the last words
        sys.exit(NO_BOX)
    os.execve(program[0], program, SURROUNDINGS)  # noqa: S606 - becoming it is the purpose


def shut_files(readable: tuple[str, ...]) -> None:
    """Let this process read beneath these paths and nothing else; no TCP, no foreign signals."""
    version = _check(libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION))
    count = max(count for known, count in FILE_RIGHTS_BY_VERSION.items() if known <= version)
    fields = [(1 << count) - 1]
    fields += [ALL_TCP] if version >= NETWORK_VERSION else []
    fields += [ALL_SCOPES] if version >= SCOPE_VERSION else []
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _check(libc.syscall(CREATE_RULESET, attributes, len(attributes), 0))
    for path in readable:
        _allow(ruleset, path, EXECUTE | READ_FILE | READ_FOLDER)
    for path in WRITABLE:
        _allow(ruleset, path, READ_FILE | WRITE_FILE)
    _check(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):  # noqa: PTH112 - no need for pathlib in a program this small
        rights &= ~READ_FOLDER
    rule = struct.pack("=Qi", rights, place)
    _check(libc.syscall(ADD_RULE, ruleset, BENEATH, rule, 0))
    os.close(place)


def shut_calls(number: int) -> None:
    """Apply the filter that the descriptor holds, with the own number where it stands for that."""
    program = os.read(number, FILTER_BYTES_AT_MOST)
    os.close(number)
    mark, own = struct.pack("=I", OWN_PROCESS), struct.pack("=I", os.getpid())
    held = ctypes.create_string_buffer(program.replace(mark, own))
    whole = struct.pack("@HP", len(program) // STEP, ctypes.addressof(held))
    _check(libc.prctl(SET_FILTER, FILTER_MODE, whole, 0, 0))


def _check(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


if __name__ == "__main__":
    main(sys.argv[1:])
