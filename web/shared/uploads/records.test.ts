import { afterEach, expect, test, vi } from "vitest";

import { movedTo, type UploadRecord } from "./records";

const RECORD: UploadRecord = {
  name: "a.mov",
  path: "a.mov",
  size: 9,
  lastModified: 1,
  sample: null,
  id: "https://up.example.com/u/t/files/upl_1",
  url: "https://up.example.com/u/t/files/upl_1",
  group: null,
  parts: [{ start: 0, length: 9, url: "https://up.example.com/u/t/files/upl_2", isDone: true }],
  place: "/u/t/files/",
  createdAt: 1,
  cancelled: false,
};

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  ["/u/t/files/", "https://media.example.com"],
  ["https://in.example.com/u/t/files/", "https://in.example.com"],
])("an upload is gone on with where uploads are begun now: %s", (endpoint, origin) => {
  vi.stubGlobal("location", new URL("https://media.example.com/u/t"));

  const moved = movedTo(endpoint, RECORD);

  expect(moved.url).toBe(`${origin}/u/t/files/upl_1`);
  expect(moved.parts.map(({ url }) => url)).toEqual([`${origin}/u/t/files/upl_2`]);
  expect(moved.id).toBe(RECORD.id); // its name in this browser stays
});

test("one that goes straight into a bucket is gone on with at the page's own address", () => {
  vi.stubGlobal("location", new URL("https://media.example.com/u/t"));
  const url = "https://former.example.com/u/t/s3/multipart/upl_1";

  const moved = movedTo("https://in.example.com/u/t/files/", { ...RECORD, url });

  expect(moved.url).toBe("https://media.example.com/u/t/s3/multipart/upl_1");
});

test("a group that has no address yet gets none", () => {
  vi.stubGlobal("location", new URL("https://media.example.com/u/t"));
  expect(movedTo("/u/t/files/", { ...RECORD, url: null }).url).toBeNull();
});
