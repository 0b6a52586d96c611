import { expect, test } from "vitest";

import { inkOn } from "./brand";

test("dark grounds get light ink, and light ones dark", () => {
  expect(["#000000", "#0b63b5", "#b3261e", "#ffb020", "#ffffff"].map(inkOn)).toEqual([
    "#ffffff",
    "#ffffff",
    "#ffffff",
    "#14110a",
    "#14110a",
  ]);
});
