import { expect, test } from "vitest";

import {
  changesOf,
  EMPTY_FORM,
  EMPTY_QUESTION,
  formOfLink,
  isWrong,
  linkOfForm,
  signOfLink,
  wrongFields,
  type LinkForm,
} from "./link";

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

const PLAIN = {
  title: "",
  message: "",
  notes: "",
  max_files: null,
  max_file_bytes: null,
  max_total_bytes: null,
  types: [],
  fields: [],
  client_email: null,
  notify: true,
  preview: "off",
  keep_parts_days: 7,
  color: null,
  logo_id: null,
};

test("a plain form is a client, a project and 14 days", () => {
  expect(linkOfForm({ ...EMPTY_FORM, client: " Acme ", project: "Spring" }, now)).toEqual({
    ...PLAIN,
    client: "Acme",
    project: "Spring",
    expires_at: "2026-06-15T12:00:00.000Z",
  });
});

const FULL: LinkForm = {
  client: "Acme",
  project: "Spring",
  title: "Day 1",
  message: "Please",
  notes: "Of the second unit",
  days: "",
  password: " kept as it is ",
  isOpened: false,
  maxFiles: "3",
  maxGigabytes: "1.5",
  totalGigabytes: "0.0000000001",
  types: " mov, image/* ",
  clientMail: " anna@example.com ",
  notify: false,
  mayPreview: true,
  keepDays: "14",
  questions: [
    { label: " Day ", isRequired: true, kind: "date", choices: "left over", key: "day" },
    { label: "Unit", isRequired: false, kind: "choice", choices: " A \n\nB", key: "" },
  ],
  color: "#112233",
  logoId: "a1",
};

test("a full form says everything, and may never expire", () => {
  expect([...wrongFields(FULL)]).toEqual([]);
  expect(linkOfForm(FULL, now)).toEqual({
    client: "Acme",
    project: "Spring",
    title: "Day 1",
    message: "Please",
    notes: "Of the second unit",
    expires_at: null,
    password: " kept as it is ",
    max_files: 3,
    max_file_bytes: 1_500_000_000,
    max_total_bytes: 1,
    types: ["mov", "image/*"],
    fields: [
      { label: "Day", required: true, kind: "date", choices: [], key: "day" },
      { label: "Unit", required: false, kind: "choice", choices: ["A", "B"], key: "" },
    ],
    client_email: "anna@example.com",
    notify: false,
    preview: "own",
    keep_parts_days: 14,
    color: "#112233",
    logo_id: "a1",
  });
});

test("questions, addresses, passwords and days that cannot be are marked", () => {
  const form = {
    ...FULL,
    password: "abc",
    clientMail: "anna",
    keepDays: "0",
    questions: [{ ...EMPTY_QUESTION, label: "Unit", kind: "choice" }],
  };
  expect([...wrongFields(form)]).toEqual(["password", "keepDays", "clientMail", "questions"]);
  expect(isWrong({ ...EMPTY_QUESTION, label: " " })).toBe(true);
  expect(isWrong({ ...EMPTY_QUESTION, label: "Roll" })).toBe(false);
});

test("a link is changed from what it is: its end and its password stay", () => {
  const known = {
    ...PLAIN,
    ...link,
    id: "lnk_1",
    url: null,
    client: "Acme",
    project: "Spring",
    has_password: true,
    max_files: 2,
    max_total_bytes: 2_500_000_000,
    types: ["mov", "mp4"],
    client_email: "anna@example.com",
    preview: "own",
    fields: [{ label: "Unit", required: true, kind: "choice", choices: ["A", "B"], key: "unit" }],
  };
  const form = formOfLink(known);
  expect(form.totalGigabytes).toBe("2.5");
  expect(changesOf(form, now)).toEqual({
    ...PLAIN,
    max_files: 2,
    max_total_bytes: 2_500_000_000,
    types: ["mov", "mp4"],
    client_email: "anna@example.com",
    preview: "own",
    fields: known.fields,
  });
  expect(changesOf({ ...form, isOpened: true, days: "7" }, now)).toMatchObject({
    password: null,
    expires_at: "2026-06-08T12:00:00.000Z",
  });
});
