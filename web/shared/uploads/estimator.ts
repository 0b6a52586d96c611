/**
 * How fast it goes, and how long it will take.
 *
 * The rate is a moving average: after 5 s it is 0.7 x the old and 0.3 x the new one, over samples
 * at any distance, corrected for its young age. The time left is only told when it means something: after 5 s, and while the rates of
 * the last samples spread by at most half of their mean. It is never Infinity, and never 0 while
 * bytes are missing.
 */
const STEP_MS = 5_000;
const KEPT_PER_STEP = 0.7;
const SAMPLE_MS = 1_000; // events of a request come in bursts; a sample is at least this long
const WARM_UP_MS = 5_000;
const STALLED_MS = 10_000;
const WIDEST_SPREAD = 0.5;

export type TimeLeft =
  | { readonly kind: "calculating" }
  | { readonly kind: "stalled" }
  | { readonly kind: "left"; readonly seconds: number };

export class Estimator {
  private weight = 0;
  private rates = 0;
  private squares = 0;
  private startedAt: number | null = null;
  private sampledAt = 0;
  private sampledBytes = 0;
  private movedAt = 0;
  private bytes = 0;

  /** Tell how many bytes have left in all; a number that falls (a retry) starts a new sample. */
  record(now: number, bytes: number): void {
    if (this.startedAt === null || bytes < this.bytes) {
      this.startedAt ??= now;
      this.sampledAt = now;
      this.sampledBytes = bytes;
      this.movedAt = now;
      this.bytes = bytes;
      return;
    }
    if (bytes > this.bytes) this.movedAt = now;
    this.bytes = bytes;
    const elapsed = now - this.sampledAt;
    if (elapsed >= SAMPLE_MS) this.take(now, elapsed);
  }

  private take(now: number, elapsed: number): void {
    const rate = ((this.bytes - this.sampledBytes) * 1000) / elapsed;
    const keep = KEPT_PER_STEP ** (elapsed / STEP_MS);
    this.weight = this.weight * keep + (1 - keep);
    this.rates = this.rates * keep + rate * (1 - keep);
    this.squares = this.squares * keep + rate * rate * (1 - keep);
    this.sampledAt = now;
    this.sampledBytes = this.bytes;
  }

  /** Forget everything, as after a pause: an old rate says nothing about the next minutes. */
  reset(): void {
    this.weight = 0;
    this.rates = 0;
    this.squares = 0;
    this.startedAt = null;
  }

  /** Bytes per second; null before the first sample. */
  get speed(): number | null {
    return this.weight > 0 ? this.rates / this.weight : null;
  }

  /** Standard deviation of the rates over their mean; 0 means perfectly steady. */
  private get spread(): number {
    const mean = this.rates / this.weight;
    const variance = Math.max(0, this.squares / this.weight - mean * mean);
    return Math.sqrt(variance) / mean;
  }

  /** Say how long `remaining` bytes will take from now. */
  timeLeft(now: number, remaining: number): TimeLeft {
    if (this.startedAt === null) return { kind: "calculating" };
    if (now - this.movedAt >= STALLED_MS) return { kind: "stalled" };
    const speed = this.speed;
    const young = now - this.startedAt < WARM_UP_MS;
    if (young || speed === null || speed < 1 || this.spread > WIDEST_SPREAD) {
      return { kind: "calculating" };
    }
    return { kind: "left", seconds: Math.max(1, Math.round(remaining / speed)) };
  }
}

/** The largest units that matter: `2h 5m`, `3m 12s`, `40s`; null where "less than a minute" fits. */
export function formatTimeLeft(seconds: number): string | null {
  if (!Number.isFinite(seconds) || seconds <= 0) return null;
  const whole = Math.ceil(seconds);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3_600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${whole % 60}s` : `${whole}s`;
}
