import { expect, test } from "vitest";

import { rowsOf, type MediaFacts } from "./facts";

const FILM: MediaFacts = {
  timecode: "01:00:00:00",
  camera: null,
  warnings: ["2 picture tracks; the first is shown."],
  video: {
    codec: "hevc",
    profile: "Main 10",
    bit_depth: 10,
    frame_rate: "30000/1001",
    variable_rate: false,
    field_order: null,
    transfer: 16,
    alpha: false,
    rotation: 90,
  },
  audio: [
    { codec: "aac", channels: 6, layout: "5.1", sample_rate: 48000, language: "und" },
    { codec: "pcm", channels: 1, layout: null, sample_rate: 44100, language: "deu" },
  ],
};

test("a film says codec, rate, colour, sound and timecode", () => {
  expect(rowsOf(FILM)).toEqual([
    { name: "Picture", value: "HEVC Main 10, 10 bit, HDR10 (PQ), turned by 90 degrees" },
    { name: "Frame rate", value: "29.97 fps" },
    { name: "Sound", value: "AAC, 5.1, 48 kHz" },
    { name: "Sound", value: "PCM, 1 channel, 44.1 kHz, deu" },
    { name: "Timecode", value: "01:00:00:00" },
    { name: "Note", value: "2 picture tracks; the first is shown." },
  ]);
});

test("nothing is said of what is not known", () => {
  expect(rowsOf(null)).toEqual([]);
  expect(rowsOf(undefined)).toEqual([]);
  expect(rowsOf({ video: null, audio: [] })).toEqual([]);
});

test("pages, moving pictures and loudness are figures", () => {
  expect(rowsOf({ image: { frames: 1, pages: 7 } })).toEqual([{ name: "Pages", value: "7" }]);
  expect(rowsOf({ image: { frames: 24 } })).toEqual([{ name: "Frames", value: "24" }]);
  expect(rowsOf({ loudness: { integrated: -23, range: 7.25, peak: -1 } })).toEqual([
    { name: "Loudness", value: "-23.0 LUFS, range 7.3 LU, peak -1.0 dBTP" },
  ]);
});

test("a show says its lights, frames and music", () => {
  const sequence = {
    format: "fseq",
    version: "2.0",
    channels: 300,
    frames: 7200,
    step_ms: 25,
    compression: "zstd",
    media_file: "song.mp3",
    producer: null,
    song: "S",
    artist: null,
    author: null,
    sequence_type: null,
    models: Array.from({ length: 14 }, (_, n) => `m${String(n)}`),
    model_count: 14,
    timings: [],
    effects: 0,
    groups: 0,
    controllers: 2,
    submodels: 0,
  };
  expect(rowsOf({ sequence })).toEqual([
    { name: "Format", value: "FSEQ 2.0" },
    { name: "Lights", value: "300 channels" },
    { name: "Frames", value: "7200 at 40 fps (3:00)" },
    { name: "Compression", value: "zstd" },
    { name: "Song", value: "S" },
    { name: "Music file", value: "song.mp3" },
    {
      name: "Models",
      value: "m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11 and more (14 in all)",
    },
    { name: "Controllers", value: "2" },
  ]);
});
