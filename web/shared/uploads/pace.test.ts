import { afterEach, expect, test, vi } from "vitest";

import { mostAtOnce, Pace } from "./pace";

const MB = 1_000_000;

/** Let bytes leave for some seconds, always with more to send than may. */
function run(pace: Pace, from: number, seconds: number, perSecond: number): number {
  for (let second = 0; second < seconds; second += 1) {
    pace.running = pace.width;
    pace.hasRoom(from + second * 1000);
    pace.move(from + (second + 1) * 1000, perSecond);
  }
  return from + seconds * 1000;
}

test("three at first, and one more for each five seconds that were worth it", () => {
  const pace = new Pace(3);
  const widths = [pace.width];
  let now = 0;
  for (const speed of [1, 1.2, 1.5, 1.9]) {
    now = run(pace, now, 6, speed * MB);
    widths.push(pace.width);
  }
  expect(widths).toEqual([3, 4, 5, 6, 6]);
});

test("it stays where more brings nothing", () => {
  const pace = new Pace(3);
  run(pace, 0, 60, MB);
  expect(pace.width).toBe(4); // one try
});

test("a queue that fills no room says nothing about the line", () => {
  const pace = new Pace(3);
  for (let second = 1; second < 60; second += 1) pace.move(second * 1000, second * MB);
  expect(pace.width).toBe(3);
});

test("a complaint halves it, several at once count once, and one is the least", () => {
  const pace = new Pace(6);
  pace.strain(0);
  pace.strain(100);
  expect(pace.width).toBe(3);
  pace.strain(10_000);
  pace.strain(20_000);
  expect(pace.width).toBe(1);
});

test("what the server asks for is waited", () => {
  const pace = new Pace(3);
  pace.strain(0, 8_000);
  expect([pace.hasRoom(7_999), pace.hasRoom(8_000)]).toEqual([false, true]);
});

test("a setting may be smaller, never larger than the browser allows", () => {
  expect([new Pace(0).width, new Pace(1).width, new Pace(9).width]).toEqual([1, 1, 6]);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ["h2", 16],
  ["h3", 16],
  ["http/1.1", 6],
])("over %s there are %d at once", (nextHopProtocol, most) => {
  const page = { nextHopProtocol } as PerformanceNavigationTiming;
  vi.spyOn(performance, "getEntriesByType").mockReturnValue([page]);
  expect(mostAtOnce()).toBe(most);
});
