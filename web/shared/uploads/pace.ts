/**
 * How many requests run at once: three at first, one more each five seconds while that brings more
 * speed, half as many when the server or the line complains.
 *
 * Browsers open six HTTP/1.1 connections to a host; over HTTP/2 there may be more.
 */
const LOOK_MS = 5_000;
const WORTH = 1.1; // of the speed before
const REST_MS = 5_000; // one complaint of many requests at once counts once
export const MOST_REQUESTS = 6;
export const MOST_STREAMS = 16;

export class Pace {
  running = 0;
  private wide: number;
  private lookedAt: number | null = null;
  private bytes = 0;
  private speed = 0;
  private strainedAt = -Infinity;
  private heldUntil = -Infinity;
  private isFull = false;

  constructor(
    first: number,
    private readonly most = MOST_REQUESTS,
  ) {
    this.wide = Math.max(1, Math.min(first, most));
  }

  /** Requests that may run at once. */
  get width(): number {
    return this.wide;
  }

  /** Whether one more may begin. */
  hasRoom(now: number): boolean {
    const room = now >= this.heldUntil && this.running < this.wide;
    if (!room) this.isFull = true; // more could be sent than may
    return room;
  }

  /** Bytes have left; `now` in milliseconds. Grows where the last growth was worth it. */
  move(now: number, bytes: number): void {
    if (this.lookedAt === null) {
      this.lookedAt = now;
      return;
    }
    this.bytes += bytes;
    const elapsed = now - this.lookedAt;
    if (elapsed < LOOK_MS) return;
    const speed = (this.bytes * 1000) / elapsed;
    if (this.isFull && speed >= this.speed * WORTH) this.wide = Math.min(this.most, this.wide + 1);
    if (this.isFull) this.speed = speed;
    this.lookedAt = now;
    this.bytes = 0;
    this.isFull = false;
  }

  /** Something failed: half as many from now on; `waitMs` is the server's own wish. */
  strain(now: number, waitMs = 0): void {
    this.heldUntil = Math.max(this.heldUntil, now + waitMs);
    if (now - this.strainedAt < REST_MS) return;
    this.strainedAt = now;
    this.wide = Math.max(1, Math.floor(this.wide / 2));
    this.lookedAt = null;
    this.bytes = 0;
    this.speed = 0;
  }
}

/** As many as the connection of this page carries. */
export function mostAtOnce(): number {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return /^h[23]/.test(page?.nextHopProtocol ?? "") ? MOST_STREAMS : MOST_REQUESTS;
}
