"""Changes good input into input that nobody meant, the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

CHANGES_AT_MOST: Final = 6
LENGTH_AT_MOST: Final = 16_384
EDGES: Final = (
    *(b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01"),
    *(b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00"),
    *(b"\x00\x00\x00\x01", b"\x00\x00\x00\x08", b"\xff" * 8, b"\x00" * 8),
    *(b"-1", b"0", b"99999999999999999999", b"1e9", b"%00", b"\r\n", b"\xc3\x28", b"\xed\xa0\x80"),
)

Change = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def mutate(chance: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return one of the seeds, changed a few times; `words` are what its format is made of."""
    data = bytearray(seeds[int(chance.random() * len(seeds))])
    for _ in range(1 + int(chance.random() * CHANGES_AT_MOST)):
        CHANGES[int(chance.random() * len(CHANGES))](chance, data, words or EDGES)
    if chance.random() < 1 / 16:
        other = seeds[int(chance.random() * len(seeds))]
        data[_place(chance, data) :] = other[_place(chance, other) :]
    return bytes(data[:LENGTH_AT_MOST])


def _place(chance: random.Random, data: bytes | bytearray) -> int:
    return int(chance.random() * (len(data) + 1))


def _flip(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    if data:
        data[_place(chance, data) - 1] ^= 1 << int(chance.random() * 8)


def _set(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    if data:
        data[_place(chance, data) - 1] = int(chance.random() * 256)


def _edge(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    edge = EDGES[int(chance.random() * len(EDGES))]
    at = _place(chance, data)
    data[at : at + len(edge)] = edge


def _insert(chance: random.Random, data: bytearray, words: Sequence[bytes]) -> None:
    at = _place(chance, data)
    data[at:at] = words[int(chance.random() * len(words))]


def _replace(chance: random.Random, data: bytearray, words: Sequence[bytes]) -> None:
    word, at = words[int(chance.random() * len(words))], _place(chance, data)
    data[at : at + len(word)] = word


def _drop(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    at = _place(chance, data)
    del data[at : at + 1 + int(chance.random() * 16)]


def _cut(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    del data[_place(chance, data) :]


def _repeat(chance: random.Random, data: bytearray, _words: Sequence[bytes]) -> None:
    at = _place(chance, data)
    data[at:at] = data[at : at + 1 + int(chance.random() * 64)] * (1 + int(chance.random() * 8))


CHANGES: Final[tuple[Change, ...]] = (
    *(_flip, _flip, _set, _edge, _edge, _insert, _replace, _drop, _repeat, _cut),
)
