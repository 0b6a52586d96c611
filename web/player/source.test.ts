import { describe, expect, test } from "vitest";

import type { Playback, Rung } from "./playback";
import {
  chooseSource,
  levelOfRung,
  readyRungs,
  remedyFor,
  rungOnScreen,
  streamedRungs,
} from "./source";

const rung = (quality: string, more: Partial<Rung> = {}): Rung => ({
  quality,
  state: "ready",
  url: `/p/${quality}.mp4`,
  width: null,
  height: Number.parseInt(quality, 10),
  bitrate: 1_000_000,
  size_bytes: null,
  ...more,
});

const playback = (more: Partial<Playback> = {}): Playback => ({
  asset_id: "ast_1",
  ready: true,
  path: "ladder",
  reason: "",
  hls_url: "/p/index.m3u8",
  poster_url: null,
  storyboard_url: null,
  selected_quality: "720p",
  qualities: [rung("360p"), rung("720p"), rung("1080p", { state: "making", url: null })],
  duration: 10,
  width: 1920,
  height: 1080,
  expires_at: null,
  ...more,
});

describe("source", () => {
  test("HLS comes first", () => {
    expect(chooseSource(playback(), "auto", false)).toEqual({ kind: "hls", url: "/p/index.m3u8" });
  });

  test("where HLS fails the selected quality plays as MP4", () => {
    const source = { kind: "mp4", url: "/p/720p.mp4", quality: "720p" };
    expect(chooseSource(playback(), "auto", true)).toEqual(source);
    expect(chooseSource(playback({ hls_url: null }), "auto", false)).toEqual(source);
  });

  test("a wanted quality is kept, one that is not ready gives the best ready one", () => {
    expect(chooseSource(playback(), "360p", true)).toMatchObject({ quality: "360p" });
    expect(chooseSource(playback(), "1080p", true)).toMatchObject({ quality: "720p" });
  });

  test("without HLS and files there is nothing to play", () => {
    expect(chooseSource(playback({ hls_url: null, qualities: [] }), "auto", false)).toBeNull();
  });

  test("ready rungs are listed best first", () => {
    const rungs = [rung("360p"), rung("720p"), rung("audio", { height: null })];
    const names = readyRungs(playback({ qualities: rungs })).map((each) => each.quality);
    expect(names).toEqual(["720p", "360p", "audio"]);
  });
});

describe("levels", () => {
  const levels = [
    { height: 360, bitrate: 800_000 },
    { height: 720, bitrate: 6_000_000 },
    { height: 720, bitrate: 2_500_000 },
  ];

  test("a rung is the level of its height and nearest bit rate", () => {
    expect(levelOfRung(levels, rung("720p", { bitrate: 3_000_000 }))).toBe(2);
    expect(levelOfRung(levels, rung("720p", { bitrate: null }))).toBe(1);
    expect(levelOfRung(levels, rung("360p"))).toBe(0);
  });

  test("a rung that the playlist does not hold has no level", () => {
    expect(levelOfRung(levels, rung("1080p"))).toBe(-1);
  });
});

describe("stream", () => {
  const levels = [
    { height: 360, bitrate: 800_000 },
    { height: 720, bitrate: 2_500_000 },
  ];
  const rungs = [rung("360p"), rung("720p"), rung("1080p")];

  test("the rungs of the playlist are named", () => {
    expect([...streamedRungs(rungs, levels)]).toEqual(["360p", "720p"]);
  });

  test("the rung on screen is that of the current level", () => {
    const onScreen = [-1, 0, 1].map((currentLevel) =>
      rungOnScreen(rungs, { levels, currentLevel }),
    );
    expect(onScreen).toEqual([null, "360p", "720p"]);
    expect(rungOnScreen([], { levels, currentLevel: 0 })).toBeNull();
  });
});

describe("remedies", () => {
  const none = { renewals: 0, retries: 0, recoveries: 0 };

  test.each([401, 403])("a refused segment (%i) renews the token, three times", (status) => {
    const failure = { cause: "network", status } as const;
    expect(remedyFor(failure, none, true)).toBe("renew");
    expect(remedyFor(failure, { ...none, renewals: 3 }, true)).toBe("give-up");
  });

  test("a network failure is retried, then the file is tried, then it is said", () => {
    const failure = { cause: "network", status: 503 } as const;
    expect(remedyFor(failure, none, true)).toBe("retry");
    expect(remedyFor(failure, { ...none, retries: 3 }, true)).toBe("fall-back");
    expect(remedyFor(failure, { ...none, retries: 3 }, false)).toBe("give-up");
  });

  test("what is not there is not asked for again", () => {
    expect(remedyFor({ cause: "network", status: 404 }, none, true)).toBe("fall-back");
    expect(remedyFor({ cause: "network", status: 410 }, none, false)).toBe("give-up");
    expect(remedyFor({ cause: "network", status: null }, none, true)).toBe("retry");
    expect(remedyFor({ cause: "network", status: 0 }, none, true)).toBe("retry");
  });

  test("a media failure is recovered once", () => {
    const failure = { cause: "media", status: null } as const;
    expect(remedyFor(failure, none, true)).toBe("recover");
    expect(remedyFor(failure, { ...none, recoveries: 1 }, true)).toBe("fall-back");
    expect(remedyFor(failure, { ...none, recoveries: 1 }, false)).toBe("give-up");
  });
});
