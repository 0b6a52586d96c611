import { expect, test } from "vitest";

import { barsOf, parsePeaks } from "./waveform";

test("peaks are the greater reach of each pair", () => {
  expect(parsePeaks({ bits: 8, data: [-128, 0, -2, 64, 0, 0] })).toEqual([1, 0.5, 0]);
});

test.each([null, {}, { bits: 16, data: [0, 1] }, { bits: 8, data: [] }, { bits: 8, data: "0,1" }])(
  "what is no waveform is none: %j",
  (answer) => {
    expect(parsePeaks(answer)).toBeNull();
  },
);

test("a bar is the greatest of its peaks, and silence is a line", () => {
  expect(barsOf([0.1, 0.9, 0.2, 0.3], 2)).toEqual([0.9, 0.3]);
  expect(barsOf([0], 3)).toEqual([0.02, 0.02, 0.02]);
});
