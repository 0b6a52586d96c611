import { expect, test } from "vitest";

import { takeKey } from "./keys";

test.each([
  ["l", "library"],
  ["a", "library"],
  ["k", "links"],
  ["h", "shares"],
  ["j", "jobs"],
  ["t", "storage"],
  ["s", "settings"],
])("g then %s goes to the %s", (key, to) => {
  const first = takeKey("g", false);
  expect(first).toEqual({ deed: null, isPending: true });
  expect(takeKey(key, first.isPending)).toEqual({ deed: { kind: "go", to }, isPending: false });
});

test.each([
  ["/", "search"],
  ["u", "upload"],
  ["?", "help"],
])("%s acts at once", (key, kind) => {
  expect(takeKey(key, false)).toEqual({ deed: { kind }, isPending: false });
});

test("an unknown second key ends the pair and does nothing", () => {
  expect(takeKey("/", true)).toEqual({ deed: null, isPending: false });
  expect(takeKey("x", false)).toEqual({ deed: null, isPending: false });
});
