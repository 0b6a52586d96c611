import { expect, test } from "vitest";

import { Direct, isDirect } from "./direct";
import { cutDirect, DIRECT_BYTES, partBytesOf } from "./pieces";

const GIB = 1024 ** 3;

test.each([
  [DIRECT_BYTES + 1, 1, 2],
  [100 * GIB, 1, 6_400],
  [1024 * GIB, 7, 9_363],
  [5 * 1024 * GIB, 33, 9_930],
])("%d bytes are cut as the server cuts them", (size, times, count) => {
  expect(partBytesOf(size)).toBe(times * DIRECT_BYTES);
  expect(cutDirect(size)).toHaveLength(count + 1);
});

test("the last piece carries no bytes: it says that all parts are there", () => {
  const pieces = cutDirect(2 * DIRECT_BYTES + 5);
  expect(pieces.map(({ length }) => length)).toEqual([DIRECT_BYTES, DIRECT_BYTES, 5, 0]);
  expect(pieces.map(({ isJoin }) => isJoin)).toEqual([false, false, false, true]);
});

test("parts are numbered from 1", () => {
  const direct = new Direct(3 * DIRECT_BYTES, "/u/t/s3", {});
  expect([0, DIRECT_BYTES, 2 * DIRECT_BYTES].map((start) => direct.numberOf(start))).toEqual([
    1, 2, 3,
  ]);
});

test("a bucket that was never reached is given up after two failures of one part", () => {
  const direct = new Direct(GIB, "/u/t/s3", {});
  expect([direct.failed(0), direct.failed(DIRECT_BYTES), direct.failed(0)]).toEqual([
    false,
    false,
    true,
  ]);
});

test("one that took parts is waited for, and each part that arrives counts anew", () => {
  const direct = new Direct(GIB, "/u/t/s3", {});
  direct.failed(0);
  direct.arrived();
  expect(Array.from({ length: 8 }, () => direct.failed(0))).toEqual([
    ...Array.from({ length: 7 }, () => false),
    true,
  ]);
});

test("the address of a direct upload is told from one of tus", () => {
  const base = "https://media.example.com";
  Object.assign(globalThis, { location: new URL(base) });
  expect(isDirect(`${base}/u/t/s3/multipart/upl_1`)).toBe(true);
  expect(isDirect(`${base}/u/t/files/upl_1`)).toBe(false);
  expect(isDirect(null)).toBe(false);
});
