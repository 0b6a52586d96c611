"""Runs one program to its end: the only place that starts processes.

1. A process has its own group. It ends by itself, or is asked (TERM), given 5 s, killed (KILL), and
   always reaped, also when the task that waits for it is cancelled; what it left in its group is
   killed as well. When this process is killed, the kernel kills the tool.
2. Its output is consumed while it runs; of what it says, the last lines are kept.
3. No shell. The original is opened here and handed over as descriptor 0.
4. A program that takes long to start may be begun before there is work for it. It waits at
   descriptor 0 for what it is to do, does that one thing, and ends as any other.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from rushes.errors import RushesError
from rushes.media.box import Limits, Tool, Walls, command
from rushes.media.failures import (
    BoxUnavailable,
    DecodeFailed,
    SourceUnreadable,
    ToolCrashed,
    ToolMissing,
    ToolOutOfMemory,
    ToolTimedOut,
    format_last_words,
)
from rushes.media.gate import OpenGate, open_gate

Sink = Callable[[bytes], Awaitable[None]]
"""Takes what has arrived; an exception from it ends the tool."""

READ_BYTES: Final = 256 * 1024
GRACE_SECONDS: Final = 5.0
LEAVE_SECONDS: Final = 2.0
WORDS_KEPT: Final = 64
BASH_SIGNAL: Final = 128  # bwrap, like a shell, exits with 128 + signal
OUT_OF_MEMORY: Final = 256 - 12  # AVERROR(ENOMEM), as an exit status
CHILD_OUT_OF_MEMORY: Final = 75  # of our own children


@dataclass(slots=True)
class Pulse:
    """The time at which a run was last seen to move."""

    at: float

    def beat(self) -> None:
        """Note that it has moved."""
        self.at = asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Outlet:
    """A pipe from the tool to us; the tool knows it by the number of `write`."""

    read: IO[bytes]
    write: IO[bytes]

    @property
    def target(self) -> str:
        """Return how ffmpeg calls it."""
        return f"pipe:{self.write.fileno()}"


@contextmanager
def open_outlets(count: int) -> Iterator[list[Outlet]]:
    """Open pipes and close what is left of them in the end."""
    with ExitStack() as stack:
        outlets = []
        for _ in range(count):
            read, write = os.pipe()
            reader = stack.enter_context(os.fdopen(read, "rb", buffering=0))
            writer = stack.enter_context(os.fdopen(write, "wb", buffering=0))
            outlets.append(Outlet(reader, writer))
        yield outlets


@contextmanager
def open_table(content: bytes | None) -> Iterator[int]:
    """Hold bytes in memory for a tool to read; yield their descriptor, -1 where there are none."""
    if content is None:
        yield -1
        return
    with os.fdopen(os.memfd_create("table"), "wb", buffering=0) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool: how it is called, and what it may use.

    `held` are further descriptors that it reads from; their numbers stand in its arguments.
    """

    tool: Tool
    walls: Walls
    arguments: tuple[str, ...]
    limits: Limits
    source: Path | None = None
    held: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A program in its box that waits for its work; it needs nothing but arguments and a source."""

    process: asyncio.subprocess.Process
    gate: OpenGate
    line: socket.socket
    held: ExitStack
    """What is open as long as it runs."""

    @property
    def is_waiting(self) -> bool:
        """Say whether it is still there."""
        return self.process.returncode is None

    def give(self, job: Run) -> None:
        """Hand over what is to be done; what became of one that is gone, its end tells.

        Raises:
            SourceUnreadable: the original cannot be opened.
        """
        words = json.dumps(job.arguments).encode()
        with ExitStack() as stack, self.line:
            source = _open_source(job, stack)
            if source is not None:
                stack.enter_context(suppress(ConnectionError))
                socket.send_fds(self.line, [words], [source.fileno()])


async def begin(job: Run) -> Begun:
    """Begin a program that waits for its work; its arguments say so, and it has no source.

    Raises:
        ToolMissing: it cannot be started.
    """
    with ExitStack() as stack:
        gate = stack.enter_context(open_gate(job.walls.level))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        with theirs:
            process = await _start(job, gate, (), theirs.fileno())
        gate.hand_over()
        return Begun(process, gate, ours, stack.pop_all())


async def dismiss(begun: Begun) -> None:
    """End a program that has waited for nothing: it ends by itself when its line does."""
    with begun.held, suppress(TimeoutError):
        begun.line.close()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await begun.process.wait()
        finally:
            await _end(begun.process)


async def run(
    job: Run,
    on_output: Sink,
    outlets: Sequence[tuple[Outlet, Sink]] = (),
    pulse: Pulse | None = None,
    begun: Begun | None = None,
) -> str:
    """Run a tool to its end and return its last words.

    With a pulse, a run whose pulse stands still for `stall_seconds` is ended. `begun` is one that
    waits for this work. Raises the errors of MEDIA.md section 11, each with `last_words`,
    `exit_code`, `tool` and `box`.
    """
    talk = _Talk(on_output, outlets, pulse)
    words = talk.words
    try:
        async with asyncio.timeout(job.limits.wall_seconds):
            async with _running(job, talk, begun) as (process, gate):
                code = await _attend(job, process, talk)
                is_box_missing = gate.is_box_missing(code)
    except TimeoutError:
        raise ToolTimedOut(
            f"{job.tool.name} did not end within {job.limits.wall_seconds:.0f} s and was stopped.",
            **_facts(job, words),
        ) from None
    except ExceptionGroup as group:
        error = _first(group)
        if isinstance(error, RushesError):
            error.facts = _facts(job, words) | error.facts
        raise error from group
    if is_box_missing:
        raise BoxUnavailable(
            f"The box for {job.tool.name} could not be built just now; it is tried again.",
            **_facts(job, words),
        )
    if code:
        raise _failure(job, code, words)
    return format_last_words("\n".join(words))


@dataclass(frozen=True, slots=True)
class _Talk:
    """What a tool says, and who listens."""

    on_output: Sink
    outlets: Sequence[tuple[Outlet, Sink]]
    pulse: Pulse | None
    words: deque[str] = field(default_factory=lambda: deque(maxlen=WORDS_KEPT))


@asynccontextmanager
async def _running(
    job: Run, talk: _Talk, begun: Begun | None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, OpenGate]]:
    """Give the process that does the work; it is gone at the end, however that comes."""
    with ExitStack() as stack:
        if begun is not None:
            stack.enter_context(begun.held)
            process, gate = begun.process, begun.gate
        else:
            gate = stack.enter_context(open_gate(job.walls.level))
            ours = [outlet.write.fileno() for outlet, _ in talk.outlets]
            process = await _start(job, gate, ours, _open_source(job, stack))
            gate.hand_over()
        try:
            if begun is not None:
                begun.give(job)
            yield process, gate
        finally:
            await _end(process)


async def _attend(job: Run, process: asyncio.subprocess.Process, talk: _Talk) -> int:
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch(job, talk.pulse, talk.words)) if talk.pulse else None
        readers = [
            group.create_task(_drain(_given(process.stdout), talk.on_output)),
            group.create_task(_listen(_given(process.stderr), talk.words)),
        ]
        for outlet, sink in talk.outlets:
            outlet.write.close()
            readers.append(group.create_task(_drain_pipe(outlet, sink)))
        await asyncio.wait(readers)
        if watch:
            watch.cancel()
    return await process.wait()


def _open_source(job: Run, stack: ExitStack) -> IO[bytes] | None:
    try:
        return None if job.source is None else stack.enter_context(job.source.open("rb"))
    except OSError as error:
        raise SourceUnreadable(
            "The original cannot be opened just now; it is tried again."
        ) from error


async def _start(
    job: Run, gate: OpenGate, descriptors: Sequence[int], source: IO[bytes] | int | None
) -> asyncio.subprocess.Process:
    line = command(job.tool, job.arguments, job.walls, job.limits, gate.gate)
    try:
        return await asyncio.create_subprocess_exec(
            *line,
            stdin=asyncio.subprocess.DEVNULL if source is None else source,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(*descriptors, *job.held, gate.gate.calls, gate.gate.status),
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "MALLOC_ARENA_MAX": "2"},
        )
    except OSError as error:
        raise ToolMissing(
            f"{line[0]} cannot be started; install util-linux and {job.tool.name}."
        ) from error


def _given(reader: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if reader is None:  # it was asked for as PIPE
        raise ToolMissing("The tool was started without a pipe.")
    return reader


async def _drain(reader: asyncio.StreamReader, sink: Sink) -> None:
    while arrived := await reader.read(READ_BYTES):
        await sink(arrived)


async def _drain_pipe(outlet: Outlet, sink: Sink) -> None:
    reader = asyncio.StreamReader(limit=READ_BYTES)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), outlet.read
    )
    try:
        await _drain(reader, sink)
    finally:
        transport.close()


async def _listen(reader: asyncio.StreamReader, words: deque[str]) -> None:
    kept = ""
    while arrived := await reader.read(READ_BYTES):
        *lines, kept = (kept + arrived.decode(errors="replace")).split("\n")
        words.extend(lines)
        kept = kept[-READ_BYTES:]
    words.extend([kept] if kept else [])


async def _watch(job: Run, pulse: Pulse, words: deque[str]) -> None:
    loop = asyncio.get_running_loop()
    pulse.beat()
    while (left := pulse.at + job.limits.stall_seconds - loop.time()) > 0:  # noqa: ASYNC110 - it waits out a time
        await asyncio.sleep(left)
    raise ToolTimedOut(
        f"{job.tool.name} made nothing new for {job.limits.stall_seconds:.0f} s and was stopped.",
        **_facts(job, words),
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask, wait, kill, reap; the whole group, whoever of it is left."""
    try:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
    except TimeoutError:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await _read_out(process)


async def _read_out(process: asyncio.subprocess.Process) -> None:
    """Read its pipes to their end, by which they are closed; nobody is left who writes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(READ_BYTES):
                    pass


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that ended the others: ours before any other."""
    leaves = [
        _first(error) if isinstance(error, BaseExceptionGroup) else error
        for error in group.exceptions
    ]
    return next((error for error in leaves if isinstance(error, RushesError)), leaves[0])


def _facts(job: Run, words: deque[str]) -> dict[str, Any]:
    return {
        "last_words": format_last_words("\n".join(words)),
        "tool": job.tool.name,
        "tool_version": job.tool.version,
        "box": job.walls.level.value,
    }


def _failure(job: Run, code: int, words: deque[str]) -> RushesError:
    facts = _facts(job, words)
    number = -code if code < 0 else code - BASH_SIGNAL
    ended_by = {item.value: item.name for item in signal.Signals}.get(number)
    if code in {OUT_OF_MEMORY, CHILD_OUT_OF_MEMORY}:
        return ToolOutOfMemory(
            f"{job.tool.name} needed more memory than its box grants.", exit_code=code, **facts
        )
    if ended_by == "SIGXCPU":
        return ToolTimedOut(
            f"{job.tool.name} used up its processor time.", signal=ended_by, **facts
        )
    if ended_by is not None:
        return ToolCrashed(f"{job.tool.name} was ended by {ended_by}.", signal=ended_by, **facts)
    return DecodeFailed(
        f"{job.tool.name} gave up on the content (exit {code}); the original is untouched.",
        exit_code=code,
        **facts,
    )
