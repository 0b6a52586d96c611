import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Looking } from "./looking";

const LONG_MS = 600_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("it looks less and less often while there may be more to see", async () => {
  let looks = 0;
  const looking = new Looking(() => Promise.resolve(++looks < 3));

  looking.begin(1_000);
  await vi.advanceTimersByTimeAsync(1_000 + 1_500);
  expect(looks).toBe(2);
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(looks).toBe(3);
});

test("nothing follows from a look that is under way at the end", async () => {
  let looks = 0;
  let answer: (goesOn: boolean) => void = () => undefined;
  const looking = new Looking(() => {
    looks += 1;
    return new Promise((tell) => (answer = tell));
  });
  looking.begin(1_000);
  await vi.advanceTimersByTimeAsync(1_000);

  looking.end();
  answer(true);

  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(looks).toBe(1);
});

test("a look that fails is not the last", async () => {
  let looks = 0;
  const looking = new Looking(() =>
    ++looks === 1 ? Promise.reject(new Error("The stream is gone.")) : Promise.resolve(false),
  );

  looking.begin(1_000);

  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(looks).toBe(2);
});
