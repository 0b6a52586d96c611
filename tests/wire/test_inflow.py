"""Inflow: buffers that grow, wait, and come out however a body ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from rushes.uploads.inflow import BUFFER_BYTES, BUFFERS, FIRST_BYTES, BodyCut, End, Inflow

PIECE = bytes(range(256)) * 256


async def pieces(count: int, *, then: type[Exception] | None = None) -> AsyncIterator[bytes]:
    """Give so many pieces of 64 KiB."""
    for _ in range(count):
        yield PIECE
    if then is not None:
        raise then


async def take_all(inflow: Inflow) -> tuple[bytes, list[int]]:
    """Return what came, and in buffers of which sizes."""
    parts: list[bytes] = []
    while (filled := await inflow.take()) is not None:
        parts.append(bytes(filled))
        inflow.give_back(filled)
    await inflow.close()
    return b"".join(parts), [len(part) for part in parts]


async def test_buffers_grow_while_they_are_filled_fast() -> None:
    """From 64 KiB to 4 MiB; all of it comes out in order."""
    inflow = Inflow(pieces(160), most=2**40)

    came, sizes = await take_all(inflow)

    assert (PIECE * 160, End.WHOLE) == (came, inflow.end)
    assert [FIRST_BYTES, 4 * FIRST_BYTES, 16 * FIRST_BYTES, BUFFER_BYTES] == sizes[:4]
    assert max(sizes) == BUFFER_BYTES


async def test_a_body_waits_where_every_buffer_is_taken() -> None:
    """No more is read than they hold; silence does not count then; given back, it goes on."""
    inflow = Inflow(pieces(400), most=2**40)
    taken = [await inflow.take() for _ in range(BUFFERS)]
    await asyncio.sleep(0)

    held, silent = inflow.received, inflow.silent_seconds
    for filled in taken:
        assert filled is not None
        inflow.give_back(filled)
    rest, _ = await take_all(inflow)

    assert held == (1 + 4 + 16) * FIRST_BYTES
    assert silent == 0
    assert 400 * len(PIECE) == held + len(rest)


@pytest.mark.parametrize(("then", "end"), [(None, End.WHOLE), (BodyCut, End.CUT)])
async def test_what_came_before_an_end_comes_out(then: type[Exception] | None, end: End) -> None:
    """Whole, or cut off by the sender."""
    inflow = Inflow(pieces(3, then=then), most=2**40)

    came, _ = await take_all(inflow)

    assert (PIECE * 3, end) == (came, inflow.end)


async def test_what_a_body_raises_is_raised_after_what_came() -> None:
    """A fault is nobody's end."""
    inflow = Inflow(pieces(1, then=KeyError), most=2**40)

    first = await inflow.take()

    assert first is not None
    assert PIECE == bytes(first)
    with pytest.raises(KeyError):
        await inflow.take()


async def test_more_than_the_most_is_an_overrun() -> None:
    """At the limit it is not."""
    at_limit = Inflow(pieces(2), most=2 * len(PIECE))
    beyond = Inflow(pieces(3), most=2 * len(PIECE))

    assert PIECE * 2 == (await take_all(at_limit))[0]
    await take_all(beyond)

    assert (End.WHOLE, End.OVERRUN) == (at_limit.end, beyond.end)


async def test_a_stopped_body_gives_what_it_had() -> None:
    """What was read and found no buffer comes out too."""
    inflow = Inflow(pieces(400), most=2**40)
    taken = [await inflow.take() for _ in range(BUFFERS)]
    await asyncio.sleep(0)

    inflow.stop()
    inflow.stop(End.SILENT)
    rest, _ = await take_all(inflow)

    assert End.STOPPED is inflow.end
    assert len(PIECE) == len(rest)
    assert None not in taken


async def test_a_silent_body_is_ended() -> None:
    """After its time, with what came."""

    async def body() -> AsyncIterator[bytes]:
        yield PIECE
        await asyncio.Event().wait()

    inflow = Inflow(body(), most=2**40, stall_seconds=0.2)

    came, _ = await take_all(inflow)

    assert (PIECE, End.SILENT) == (came, inflow.end)


async def test_a_part_filled_buffer_is_handed_over() -> None:
    """After a second, while the body goes on."""
    go_on = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        await go_on.wait()
        yield b"second"

    inflow = Inflow(body(), most=2**40)
    first = await inflow.take()
    assert first is not None
    came = bytes(first)
    inflow.give_back(first)
    go_on.set()
    rest, _ = await take_all(inflow)

    assert (b"first", b"second") == (came, rest)


class Lent:
    """A source that lends its socket; nothing is read from it here."""

    def begin(self, inflow: Inflow) -> None:
        """Fill everything there is."""
        self.inflow = inflow
        while (space := inflow.space()) is not None:
            inflow.fill(len(space))

    def go_on(self) -> None:
        """Nothing more comes."""

    def stop(self) -> None:
        """End."""
        self.inflow.finish(None)

    async def rest(self) -> None:
        """Nothing goes on."""

    def lend(self) -> tuple[int, int]:
        """Give a descriptor that nobody reads."""
        return -1, 2**40

    def took(self, count: int) -> None:
        """Nothing was taken."""


async def test_a_long_step_does_not_make_a_sender_look_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time in which it waited for us is forgiven once: no clock stands in the future."""
    now = 0.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    inflow = Inflow(Lent(), most=2**40, may_lend=True)
    for _ in range(BUFFERS):
        filled = await inflow.take()
        assert filled is not None
        inflow.give_back(filled)

    for step in range(1, 6):
        now = 100.0 * step
        loan = inflow.lend()
        assert loan is not None
        assert inflow.space() is None
        loan.is_dry = step == 5
        inflow.settle(loan)
    silent = inflow.silent_seconds
    now += 50
    later = inflow.silent_seconds
    await inflow.close()

    assert (0, 50) == (silent, later)
