import { expect, it } from "vitest";

import { newItem, type Item, type State } from "./item";
import { totalsOf } from "./totals";

const item = (state: State, size: number, sent: number): Item => ({
  ...newItem(1, { file: new File([new Uint8Array(size)], "a"), path: "a" }),
  state,
  sent,
});

it("counts what was refused as a file, and its bytes not at all", () => {
  const items = [
    item("sending", 100, 40),
    item("received", 50, 50),
    item("refused", 7, 7),
    item("expired", 3, 1),
    item("cancelled", 9, 5),
  ];
  expect(totalsOf(items, 1)).toEqual({
    files: 4,
    bytes: 150,
    sent: 90,
    received: 1,
    refused: 2,
    open: 1,
    moving: 1,
  });
});

it("adds nothing up to nothing", () => {
  expect(totalsOf([], 0)).toMatchObject({ files: 0, bytes: 0, sent: 0 });
});
