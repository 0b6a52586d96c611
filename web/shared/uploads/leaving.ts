/** While bytes move: ask before the page is left, and keep the screen awake where that is allowed. */
import type { Queue } from "./queue";

/** Watches queues; the question and the lock exist only while something is being sent. */
export class Guard {
  private readonly queues: Queue[] = [];
  private isGuarded = false;
  private lock: WakeLockSentinel | null = null;

  constructor() {
    // A hidden page loses its lock.
    document.addEventListener("visibilitychange", () => void this.wake());
  }

  watch(queue: Queue): void {
    this.queues.push(queue);
    queue.addEventListener("change", () => {
      this.update();
    });
  }

  private update(): void {
    const isMoving = this.queues.some((queue) => queue.totals().moving > 0);
    if (isMoving === this.isGuarded) return;
    this.isGuarded = isMoving;
    if (isMoving) {
      window.addEventListener("beforeunload", ask);
      void this.wake();
    } else {
      window.removeEventListener("beforeunload", ask);
      void this.lock?.release();
      this.lock = null;
    }
  }

  private async wake(): Promise<void> {
    const isWanted = this.isGuarded && document.visibilityState === "visible";
    if (!isWanted || !("wakeLock" in navigator)) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (this.queues.every((queue) => queue.totals().moving === 0)) void lock.release();
      else this.lock = lock;
    } catch {
      this.lock = null; // low battery, or not allowed: the upload goes on all the same
    }
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
