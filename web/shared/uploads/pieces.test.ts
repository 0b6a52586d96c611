import { expect, test } from "vitest";

import { cut, LARGE_BYTES, nextPiece, partsOf, recut, sentOf, type Piece } from "./pieces";

const MIB = 1024 * 1024;
const nobody = (): boolean => false;

test("a small file is one piece, at the limit too", () => {
  expect(cut(0, true).map(({ length }) => length)).toEqual([0]);
  expect(cut(LARGE_BYTES, true)).toHaveLength(1);
});

test("a larger file is parts that touch, and the request that joins them", () => {
  const pieces = cut(LARGE_BYTES + 1, true);
  expect(pieces.map(({ start, length }) => [start / MIB, length])).toEqual([
    [0, 32 * MIB],
    [32, 32 * MIB],
    [64, 1],
    [64 + 1 / MIB, 0],
  ]);
  expect(pieces.map(({ isJoin }) => isJoin)).toEqual([false, false, false, true]);
});

test("a server that joins nothing gets one piece", () => {
  expect(cut(10 * LARGE_BYTES, false)).toHaveLength(1);
});

test.each([1, 4, 5, 100, 5 * 1024])("%d GiB are at most 128 parts on blocks of 16 MiB", (gib) => {
  const parts = cut(gib * 1024 * MIB, true).slice(0, -1);
  expect(parts.length).toBeLessThanOrEqual(128);
  expect(parts.every(({ start }) => start % (16 * MIB) === 0)).toBe(true);
  expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(gib * 1024 * MIB);
});

test("what was cut before goes on, and a part of another cut is forgotten", () => {
  const size = 100 * MIB;
  const pieces = recut(size, [
    { start: 0, length: 32 * MIB, url: "/files/a", isDone: true },
    { start: 32 * MIB, length: 32 * MIB, url: "/files/b", isDone: false },
    { start: 64 * MIB, length: 16 * MIB, url: "/files/c", isDone: true },
  ]);
  expect(sentOf(pieces)).toBe(32 * MIB);
  expect(partsOf(pieces).map(({ url, isDone }) => [url, isDone])).toEqual([
    ["/files/a", true],
    ["/files/b", false],
  ]);
});

test("pieces go in their order; busy and resting ones are passed over", () => {
  const pieces = cut(100 * MIB, true);
  const [first, second, third] = pieces as [Piece, Piece, Piece];
  expect(nextPiece(pieces, nobody, 0)).toBe(first);
  first.isDone = true;
  second.retryAt = 1000;
  expect(nextPiece(pieces, nobody, 999)).toBe(third);
  expect(nextPiece(pieces, nobody, 1000)).toBe(second);
  expect(nextPiece(pieces, (piece) => piece === second, 1000)).toBe(third);
});

test("parts are joined once all of them are there", () => {
  const pieces = cut(100 * MIB, true);
  for (const piece of pieces.slice(0, -1)) {
    expect(nextPiece(pieces, () => !piece.isJoin && piece.isDone, 0)?.isJoin).toBe(false);
    piece.isDone = true;
  }
  const join = pieces.at(-1) as Piece;
  expect(nextPiece(pieces, nobody, 0)).toBe(join);
  join.isDone = true;
  expect(nextPiece(pieces, nobody, 0)).toBeNull();
});

test("the join does not begin while a part is still on its way", () => {
  const pieces = cut(70 * MIB, true);
  for (const piece of pieces.slice(0, 2)) piece.isDone = true;
  const last = pieces[2];
  expect(nextPiece(pieces, (piece) => piece === last, 0)).toBeNull();
});
