import { expect, test } from "vitest";

import type { Share } from "../api/types";
import {
  changesOf,
  EMPTY_SHARE,
  embedCode,
  formOfShare,
  shareOfForm,
  signOfShare,
  wrongInShare,
} from "./share";

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

const PLAIN = {
  title: "",
  message: "",
  may_play: true,
  download: "none",
  may_get_original: false,
  max_views: null,
  origins: [],
  color: null,
  logo_id: null,
};

test("a plain form is watched for seven days", () => {
  expect(shareOfForm(EMPTY_SHARE, ["ast_1"], now)).toEqual({
    ...PLAIN,
    asset_ids: ["ast_1"],
    expires_at: "2026-06-08T12:00:00.000Z",
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
    color: "#112233",
    logoId: "a1",
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
    color: "#112233",
    logo_id: "a1",
  });
});

test("a share is changed from what it is: its end and its password stay", () => {
  const known: Share = {
    ...PLAIN,
    ...share,
    id: "shr_1",
    url: null,
    embed_url: null,
    client: "Acme",
    project: "Spring",
    is_whole_project: true,
    asset_count: null,
    title: "First cut",
    has_password: true,
    max_views: 3,
    origins: ["https://a.example", "https://b.example"],
    download_count: 0,
    last_viewed_at: null,
  };
  const form = formOfShare(known);
  expect([...wrongInShare(form, [], false)]).toEqual([]);
  expect(changesOf(form, now)).toEqual({
    ...PLAIN,
    title: "First cut",
    max_views: 3,
    origins: ["https://a.example", "https://b.example"],
  });
  expect(changesOf({ ...form, isOpened: true, days: "" }, now)).toMatchObject({
    password: null,
    expires_at: null,
  });
});

test("the code to embed is one frame", () => {
  expect(embedCode("https://m.example/embed/x")).toMatch(/^<iframe src="https:\/\/m\.example\//);
});
