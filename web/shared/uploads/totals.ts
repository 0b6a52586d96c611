/** Sums over a list of files. */
import { isOpen, type Item } from "./item";

export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
  readonly open: number;
  readonly moving: number;
}

/** Return the files that take room on a link: on their way, or received. */
export function takenOf(items: readonly Item[]): Item[] {
  return items.filter((item) => isOpen(item) || item.state === "received");
}

/** Add a list up; refused and cancelled files count as files, not as bytes to send. */
export function totalsOf(items: readonly Item[], moving: number): Totals {
  const taken = takenOf(items);
  return {
    files: items.filter((item) => item.state !== "cancelled").length,
    bytes: sum(taken, (item) => item.file.size),
    sent: sum(taken, (item) => item.sent),
    received: items.filter((item) => item.state === "received").length,
    refused: items.filter((item) => ["refused", "expired"].includes(item.state)).length,
    open: items.filter(isOpen).length,
    moving,
  };
}

/** Add one figure of each up. */
export function sum(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
