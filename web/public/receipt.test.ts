import { expect, it } from "vitest";

import { readableDigest, writeReceipt, type Receipt } from "./receipt";

const RECEIPT: Receipt = {
  link: "lnk_1",
  name: "Acme",
  lines: [
    {
      name: "a.mov",
      path: "card/a.mov",
      size_bytes: 1500,
      digest: "sha-256:ab",
      received_at: "2026-06-04T12:00:00.000Z",
    },
    { name: '=1,"x".csv', path: '=1,"x".csv', size_bytes: 0, digest: null, received_at: "" },
  ],
};

it("is text that a person can read", () => {
  const text = writeReceipt(RECEIPT, "txt");
  expect(text).toContain("Acme\nlnk_1\n\ncard/a.mov\n  1.5 kB (1500 B), ");
  expect(text).toContain("  sha-256:ab\n");
});

it("is a table whose cells cannot run as formulas", () => {
  expect(writeReceipt(RECEIPT, "csv").split("\r\n")).toEqual([
    "path,size_bytes,digest,received_at,link",
    "card/a.mov,1500,sha-256:ab,2026-06-04T12:00:00.000Z,lnk_1",
    `"'=1,""x"".csv",0,,,lnk_1`,
    "",
  ]);
});

it("is JSON that a program can read back", () => {
  expect(JSON.parse(writeReceipt(RECEIPT, "json"))).toEqual(RECEIPT);
});

it("groups a digest for the eye", () => {
  expect(readableDigest(`sha-256:0123456789abcdef`)).toBe("01234567 89abcdef");
  expect(readableDigest("")).toBe("");
});
