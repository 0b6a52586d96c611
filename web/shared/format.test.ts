import { describe, expect, it } from "vitest";

import {
  formatDate,
  formatDuration,
  formatMoment,
  formatSize,
  formatSpeed,
  middleEllipsis,
} from "./format";

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1_250_000, "1.25 MB"],
    [999_999, "1 MB"],
    [41_000_000_000, "41 GB"],
    [5.5e12, "5.5 TB"],
    [1e18, "1000 PB"],
    [-1, "0 B"],
    [Number.NaN, "0 B"],
  ])("%d is %s", (bytes, words) => {
    expect(formatSize(bytes)).toBe(words);
  });
});

describe("speeds", () => {
  it.each([
    [512, "512 B/s"],
    [1_500_000, "1.50 MB/s"],
    [2e9, "2.00 GB/s"],
    [Infinity, "0 B/s"],
  ])("%d is %s", (rate, words) => {
    expect(formatSpeed(rate)).toBe(words);
  });
});

describe("playing times", () => {
  it.each([
    [7, "0:07"],
    [723, "12:03"],
    [3723, "1:02:03"],
    [Number.NaN, "0:00"],
  ])("%d s is %s", (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });
});

describe("moments", () => {
  it("are written in the reader's language", () => {
    expect(formatDate("2026-06-04T12:00:00Z", "en-GB")).toBe("4 June 2026");
    expect(formatMoment("2026-06-04T12:00:00Z", "en-GB")).toContain("4 Jun 2026");
  });

  it("that are none are empty", () => {
    expect(formatDate("soon")).toBe("");
    expect(formatMoment("")).toBe("");
  });
});

describe("names", () => {
  it("keep their beginning and their extension", () => {
    expect(middleEllipsis("A001C003_250604_R2KF.mov", 16)).toBe("A001C00…R2KF.mov");
    expect(middleEllipsis("short.mov", 16)).toBe("short.mov");
  });

  it("are cut between characters, not inside them", () => {
    expect(middleEllipsis("🎬".repeat(30), 9)).toBe(`${"🎬".repeat(4)}…${"🎬".repeat(4)}`);
  });
});
