import { expect, test } from "vitest";

import { FIT, panned, zoomed } from "./view";

test("zoom stays between fit and 800 %", () => {
  expect(zoomed(FIT, 2)).toEqual({ scale: 2, x: 0, y: 0 });
  expect(zoomed(FIT, 100).scale).toBe(8);
  expect(zoomed({ scale: 2, x: 30, y: -4 }, 0.1)).toEqual(FIT);
});

test("the middle stays while zooming", () => {
  expect(zoomed({ scale: 2, x: 30, y: -4 }, 2)).toEqual({ scale: 4, x: 60, y: -8 });
});

test("a fitted picture is not shifted, a zoomed one is", () => {
  expect(panned(FIT, 5, 5)).toEqual(FIT);
  expect(panned({ scale: 2, x: 1, y: 1 }, 5, -5)).toEqual({ scale: 2, x: 6, y: -4 });
});
