import { expect, test } from "vitest";

import { formatMetadata, metadataOf, newGroup, placeOf } from "./metadata";
import { cut, type Piece } from "./pieces";

test("values go in Base64 of their UTF-8", () => {
  expect(formatMetadata({ filename: "Übung.mov", relativePath: "" })).toBe(
    "filename w5xidW5nLm1vdg==,relativePath ",
  );
});

test("a file tells its name, its type where it has one, and its folder where it lies in one", () => {
  const file = new File(["x"], "a.mov", { type: "video/quicktime" });
  expect(metadataOf({ file, path: "a.mov" })).toEqual({
    filename: "a.mov",
    filetype: "video/quicktime",
  });
  expect(metadataOf({ file: new File(["x"], "a"), path: "day 1/a" })).toEqual({
    filename: "a",
    relativePath: "day 1/a",
  });
});

test("what a sender answered goes along", () => {
  const chosen = { file: new File(["x"], "a"), path: "a", answers: { "field.day": "2026-01-31" } };
  expect(metadataOf(chosen)).toEqual({ filename: "a", "field.day": "2026-01-31" });
});

test("a part tells where it belongs", () => {
  const [, second] = cut(100 * 1024 * 1024, true) as [Piece, Piece];
  expect(placeOf(second, "a1", 104_857_600)).toEqual({
    rushes_group: "a1",
    rushes_start: "33554432",
    rushes_total: "104857600",
  });
});

test("groups are 32 hexadecimal digits, and never the same", () => {
  const [one, other] = [newGroup(), newGroup()];
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(one).not.toBe(other);
});
