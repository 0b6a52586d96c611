/** Until when something lasts, as it is chosen in a form. Pure. */

const DAY_MS = 24 * 3600 * 1000;

/** What may be chosen: days from now, or never. */
export const LIVES = ["1", "7", "14", "30", "90", ""] as const;

/** What is chosen where the end that was set before stays. */
export const AS_IT_IS = "kept";

/** Return the end that was chosen, as the API has it; null is never. */
export function endOf(days: string, now: Date): string | null {
  return days === "" ? null : new Date(now.getTime() + Number(days) * DAY_MS).toISOString();
}
