import { expect, test } from "vitest";

import { readPlace } from "./place";

const known = [{ value: "prj_1", label: "Acme Corp / Spring" }];

test("nothing typed is the inbox", () => {
  expect(readPlace("  ", known)).toEqual({ project: "", label: "", fresh: null });
});

test("a known place is named by its id", () => {
  const place = { project: "prj_1", label: "Acme Corp / Spring", fresh: null };
  expect(readPlace("acme corp / spring", known)).toEqual(place);
});

test("a new place is a client and a project", () => {
  expect(readPlace("Über Films / Day 1", known)).toEqual({
    project: null,
    label: "Über Films / Day 1",
    fresh: { client: "Über Films", project: "Day 1" },
  });
});

test.each(["acme", "acme/", "/spring", "a/b/c", "?/!"])("%s is no place", (text) => {
  expect(readPlace(text, known)).toBeNull();
});
