import { describe, expect, it } from "vitest";

import {
  IllegalStep,
  isOpen,
  maySwitch,
  newItem,
  percentOf,
  step,
  STEPS,
  type State,
} from "./item";

const STATES = Object.keys(STEPS) as State[];
const item = (state: State): ReturnType<typeof newItem> => ({
  ...newItem(1, { file: new File([new Uint8Array(200)], "a.mov"), path: "a.mov" }),
  state,
});
const PAIRS = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

describe("steps", () => {
  it.each(PAIRS.filter(([from, to]) => STEPS[from].includes(to)))("%s goes to %s", (from, to) => {
    const one = item(from);
    expect(maySwitch(one, to)).toBe(true);
    step(one, to);
    expect(one.state).toBe(to);
  });

  it.each(PAIRS.filter(([from, to]) => !STEPS[from].includes(to)))(
    "%s does not go to %s, and nothing changes",
    (from, to) => {
      const one = item(from);
      expect(maySwitch(one, to)).toBe(false);
      expect(() => {
        step(one, to);
      }).toThrow(IllegalStep);
      expect({ ...one, file: null }).toEqual({ ...item(from), file: null });
    },
  );

  it("forget the next try and the trouble when bytes move again", () => {
    const one = item("waiting");
    one.retryAt = 5;
    one.problem = { code: "network.away", words: "", requestId: null };
    step(one, "sending");
    expect([one.retryAt, one.problem]).toEqual([null, null]);
  });
});

describe("percent", () => {
  it.each([
    ["sending", 0, 0],
    ["sending", 100, 50],
    ["sending", 200, 99],
    ["checking", 200, 99],
    ["received", 200, 100],
  ] as const)("%s with %d of 200 bytes sent is %d", (state, sent, percent) => {
    expect(percentOf({ ...item(state), sent })).toBe(percent);
  });

  it("of an empty file waits for the server too", () => {
    const file = new File([], "empty");
    expect(percentOf({ state: "sending", sent: 0, file })).toBe(0);
    expect(percentOf({ state: "received", sent: 0, file })).toBe(100);
  });
});

it("counts as open while something is still to happen here", () => {
  expect(STATES.filter((state) => isOpen(item(state)))).toEqual([
    "waiting",
    "sending",
    "paused",
    "checking",
  ]);
});
