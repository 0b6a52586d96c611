import { describe, expect, test, vi } from "vitest";

import { joinLevels, type Sized } from "./growth";

vi.mock("hls-video-element", () => ({ Hls: null }));

const level = (height: number, bitrate = height * 1000): Sized => ({
  height,
  width: (height * 16) / 9,
  bitrate,
});

describe("levels that come while a film plays", () => {
  test("take their place among the others by size", () => {
    const [low, middle, high] = [level(360), level(540), level(720)];
    expect(joinLevels([middle], [low, middle, high])).toEqual([low, middle, high]);
  });

  test("do not replace those that are there", () => {
    const known = [level(360)];
    const joined = joinLevels(known, [level(360, 1), level(540)]);
    expect(joined[0]).toBe(known[0]);
    expect(joined).toHaveLength(2);
  });

  test("of one size stand in the order of their rates", () => {
    const [thin, fat] = [level(360, 1), { ...level(360, 9), width: 1 }];
    expect(joinLevels<Sized>([fat], [thin])).toEqual([thin, fat]);
  });
});
