import { describe, expect, test } from "vitest";

import { deedOfKey, nextShuttle, ownsKey } from "./keys";

describe("keys", () => {
  test.each([
    [" ", { kind: "toggle" }],
    ["k", { kind: "halt" }],
    ["j", { kind: "shuttle", direction: -1 }],
    ["l", { kind: "shuttle", direction: 1 }],
    [",", { kind: "frame", by: -1 }],
    [".", { kind: "frame", by: 1 }],
    ["ArrowLeft", { kind: "seek", bySeconds: -5 }],
    ["ArrowRight", { kind: "seek", bySeconds: 5 }],
    ["ArrowUp", { kind: "volume", by: 0.05 }],
    ["m", { kind: "mute" }],
    ["i", { kind: "mark", edge: "in" }],
    ["o", { kind: "mark", edge: "out" }],
    ["f", { kind: "fullscreen" }],
    ["q", { kind: "quality" }],
    ["c", { kind: "captions" }],
    ["7", { kind: "jump", share: 0.7 }],
    ["Home", { kind: "jump", share: 0 }],
    ["End", { kind: "jump", share: 1 }],
  ])("%j has its deed", (key, deed) => {
    expect(deedOfKey({ key })).toEqual(deed);
  });

  test("shift makes an arrow one second", () => {
    expect(deedOfKey({ key: "ArrowLeft", shiftKey: true })).toEqual({
      kind: "seek",
      bySeconds: -1,
    });
  });

  test("other keys and the browser's own chords are left alone", () => {
    expect(deedOfKey({ key: "x" })).toBeNull();
    expect(deedOfKey({ key: "f", ctrlKey: true })).toBeNull();
    expect(deedOfKey({ key: "ArrowLeft", altKey: true })).toBeNull();
    expect(deedOfKey({ key: "1", metaKey: true })).toBeNull();
    expect(deedOfKey({ key: "J", shiftKey: true })).toBeNull();
  });
});

describe("shuttle", () => {
  test("each press goes faster, up to four times", () => {
    expect([0, 1, 2, 4].map((rate) => nextShuttle(rate, 1))).toEqual([1, 2, 4, 4]);
    expect([0, -1, -2, -4].map((rate) => nextShuttle(rate, -1))).toEqual([-1, -2, -4, -4]);
  });

  test("turning round starts at single speed", () => {
    expect(nextShuttle(4, -1)).toBe(-1);
    expect(nextShuttle(-2, 1)).toBe(1);
  });
});

describe("ownership", () => {
  const node = (tagName: string, role: string | null = null, isContentEditable = false) =>
    ({ tagName, isContentEditable, getAttribute: () => role }) as unknown as HTMLElement;

  test("fields, menus and dialogs keep every key", () => {
    const owners = [
      node("INPUT"),
      node("TEXTAREA"),
      node("SELECT"),
      node("DIV", null, true),
      node("DIV", "menu"),
      node("SECTION", "dialog"),
      node("DIV", "listbox"),
    ];
    expect(owners.map((owner) => ownsKey(owner, "k"))).toEqual(owners.map(() => true));
  });

  test("tabs and sliders keep the keys that move them", () => {
    expect(ownsKey(node("BUTTON", "tab"), "ArrowLeft")).toBe(true);
    expect(ownsKey(node("DIV", "slider"), "Home")).toBe(true);
    expect(ownsKey(node("BUTTON", "tab"), "k")).toBe(false);
  });

  test("buttons keep the keys that press them", () => {
    expect(ownsKey(node("BUTTON"), " ")).toBe(true);
    expect(ownsKey(node("A"), "Enter")).toBe(true);
    expect(ownsKey(node("DIV", "button"), " ")).toBe(true);
    expect(ownsKey(node("BUTTON"), "j")).toBe(false);
    expect(ownsKey(node("DIV"), " ")).toBe(false);
  });
});
