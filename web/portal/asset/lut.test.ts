import { describe, expect, it } from "vitest";

import { lutNameOf } from "./lut";

describe("The name of a LUT", () => {
  it.each([
    ["Kodak 2383 D65.cube", "kodak-2383-d65"],
    ["show_LUT.v2.CUBE", "show-lut-v2"],
    ["--a--.cube", "a"],
    ["日本.cube", "lut"],
    [`${"x".repeat(60)}.cube`, "x".repeat(40)],
  ])("comes from its file's: %s", (file, name) => {
    expect(lutNameOf(file)).toBe(name);
  });
});
