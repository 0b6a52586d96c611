/**
 * Whether a failed request is tried again, and when.
 *
 * While the network or the server is away it is tried without end; a server that answers with an
 * error of its own gets three tries without progress; a refusal is final.
 */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const TRIES_WITHOUT_PROGRESS = 3;
const TRIES_WHEN_BUSY = 20; // 409 and 423: another request of ours still holds the upload

const AWAY = new Set([0, 429, 502, 503, 504, 507]); // it passes by itself; a full disk does, too
const BUSY = new Set([408, 409, 423, 425, 460]);

export interface Failure {
  /** 0 when no answer came. */
  readonly status: number;
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | null;
  /** Tries since the last byte that arrived, this one not counted. */
  readonly failures: number;
}

export type Verdict = { readonly retryMs: number } | "gone" | "stop";

/** Decide; `random` is in [0, 1). */
export function judge(failure: Failure, random: number): Verdict {
  const { status, failures } = failure;
  if (status === 404 || status === 410) return "gone";
  const most = triesFor(status);
  if (failures >= most) return "stop";
  return { retryMs: waitFor(failure, random) };
}

function triesFor(status: number): number {
  if (AWAY.has(status)) return Infinity;
  if (BUSY.has(status)) return TRIES_WHEN_BUSY;
  return status >= 500 ? TRIES_WITHOUT_PROGRESS : 0;
}

function waitFor(failure: Failure, random: number): number {
  // Who names a time knows it; a little later, so that not all come at once.
  if (failure.status === 429 && failure.retryAfter !== null) {
    return failure.retryAfter * 1000 + Math.round(FIRST_MS * random);
  }
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failure.failures, 10));
  const jittered = Math.max(FIRST_MS / 2, Math.round(ceiling * random));
  const asked = failure.retryAfter === null ? 0 : failure.retryAfter * 1000;
  return Math.max(jittered, asked);
}
