import { expect, test } from "vitest";

import { GAP, keysOf, readNews } from "./news";

test("news of an asset is about the lists and its own screen", () => {
  expect(keysOf({ type: "asset.ready", data: { asset_id: "ast_1" } })).toEqual([
    ["assets"],
    ["asset", "ast_1"],
  ]);
  expect(keysOf({ type: "placement.present", data: { asset_id: "ast_1" } })).toEqual([
    ["assets"],
    ["tiers"],
    ["asset", "ast_1"],
  ]);
});

test("a job is about the list of jobs and whatever asset is open", () => {
  expect(keysOf({ type: "job.changed", data: { subject: "cnt_1" } })).toEqual([
    ["jobs"],
    ["asset"],
  ]);
});

test("an upload that becomes an asset is about the library too", () => {
  expect(keysOf({ type: "upload.progressed", data: {} })).toEqual([["unfinished"]]);
  expect(keysOf({ type: "upload.accepted", data: {} })).toEqual([["unfinished"], ["assets"]]);
  expect(keysOf({ type: "link.used", data: {} })).toEqual([["links"], ["assets"]]);
});

test("after a gap everything is read again, and strange news is about nothing", () => {
  expect(keysOf({ type: GAP, data: {} })).toEqual([[]]);
  expect(keysOf({ type: "weather.changed", data: {} })).toEqual([]);
});

test("what is no news is left alone", () => {
  expect(readNews('{"type":"job.changed","data":{"progress":0.5}}')).toEqual({
    type: "job.changed",
    data: { progress: 0.5 },
  });
  expect(readNews('{"type":"live.gap"}')).toEqual({ type: "live.gap", data: {} });
  expect(readNews("{}")).toBeNull();
  expect(readNews("{")).toBeNull();
});
