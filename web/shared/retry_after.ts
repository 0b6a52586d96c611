/** How long a server asks to wait. */

/** Read `Retry-After`, in seconds or as a date; null when there is none. */
export function parseRetryAfter(header: string | null | undefined, now: number): number | null {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header.trim());
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - now) / 1000));
}
