import { describe, expect, it } from "vitest";

import { Estimator, formatTimeLeft } from "./estimator";

const MB = 1_000_000;

/** Feed one sample per `every` milliseconds; `bytesIn` says how many bytes each step brings. */
function feed(
  seconds: number,
  every: number,
  bytesIn: (step: number) => number,
): [Estimator, number, number] {
  const estimator = new Estimator();
  let [now, bytes] = [0, 0];
  estimator.record(now, bytes);
  for (let step = 0; now < seconds * 1000; step += 1) {
    now += every;
    bytes += bytesIn(step);
    estimator.record(now, bytes);
  }
  return [estimator, now, bytes];
}

describe("a steady line", () => {
  it("tells its true speed from the first sample on", () => {
    const [estimator] = feed(2, 250, () => MB / 4);
    expect(estimator.speed).toBeCloseTo(MB, 0);
  });

  it("keeps the time to itself for five seconds, then tells it", () => {
    const [young, soon] = feed(4, 250, () => MB / 4);
    const [old, later] = feed(6, 250, () => MB / 4);
    expect(young.timeLeft(soon, 60 * MB)).toEqual({ kind: "calculating" });
    expect(old.timeLeft(later, 60 * MB)).toEqual({ kind: "left", seconds: 60 });
  });

  it("is 0.7 of the old rate and 0.3 of the new one after five seconds", () => {
    const [estimator, now, bytes] = feed(300, 1000, () => MB);
    for (let second = 1; second <= 5; second += 1) {
      estimator.record(now + second * 1000, bytes + second * 3 * MB);
    }
    expect(estimator.speed).toBeCloseTo(0.7 * MB + 0.3 * 3 * MB, 0);
  });
});

describe("a line that stalls", () => {
  it("is called stalled after ten seconds without a byte, and never takes for ever", () => {
    const [estimator, now, bytes] = feed(20, 500, () => MB / 2);
    for (let beat = 1; beat <= 200; beat += 1) estimator.record(now + beat * 500, bytes);
    expect(estimator.timeLeft(now + 100_000, 60 * MB)).toEqual({ kind: "stalled" });
    expect(estimator.speed).toBeGreaterThan(0);
    expect(Number.isFinite(estimator.speed)).toBe(true);
  });

  it("stops telling a time while the rates spread widely", () => {
    const [estimator, now, bytes] = feed(20, 500, () => MB / 2);
    for (let beat = 1; beat <= 16; beat += 1) estimator.record(now + beat * 500, bytes);
    expect(estimator.timeLeft(now + 8_000, 60 * MB)).toEqual({ kind: "calculating" });
  });
});

describe("a line with bursts", () => {
  it("averages bursts within a second", () => {
    const [estimator, now] = feed(30, 250, (step) => (step % 4 === 0 ? MB : 0));
    expect(estimator.timeLeft(now, 30 * MB)).toEqual({ kind: "left", seconds: 30 });
  });

  it("is not sure about bursts of several seconds", () => {
    const [estimator, now] = feed(40, 1000, (step) => (step % 5 === 0 ? 5 * MB : 0));
    expect(estimator.timeLeft(now, 30 * MB)).toEqual({ kind: "calculating" });
  });
});

describe("the edges", () => {
  it("knows nothing before the first record", () => {
    const estimator = new Estimator();
    expect(estimator.speed).toBeNull();
    expect(estimator.timeLeft(0, MB)).toEqual({ kind: "calculating" });
  });

  it("never says zero while bytes may be missing", () => {
    const [estimator, now] = feed(10, 500, () => MB);
    expect(estimator.timeLeft(now, 1)).toEqual({ kind: "left", seconds: 1 });
    expect(estimator.timeLeft(now, -5)).toEqual({ kind: "left", seconds: 1 });
  });

  it("counts no negative bytes when a retry falls back to the server's offset", () => {
    const [estimator, now, bytes] = feed(10, 500, () => MB / 2);
    estimator.record(now + 500, bytes - 8 * MB);
    estimator.record(now + 1600, bytes - 8 * MB + 1_100_000);
    expect(estimator.speed).toBeCloseTo(MB, -3);
  });

  it("forgets an old rate after a pause", () => {
    const [estimator, now] = feed(10, 500, () => MB);
    estimator.reset();
    expect(estimator.speed).toBeNull();
    expect(estimator.timeLeft(now, MB)).toEqual({ kind: "calculating" });
  });
});

describe("the time in words", () => {
  it.each([
    [90_000, "1d 1h"],
    [7_500, "2h 5m"],
    [192, "3m 12s"],
    [40, "40s"],
    [0.4, "1s"],
    [0, null],
    [-1, null],
    [Infinity, null],
    [Number.NaN, null],
  ])("says %d s as %s", (seconds, words) => {
    expect(formatTimeLeft(seconds)).toBe(words);
  });
});
