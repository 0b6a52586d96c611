import { expect, test } from "vitest";

import { EMPTY_SHARE, embedCode, shareOfForm, signOfShare, wrongInShare } from "./share";

const now = new Date("2026-06-01T12:00:00Z");
const share = { is_active: true, expires_at: null, max_views: null, view_count: 0 };

test("a share is open, off, expired or used up", () => {
  const glyphs = [
    share,
    { ...share, is_active: false },
    { ...share, expires_at: "2026-06-01T12:00:00Z" },
    { ...share, max_views: 2, view_count: 2 },
    { ...share, max_views: 2, view_count: 1, expires_at: "2026-06-01T12:00:01Z" },
  ].map((each) => signOfShare(each, now).glyph);
  expect(glyphs).toEqual(["check", "none", "none", "failed", "check"]);
});

test("a project is needed where no asset is told, and figures must be figures", () => {
  const form = { ...EMPTY_SHARE, password: "abc", maxViews: "0" };
  expect([...wrongInShare(form, [])]).toEqual(["project", "password", "maxViews"]);
  expect([...wrongInShare(EMPTY_SHARE, ["ast_1"])]).toEqual([]);
});

test("a plain form is watched for seven days", () => {
  expect(shareOfForm(EMPTY_SHARE, ["ast_1"], now)).toEqual({
    asset_ids: ["ast_1"],
    expires_at: "2026-06-08T12:00:00.000Z",
    may_play: true,
    download: "none",
    may_get_original: false,
  });
});

test("a full form says everything, and may never expire", () => {
  const form = {
    ...EMPTY_SHARE,
    project: "prj_1",
    title: " First cut ",
    message: "Look",
    days: "",
    password: " kept as it is ",
    download: "720p",
    maxViews: "3",
    origins: "https://a.example\nhttps://b.example ",
  };
  expect(shareOfForm(form, [], now)).toEqual({
    project: "prj_1",
    expires_at: null,
    may_play: true,
    download: "720p",
    may_get_original: false,
    title: "First cut",
    message: "Look",
    password: " kept as it is ",
    max_views: 3,
    origins: ["https://a.example", "https://b.example"],
  });
});

test("the code to embed is one frame", () => {
  expect(embedCode("https://m.example/embed/x")).toMatch(/^<iframe src="https:\/\/m\.example\//);
});
