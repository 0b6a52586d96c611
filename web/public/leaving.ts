/** While bytes move: ask before the page is left, and keep the screen awake where that is allowed. */
import type { Queue } from "../shared/uploads/queue";

/** Watch the queue; the question and the lock exist only while something is being sent. */
export function guardLeaving(queue: Queue): void {
  const ask = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
  };
  let isGuarded = false;
  let lock: WakeLockSentinel | null = null;
  const wake = async (): Promise<void> => {
    if (!isGuarded || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null; // low battery, or not allowed: the upload goes on all the same
    }
  };
  const update = (): void => {
    const isMoving = queue.totals().moving > 0;
    if (isMoving === isGuarded) return;
    isGuarded = isMoving;
    if (isMoving) {
      window.addEventListener("beforeunload", ask);
      void wake();
    } else {
      window.removeEventListener("beforeunload", ask);
      void lock?.release();
      lock = null;
    }
  };
  queue.addEventListener("change", update);
  document.addEventListener("visibilitychange", () => void wake());
}
