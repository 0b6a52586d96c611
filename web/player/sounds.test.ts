import { describe, expect, test } from "vitest";

import { placeOf, soundRows } from "./sounds";

const TRACKS = [{ name: "English" }, { name: "English 5.1" }, { name: "German" }];

describe("sounds", () => {
  test("each has a row, and the one that is heard is marked", () => {
    expect(soundRows(TRACKS, 1).map(({ label, isChosen }) => [label, isChosen])).toEqual([
      ["English", false],
      ["English 5.1", true],
      ["German", false],
    ]);
  });

  test.each([
    ["German", 2],
    ["Dutch", -1],
    [null, -1],
  ])("%s is found by its name", (name, place) => {
    expect(placeOf(TRACKS, name)).toBe(place);
  });
});
