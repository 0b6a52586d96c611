import { describe, expect, it } from "vitest";

import { judge, type Failure } from "./retry";

const failure = (status: number, failures = 0, retryAfter: number | null = null): Failure => ({
  status,
  failures,
  retryAfter,
});

describe("whether", () => {
  it.each([0, 429, 502, 503, 504, 507])("%d is tried without end", (status) => {
    expect(judge(failure(status, 1000), 0.5)).toHaveProperty("retryMs");
  });

  it("gives a failing server three tries without progress", () => {
    expect(judge(failure(500, 2), 0.5)).toHaveProperty("retryMs");
    expect(judge(failure(500, 3), 0.5)).toBe("stop");
  });

  it.each([408, 409, 423, 460])(
    "%d waits for another request of ours, but not for ever",
    (status) => {
      expect(judge(failure(status, 19), 0.5)).toHaveProperty("retryMs");
      expect(judge(failure(status, 20), 0.5)).toBe("stop");
    },
  );

  it.each([400, 401, 403, 412, 413, 415, 422])("%d is final", (status) => {
    expect(judge(failure(status), 0.5)).toBe("stop");
  });

  it.each([404, 410])("%d means that the upload is gone", (status) => {
    expect(judge(failure(status), 0.5)).toBe("gone");
  });
});

describe("when", () => {
  it("doubles from one second to thirty", () => {
    const waits = [0, 1, 2, 3, 4, 5, 60].map((n) => judge(failure(0, n), 1));
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30].map((s) => ({ retryMs: s * 1000 })));
  });

  it("takes any part of it by chance, but at least half a second", () => {
    expect(judge(failure(0, 4), 0.25)).toEqual({ retryMs: 4000 });
    expect(judge(failure(0, 4), 0)).toEqual({ retryMs: 500 });
  });

  it("waits as long as the server asks, and not all at one moment", () => {
    expect(judge(failure(429, 0, 45), 0.5)).toEqual({ retryMs: 45_500 });
  });
});
