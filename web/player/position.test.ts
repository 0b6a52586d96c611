import { expect, test } from "vitest";

import { findPosition, keepPosition, sweepPositions, type Shelf } from "./position";

const DAY = 24 * 3600 * 1000;

function emptyShelf(): Shelf {
  const rows = new Map<string, string>();
  return {
    get length() {
      return rows.size;
    },
    getItem: (key) => rows.get(key) ?? null,
    setItem: (key, value) => void rows.set(key, value),
    removeItem: (key) => void rows.delete(key),
    key: (index) => [...rows.keys()][index] ?? null,
  };
}

test("a position is found again until 90 days have passed", () => {
  const shelf = emptyShelf();
  keepPosition(shelf, "ast_1", 12.3456, 60, 0);
  expect(findPosition(shelf, "ast_1", 90 * DAY)).toBe(12.346);
  expect(findPosition(shelf, "ast_1", 90 * DAY + 1)).toBeNull();
  expect(findPosition(shelf, "ast_2", 0)).toBeNull();
});

test.each([0, 4.9, 56, 60])("%d s of a minute is not worth coming back to", (seconds) => {
  const shelf = emptyShelf();
  keepPosition(shelf, "ast_1", 30, 60, 0);
  keepPosition(shelf, "ast_1", seconds, 60, 0);
  expect(findPosition(shelf, "ast_1", 0)).toBeNull();
});

test("old and broken positions are swept, others stay", () => {
  const shelf = emptyShelf();
  keepPosition(shelf, "old", 30, 60, 0);
  keepPosition(shelf, "new", 30, 60, 60 * DAY);
  shelf.setItem("rushes.position.broken", "{");
  shelf.setItem("rushes.position.odd", '{"t":"x"}');
  shelf.setItem("theme", "dark");
  sweepPositions(shelf, 100 * DAY);
  expect(Array.from({ length: shelf.length }, (_, index) => shelf.key(index))).toEqual([
    "rushes.position.new",
    "theme",
  ]);
});
