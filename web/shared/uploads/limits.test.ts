import { describe, expect, it } from "vitest";

import { breachOf, extensionOf, isJunk, type Limits } from "./limits";

const NONE: Limits = { maxFileBytes: null, filesLeft: null, bytesLeft: null, extensions: [] };
const NOTHING = { files: 0, bytes: 0 };

const chosen = (name: string, size: number): { file: File; path: string } => ({
  file: new File([new Uint8Array(size)], name),
  path: name,
});

describe("what a link allows", () => {
  it("is everything without limits", () => {
    expect(breachOf(chosen("a.exe", 9), NONE, NOTHING)).toBeNull();
  });

  it.each([
    [10, null],
    [11, "upload.too_large"],
  ])("a file of %d bytes at a limit of 10: %j", (size, breach) => {
    expect(breachOf(chosen("a", size), { ...NONE, maxFileBytes: 10 }, NOTHING)).toBe(breach);
  });

  it.each([
    [1, null],
    [2, "link.full"],
  ])("with %d files taken of 2: %j", (files, breach) => {
    expect(breachOf(chosen("a", 1), { ...NONE, filesLeft: 2 }, { files, bytes: 0 })).toBe(breach);
  });

  it.each([
    [5, null],
    [6, "link.full"],
  ])("with %d bytes taken of 10, five more: %j", (bytes, breach) => {
    expect(breachOf(chosen("a", 5), { ...NONE, bytesLeft: 10 }, { files: 0, bytes })).toBe(breach);
  });

  it("goes by the extension, whatever its case", () => {
    const limits = { ...NONE, extensions: ["mov", "mp4"] };
    expect(breachOf(chosen("A.MOV", 1), limits, NOTHING)).toBeNull();
    expect(breachOf(chosen("a.exe", 1), limits, NOTHING)).toBe("upload.type_refused");
    expect(breachOf(chosen("mov", 1), limits, NOTHING)).toBe("upload.type_refused");
  });

  it("takes names of 255 characters, and no more", () => {
    expect(breachOf(chosen("n".repeat(255), 1), NONE, NOTHING)).toBeNull();
    expect(breachOf(chosen("n".repeat(256), 1), NONE, NOTHING)).toBe("upload.bad_name");
  });
});

describe("extensions", () => {
  it.each([
    ["a.b.MOV", "mov"],
    [".hidden", ""],
    ["plain", ""],
    ["end.", ""],
  ])("of %s: %j", (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });
});

describe("litter", () => {
  it.each([".DS_Store", "card/Thumbs.db", "x/desktop.ini", "p/.fcpcache/1", "card/._a.mov"])(
    "%s is left out",
    (path) => {
      expect(isJunk(path)).toBe(true);
    },
  );

  it.each(["a.mov", "my.ds_store.mov", "_a.mov"])("%s is not", (path) => {
    expect(isJunk(path)).toBe(false);
  });
});
