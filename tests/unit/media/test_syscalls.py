"""The filter of system calls, run by a small machine for its four operations."""

from __future__ import annotations

import struct

import pytest

from rushes.media.syscalls import ALLOW, DENY, END, MACHINES, OWN_PROCESS, UNKNOWN, make_filter

X86, ARM = MACHINES["x86_64"], MACHINES["aarch64"]
A_THREAD_OF_PYTHON = 0x3D0F00
A_FORK = 0x01200011


def judge(program: bytes, architecture: int, number: int, first: int = 0) -> int:
    """Return what the kernel would answer to a call."""
    data = struct.pack("=iIQQ", number, architecture, 0, first)
    lines = list(struct.iter_unpack("=HBBI", program))
    held, at = 0, 0
    while True:
        operation, if_true, if_false, value = lines[at]
        at += 1
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            held = struct.unpack_from("=I", data, value)[0]
            continue
        is_true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
        at += if_true if is_true else if_false


@pytest.mark.parametrize(
    ("number", "first", "expected"),
    [
        (0, 0, ALLOW),  # read
        (59, 0, ALLOW),  # execve
        (41, 2, DENY),  # socket
        (57, 0, DENY),  # fork
        (56, A_THREAD_OF_PYTHON, ALLOW),  # clone
        (56, A_FORK, DENY),
        (435, 0, UNKNOWN),  # clone3
        (425, 0, DENY),  # io_uring_setup
        (101, 0, DENY),  # ptrace
        (0x4000_0000 + 41, 0, DENY),
        (234, OWN_PROCESS, ALLOW),  # tgkill
        (234, 1, DENY),
    ],
)
def test_each_call_has_its_answer(number: int, first: int, expected: int) -> None:
    """What computing needs, and nothing beyond."""
    program = make_filter("x86_64", is_alone=False)

    assert expected == judge(program, X86.architecture, number, first)


def test_a_tool_that_is_alone_may_signal() -> None:
    """There is nobody else whom it could reach."""
    program = make_filter("x86_64", is_alone=True)

    assert ALLOW == judge(program, X86.architecture, X86.signal_thread, 1)


@pytest.mark.parametrize("machine", sorted(MACHINES))
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_foreign_architecture_ends_the_tool(machine: str, is_alone: bool) -> None:  # noqa: FBT001 - a table
    """Its numbers mean something else."""
    program = make_filter(machine, is_alone=is_alone)
    own = MACHINES[machine]

    assert END == judge(program, 0x4000_0003, 1)
    assert {DENY} == {judge(program, own.architecture, number) for number in own.denied.values()}


def test_a_machine_whose_calls_are_unknown_is_not_filtered() -> None:
    """The other walls stand there, and the proof of the box tells whether they are enough."""
    assert ALLOW == judge(make_filter("riscv64", is_alone=True), ARM.architecture, 198)
