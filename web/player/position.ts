/** Where a viewer left an asset: kept in this browser alone, for 90 days. */
const PREFIX = "rushes.position.";
const KEEP_MS = 90 * 24 * 3600 * 1000;
const EDGE_SECONDS = 5; // neither the first nor the last seconds are worth coming back to

export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Remember a position; one near either end forgets it instead. */
export function keepPosition(
  shelf: Shelf,
  asset: string,
  seconds: number,
  duration: number,
  now: number,
): void {
  if (seconds < EDGE_SECONDS || seconds > duration - EDGE_SECONDS) {
    shelf.removeItem(PREFIX + asset);
    return;
  }
  shelf.setItem(PREFIX + asset, JSON.stringify({ t: Math.round(seconds * 1000) / 1000, at: now }));
}

/** Return the kept position in seconds, or null when there is none or it is too old. */
export function findPosition(shelf: Shelf, asset: string, now: number): number | null {
  const kept = read(shelf.getItem(PREFIX + asset));
  return kept === null || now - kept.at > KEEP_MS ? null : kept.t;
}

/** Drop every position older than 90 days. */
export function sweepPositions(shelf: Shelf, now: number): void {
  const keys = Array.from({ length: shelf.length }, (_, index) => shelf.key(index));
  for (const key of keys) {
    if (key === null || !key.startsWith(PREFIX)) continue;
    const kept = read(shelf.getItem(key));
    if (kept === null || now - kept.at > KEEP_MS) shelf.removeItem(key);
  }
}

function read(text: string | null): { t: number; at: number } | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Partial<{ t: unknown; at: unknown }> | null;
    if (typeof kept?.t !== "number" || typeof kept.at !== "number") return null;
    return { t: kept.t, at: kept.at };
  } catch {
    return null;
  }
}
