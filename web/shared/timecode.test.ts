import { describe, expect, test } from "vitest";

import {
  countsDropFrame,
  formatClock,
  formatTimecode,
  frameAt,
  parseFrameRate,
  parseTimecode,
  timeOfFrame,
} from "./timecode";

const FILM = { num: 24000, den: 1001 };
const NTSC = { num: 30000, den: 1001 };
const NTSC_60 = { num: 60000, den: 1001 };
const PAL = { num: 25, den: 1 };

describe("rates", () => {
  test.each([
    ["24000/1001", FILM],
    ["30000:1001", NTSC],
    ["25", PAL],
    [25, PAL],
    ["23.976", FILM],
    [29.97, NTSC],
    ["59.940", NTSC_60],
    ["12.5", { num: 12500, den: 1000 }],
  ])("%s is read as a rational", (text, rate) => {
    expect(parseFrameRate(text)).toEqual(rate);
  });

  test.each([null, undefined, "", "0", "0/1", "25/0", "fast", "-25"])("%s is no rate", (text) => {
    expect(parseFrameRate(text)).toBeNull();
  });

  test("only 29.97 and 59.94 drop frames", () => {
    expect([FILM, NTSC, NTSC_60, PAL].map(countsDropFrame)).toEqual([false, true, true, false]);
  });
});

describe("frames", () => {
  test.each([FILM, NTSC, NTSC_60, PAL])("seeking to a frame shows that frame", (rate) => {
    for (const frame of [0, 1, 23, 24, 25, 999, 86_399, 215_999]) {
      expect(frameAt(timeOfFrame(frame, rate), rate)).toBe(frame);
      expect(frameAt((frame * rate.den) / rate.num, rate)).toBe(frame);
    }
  });

  test("nothing lies before the first frame", () => {
    expect(frameAt(-1, PAL)).toBe(0);
    expect(timeOfFrame(-3, PAL)).toBe(0.02);
  });
});

describe("timecode", () => {
  test.each([
    [0, PAL, "00:00:00:00"],
    [24, PAL, "00:00:00:24"],
    [25, PAL, "00:00:01:00"],
    [90_000, PAL, "01:00:00:00"],
    [24, FILM, "00:00:01:00"],
    [1799, NTSC, "00:00:59;29"],
    [1800, NTSC, "00:01:00;02"],
    [17_982, NTSC, "00:10:00;00"],
    [107_892, NTSC, "01:00:00;00"],
    [3600, NTSC_60, "00:01:00;04"],
  ])("frame %i is written as an editor writes it", (frame, rate, text) => {
    expect(formatTimecode(frame, rate)).toBe(text);
  });

  test.each([
    ["01:00:00:00", PAL, 90_000],
    ["00:01:00:00", NTSC, 1800],
    ["00:00:59;29", NTSC, 1799],
    ["00:01:00;02", NTSC, 1800],
    ["00:10:00;00", NTSC, 17_982],
    ["01:00:00;00", NTSC, 107_892],
    ["23:59:59;29", NTSC, 2_589_407],
    ["00:01:00;04", NTSC_60, 3600],
  ])("%s is read as the frame that an editor means", (text, rate, frame) => {
    const isDrop = text.includes(";");
    expect(parseTimecode(text, rate)).toEqual({ frame, isDrop });
    expect(formatTimecode(frame, rate, isDrop)).toBe(text);
  });

  test("midnight follows the last second", () => {
    expect(formatTimecode(2_159_999 + 1, PAL)).toBe("00:00:00:00");
  });

  test.each([
    [null, PAL],
    ["01:00:00:00", null],
    ["1:00:00:00", PAL],
    ["24:00:00:00", PAL],
    ["00:00:00:25", PAL],
    ["00:00:60:00", PAL],
  ])("%s is no timecode", (text, rate) => {
    expect(parseTimecode(text, rate)).toBeNull();
  });

  test("numbers are left out only of rates that do so", () => {
    expect(parseTimecode("01:00:00;00", FILM)).toEqual({ frame: 86_400, isDrop: false });
  });

  test("without a rate the clock shows tenths", () => {
    expect([0, 83.27, 3725.1, Number.NaN, -4].map(formatClock)).toEqual([
      "00:00:00.0",
      "00:01:23.2",
      "01:02:05.1",
      "00:00:00.0",
      "00:00:00.0",
    ]);
  });
});
