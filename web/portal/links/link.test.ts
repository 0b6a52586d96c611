import { expect, test } from "vitest";

import { EMPTY_FORM, linkOfForm, signOfLink, wrongFields } from "./link";

const now = new Date("2026-06-01T12:00:00Z");
const link = { is_active: true, expires_at: null, max_files: null, upload_count: 0 };

test("a link is open, off, expired or used up", () => {
  const words = [
    link,
    { ...link, is_active: false },
    { ...link, expires_at: "2026-06-01T12:00:00Z" },
    { ...link, max_files: 2, upload_count: 2 },
    { ...link, max_files: 2, upload_count: 1, expires_at: "2026-06-01T12:00:01Z" },
  ].map((each) => signOfLink(each, now).glyph);
  expect(words).toEqual(["check", "none", "none", "failed", "check"]);
});

test("client and project are needed, limits must be numbers", () => {
  expect([...wrongFields({ ...EMPTY_FORM, maxFiles: "0", maxGigabytes: "-1" })]).toEqual([
    "client",
    "project",
    "maxFiles",
    "maxGigabytes",
  ]);
  const form = {
    ...EMPTY_FORM,
    client: "Acme",
    project: "Spring",
    maxFiles: "3",
    maxGigabytes: "1.5",
  };
  expect([...wrongFields(form)]).toEqual([]);
});

test("a plain form is a client, a project and 14 days", () => {
  expect(linkOfForm({ ...EMPTY_FORM, client: " Acme ", project: "Spring" }, now)).toEqual({
    client: "Acme",
    project: "Spring",
    expires_at: "2026-06-15T12:00:00.000Z",
  });
});

test("a full form says everything, and may never expire", () => {
  const form = {
    client: "Acme",
    project: "Spring",
    title: "Day 1",
    message: "Please",
    days: "",
    password: " kept as it is ",
    maxFiles: "3",
    maxGigabytes: "1.5",
  };
  expect(linkOfForm(form, now)).toEqual({
    client: "Acme",
    project: "Spring",
    title: "Day 1",
    message: "Please",
    expires_at: null,
    password: " kept as it is ",
    max_files: 3,
    max_file_bytes: 1_500_000_000,
  });
});
