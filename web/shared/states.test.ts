import { expect, it } from "vitest";

import { iconFor, wordFor } from "./states";

it("has a word for each state", () => {
  expect([wordFor("waiting"), wordFor("received")]).toEqual(["Waiting", "Received"]);
});

it.each([
  ["a.mov", "", "video"],
  ["a.bin", "video/mp4", "video"],
  ["a.CR2", "", "image"],
  ["a.wav", "", "audio"],
  ["a.zip", "application/zip", "archive"],
  ["a.pdf", "application/pdf", "document"],
  ["a.exe", "application/x-msdownload", "file"],
  ["plain", "", "file"],
])("draws %s (%s) as %s", (name, type, icon) => {
  expect(iconFor(name, type)).toBe(icon);
});
