import { expect, test } from "vitest";

import type { Rung } from "./playback";
import { formatRate, qualityRows, type QualityWords } from "./qualities";

const words: QualityWords = {
  auto: "Auto",
  auto_now: "Auto ({quality})",
  rate: "{rate} Mbit/s",
  making: "making {percent} %",
  states: { making: "making", wanted: "waiting", recalling: "recalling", failed: "failed" },
};

const rung = (quality: string, more: Partial<Rung> = {}): Rung => ({
  quality,
  state: "ready",
  url: "",
  width: null,
  height: Number.parseInt(quality, 10),
  bitrate: 5_200_000,
  size_bytes: null,
  ...more,
});

test("Auto comes first, then the rungs, best first", () => {
  const rows = qualityRows([rung("360p"), rung("1080p")], "auto", "360p", new Set(), words);
  expect(rows.map((row) => [row.label, row.note, row.isChosen])).toEqual([
    ["Auto (360p)", "", true],
    ["1080p", "5.2 Mbit/s", false],
    ["360p", "5.2 Mbit/s", false],
  ]);
});

test("a rung that cannot play yet is disabled and says why", () => {
  const rungs = [
    rung("2160p", { state: "wanted" }),
    rung("1080p", { state: "making", progress: 0.437 }),
    rung("720p", { state: "making" }),
    rung("540p", { state: "making", progress: 0.2 }),
    rung("360p", { bitrate: null, height: null }),
  ];
  const rows = qualityRows(rungs, "360p", null, new Set(["540p"]), words);
  expect(rows.map((row) => [row.quality, row.note, row.isDisabled, row.isChosen])).toEqual([
    ["auto", "", false, false],
    ["2160p", "waiting", true, false],
    ["1080p", "making 43 %", true, false],
    ["720p", "making", true, false],
    ["540p", "5.2 Mbit/s", false, false],
    ["360p", "", false, true],
  ]);
});

test("bit rates keep two telling digits", () => {
  expect([800_000, 5_240_000, 16_100_000].map(formatRate)).toEqual(["0.8", "5.2", "16"]);
});
