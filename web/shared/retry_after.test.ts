import { describe, expect, it } from "vitest";

import { parseRetryAfter } from "./retry_after";

describe("Retry-After", () => {
  const now = Date.parse("2026-06-04T12:00:00Z");

  it.each([
    ["12", 12],
    [" 7 ", 7],
    ["Thu, 04 Jun 2026 12:00:30 GMT", 30],
    ["Thu, 04 Jun 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["", null],
    [null, null],
  ])("reads %j as %j", (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });
});
