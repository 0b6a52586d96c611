import { expect, test } from "vitest";

import { frameAt, timeOfFrame } from "../shared/timecode";
import { Playhead, type Clock } from "./playhead";

const RATE = { num: 30, den: 1 };

function still(currentTime: number): Clock {
  return { currentTime, paused: true, seeking: false, readyState: 4 };
}

test("a late frame of an earlier seek does not overwrite where the picture was sent", () => {
  const playhead = new Playhead();
  playhead.send(6);
  playhead.send(6.05);
  playhead.paint(6); // painted after the second seek began
  expect(playhead.read({ ...still(6.05), seeking: true })).toBe(6.05);
  playhead.settle(still(6.05));
  expect(playhead.read(still(6.05))).toBe(6.05);
});

test("steps that are pressed while a seek runs each count from the one before", () => {
  const playhead = new Playhead();
  const stale: Clock = { ...still(2), seeking: true };
  playhead.send(6);
  for (const by of [1, 1, -1]) {
    playhead.send(timeOfFrame(frameAt(playhead.read(stale), RATE) + by, RATE));
    playhead.paint(2);
  }
  expect(frameAt(playhead.read(stale), RATE)).toBe(6 * 30 + 1);
});

test("a picture that plays is where its frames are", () => {
  const playhead = new Playhead();
  const rolling: Clock = { ...still(6.2), paused: false };
  playhead.send(6);
  expect(playhead.read({ ...rolling, readyState: 1 })).toBe(6); // not yet
  expect(playhead.read({ ...rolling, seeking: true })).toBe(6);
  playhead.paint(6.1667);
  expect(playhead.read(rolling)).toBe(6.1667);
});

test("a pause stays on the painted frame, though the clock went a little further", () => {
  const playhead = new Playhead();
  playhead.paint(3.3333);
  expect(playhead.read(still(3.37))).toBe(3.3333);
});

test("where no frame was painted, or long ago, the clock is what there is", () => {
  const playhead = new Playhead();
  expect(playhead.read(still(1.5))).toBe(1.5);
  playhead.paint(1.5);
  expect(playhead.read({ ...still(9), paused: false })).toBe(9);
});

test("a picture that played on unseen is found where it stands", () => {
  const playhead = new Playhead();
  playhead.settle(still(4)); // never sent anywhere
  playhead.send(6);
  playhead.settle({ ...still(7), seeking: true });
  expect(playhead.read(still(6))).toBe(6);
  playhead.settle(still(6.0005)); // the element's rounding
  expect(playhead.read(still(6.0005))).toBe(6);
  playhead.settle(still(6.4));
  expect(playhead.read(still(6.4))).toBe(6.4);
});
