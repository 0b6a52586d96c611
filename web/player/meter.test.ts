import { expect, test } from "vitest";

import { FrameMeter } from "./meter";

function fed(gaps: readonly number[]): FrameMeter {
  const meter = new FrameMeter();
  let time = 0;
  meter.add(time);
  for (const gap of gaps) meter.add((time += gap));
  return meter;
}

test("nothing is said before enough frames were seen", () => {
  expect(fed(Array<number>(23).fill(0.04)).measured).toBeNull();
});

test("a steady rate is found, rounded ones as their rational", () => {
  expect(fed(Array<number>(24).fill(0.04)).measured).toEqual({ num: 25, den: 1 });
  expect(fed(Array<number>(24).fill(1001 / 30000)).measured).toEqual({ num: 30000, den: 1001 });
});

test("dropped frames do not make a rate variable, uneven ones do", () => {
  const dropped = Array.from({ length: 24 }, (_, n) => (n % 6 === 0 ? 0.08 : 0.04));
  expect(fed(dropped).measured).toEqual({ num: 25, den: 1 });
  const uneven = Array.from({ length: 24 }, (_, n) => (n % 2 === 0 ? 0.033 : 0.05));
  expect(fed(uneven).measured).toBe("variable");
});

test("seeks are not frames", () => {
  const gaps = Array.from({ length: 26 }, (_, n) => (n === 3 ? 5 : n === 9 ? -2 : 0.04));
  expect(fed(gaps).measured).toEqual({ num: 25, den: 1 });
});
