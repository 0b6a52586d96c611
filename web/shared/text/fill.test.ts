import { expect, it } from "vitest";

import { count, fill } from "./fill";

it("fills holes, and leaves a hole that has no value", () => {
  expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
});

it("puts a value in as it is, whatever it contains", () => {
  expect(fill("{name} was cancelled", { name: "$& {b}" })).toBe("$& {b} was cancelled");
});

it.each([
  [0, "0 files"],
  [1, "1 file"],
  [2, "2 files"],
])("chooses the form for %d", (n, words) => {
  expect(count({ one: "{n} file", other: "{n} files" }, n)).toBe(words);
});

it("takes the other form where there is no singular", () => {
  expect(count({ other: "{n} of {all}" }, 1, { all: 3 })).toBe("1 of 3");
});
