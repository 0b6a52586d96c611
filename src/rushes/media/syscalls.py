"""Which system calls a boxed tool may not make, as a filter program for the kernel.

A tool computes: it reads what was opened for it and writes to its pipes. So it starts threads and
no process, opens no socket, traces and signals nobody, changes no owner, mode or time of a file,
and enters no part of the kernel that such work never needs. A call of the list answers EPERM; one
of a foreign architecture ends the tool.

Sources: linux/bpf_common.h and linux/seccomp.h (classic BPF over `struct seccomp_data`), and the
tables of calls asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ALLOW: Final = 0x7FFF_0000
DENY: Final = 0x0005_0001  # SECCOMP_RET_ERRNO | EPERM
UNKNOWN: Final = 0x0005_0026  # SECCOMP_RET_ERRNO | ENOSYS
END: Final = 0x8000_0000  # SECCOMP_RET_KILL_PROCESS

NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
LOAD, EQUAL, AT_LEAST, HAS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

OWN_PROCESS: Final = 0x7E57_0001
"""Stands for the number of the process that applies the filter, and puts its own there."""

FOREIGN_CALLS: Final = 0x4000_0000  # x32 calls have this bit
A_THREAD: Final = 0x0001_0000  # CLONE_THREAD
CLONE_BY_POINTER: Final = 435
"""clone3, whose flags no filter can see; where it is unknown, programs use clone."""


@dataclass(frozen=True, slots=True)
class Machine:
    """How an architecture calls itself and its calls."""

    architecture: int
    clone: int
    signal_thread: int
    denied: Mapping[str, int]


MACHINES: Final[Mapping[str, Machine]] = MappingProxyType(
    {
        "x86_64": Machine(
            0xC000_003E,
            56,
            234,
            MappingProxyType(
                {
                    "socket": 41,
                    "connect": 42,
                    "fork": 57,
                    "vfork": 58,
                    "kill": 62,
                    "chmod": 90,
                    "fchmod": 91,
                    "chown": 92,
                    "fchown": 93,
                    "lchown": 94,
                    "ptrace": 101,
                    "rt_sigqueueinfo": 129,
                    "mount": 165,
                    "setxattr": 188,
                    "lsetxattr": 189,
                    "fsetxattr": 190,
                    "removexattr": 197,
                    "lremovexattr": 198,
                    "fremovexattr": 199,
                    "tkill": 200,
                    "add_key": 248,
                    "request_key": 249,
                    "keyctl": 250,
                    "fchownat": 260,
                    "fchmodat": 268,
                    "unshare": 272,
                    "utimensat": 280,
                    "rt_tgsigqueueinfo": 297,
                    "perf_event_open": 298,
                    "setns": 308,
                    "process_vm_readv": 310,
                    "process_vm_writev": 311,
                    "bpf": 321,
                    "userfaultfd": 323,
                }
            ),
        ),
        "aarch64": Machine(
            0xC000_00B7,
            220,
            131,
            MappingProxyType(
                {
                    "setxattr": 5,
                    "lsetxattr": 6,
                    "fsetxattr": 7,
                    "removexattr": 14,
                    "lremovexattr": 15,
                    "fremovexattr": 16,
                    "mount": 40,
                    "fchmod": 52,
                    "fchmodat": 53,
                    "fchownat": 54,
                    "fchown": 55,
                    "utimensat": 88,
                    "unshare": 97,
                    "ptrace": 117,
                    "kill": 129,
                    "tkill": 130,
                    "rt_sigqueueinfo": 138,
                    "socket": 198,
                    "connect": 203,
                    "add_key": 217,
                    "request_key": 218,
                    "keyctl": 219,
                    "rt_tgsigqueueinfo": 240,
                    "perf_event_open": 241,
                    "setns": 268,
                    "process_vm_readv": 270,
                    "process_vm_writev": 271,
                    "bpf": 280,
                    "userfaultfd": 282,
                }
            ),
        ),
    }
)
"""By the name that the kernel gives the machine (`uname -m`)."""

EVERYWHERE: Final = MappingProxyType(
    {
        "pidfd_send_signal": 424,
        "io_uring_setup": 425,
        "io_uring_enter": 426,
        "io_uring_register": 427,
        "pidfd_open": 434,
        "pidfd_getfd": 438,
        "fchmodat2": 452,
    }
)
"""Newer calls have one number on every architecture."""


def make_filter(machine: str, *, is_alone: bool) -> bytes:
    """Return the filter program for a machine; one that allows all where its calls are unknown.

    Args:
        machine: what `uname -m` says.
        is_alone: whether the tool sees no process but its own; else it may only signal itself,
            and `OWN_PROCESS` stands in the program where its number belongs.
    """
    known = MACHINES.get(machine)
    if known is None:
        return _line(RETURN, ALLOW)
    numbers = sorted({*known.denied.values(), *EVERYWHERE.values()})
    tests = [
        (EQUAL, known.signal_thread, "allow" if is_alone else "own"),
        (EQUAL, known.clone, "thread"),
        (EQUAL, CLONE_BY_POINTER, "unknown"),
        (AT_LEAST, FOREIGN_CALLS, "deny"),
        *((EQUAL, number, "deny") for number in numbers),
    ]
    verdicts = [
        ("allow", _line(RETURN, ALLOW)),
        ("own", _line(LOAD, FIRST_ARGUMENT_AT)),
        ("", _line(EQUAL, OWN_PROCESS, 0, 3)),
        ("", _line(RETURN, ALLOW)),
        ("thread", _line(LOAD, FIRST_ARGUMENT_AT)),
        ("", _line(HAS, A_THREAD, 2, 0)),
        ("deny", _line(RETURN, DENY)),
        ("unknown", _line(RETURN, UNKNOWN)),
        ("", _line(RETURN, ALLOW)),
        ("end", _line(RETURN, END)),
    ]
    begin = 3 + len(tests)
    places = {name: at for at, (name, _) in enumerate(verdicts, start=begin)}
    return b"".join(
        [
            _line(LOAD, ARCHITECTURE_AT),
            _line(EQUAL, known.architecture, 0, places["end"] - 2),
            _line(LOAD, NUMBER_AT),
            *(
                _line(test, value, places[place] - at - 1)
                for at, (test, value, place) in enumerate(tests, start=3)
            ),
            *(line for _, line in verdicts),
        ]
    )


def _line(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
