import { afterEach, expect, test, vi } from "vitest";

import { exchange } from "./exchange";

/** A browser's request to a server that never answers. */
class SilentRequest extends EventTarget {
  static last: SilentRequest | null = null;
  readonly upload = new EventTarget();
  readonly status = 0;
  readonly responseText = "";
  timeout = 0;

  open(): void {
    SilentRequest.last = this;
  }

  setRequestHeader(): void {
    // a silent server reads none
  }

  getResponseHeader(): null {
    return null;
  }

  send(): void {
    if (this.timeout > 0) queueMicrotask(() => this.dispatchEvent(new Event("loadend")));
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a request that took too long ends as a lost line does", async () => {
  vi.stubGlobal("XMLHttpRequest", SilentRequest);

  const { answer } = exchange({ method: "POST", url: "/files/", headers: {}, timeoutMs: 60_000 });

  expect((await answer).status).toBe(0);
  expect(SilentRequest.last?.timeout).toBe(60_000);
});

test("one without a time of its own has no end", () => {
  vi.stubGlobal("XMLHttpRequest", SilentRequest);
  exchange({ method: "PATCH", url: "/files/upl_1", headers: {} });
  expect(SilentRequest.last?.timeout).toBe(0);
});
