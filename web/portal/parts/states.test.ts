import { expect, test } from "vitest";

import { progressOf, signOfAsset, signOfJob, signOfPlacement, signOfRendition } from "./states";

const asset = { kind: "video", scan: "clean" } as const;

test.each([
  ["arriving", "busy"],
  ["filed", "busy"],
  ["playable", "edge"],
  ["ready", "ok"],
  ["failed", "error"],
  ["deleting", "quiet"],
] as const)("an asset that is %s has a word, a tone and a glyph", (state, tone) => {
  const sign = signOfAsset({ ...asset, state });
  expect(sign.tone).toBe(tone);
  expect(sign.word).not.toBe("");
});

test("making says how far it is, rounded down", () => {
  expect(signOfAsset({ ...asset, state: "filed" }, 0.439).word).toBe("Making 43 %");
  expect(signOfRendition("making", 0.999).word).toBe("Making 99 %");
  expect(signOfAsset({ ...asset, state: "filed" }).word).toBe("Making");
});

test("an infected file is held, whatever its state", () => {
  expect(signOfAsset({ ...asset, state: "ready", scan: "infected" }).glyph).toBe("held");
});

test("no two states of one thing look the same", () => {
  const placements = (["absent", "copying", "present", "evicting", "lost"] as const).map(
    (state) => signOfPlacement(state).word,
  );
  const jobs = (["waiting", "running", "succeeded", "failed", "cancelled"] as const).map(
    (state) => signOfJob(state).word,
  );
  const renditions = (["wanted", "making", "ready", "failed"] as const).map(
    (state) => signOfRendition(state, null).word,
  );
  for (const words of [placements, jobs, renditions]) {
    expect(new Set(words).size).toBe(words.length);
  }
});

test("progress is the mean over the rungs; a failed one does not hold it back", () => {
  expect(progressOf([])).toBeNull();
  expect(
    progressOf([
      { state: "ready", progress: null },
      { state: "failed", progress: 0.1 },
      { state: "making", progress: 0.5 },
      { state: "wanted", progress: null },
    ]),
  ).toBe(0.625);
});
