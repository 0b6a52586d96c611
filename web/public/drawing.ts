/** How often a list is drawn: a long one less often, so that the line has the time. */
import type { Queue } from "../shared/uploads/queue";

const FRAME_MS = 30;
const LONG_MS = 250;
const LONG_LIST = 100;

/** Milliseconds between a change and its drawing; all changes in between are drawn at once. */
export function pauseOf({ items }: Pick<Queue, "items">): number {
  return items.length > LONG_LIST ? LONG_MS : FRAME_MS;
}
