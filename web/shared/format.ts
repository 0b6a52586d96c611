/** Figures as people read them: sizes, speeds, durations, dates. Pure, so that tests can hold them. */

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Return a size in decimal units with at most `digits` decimals: `41 GB`, `1.25 TB`. */
export function formatSize(bytes: number, digits = 2): string {
  return scaled(bytes, digits, "");
}

/** Return a rate with two decimals, `B/s` to `PB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return scaled(bytesPerSecond, 2, "/s", true);
}

function scaled(value: number, digits: number, suffix: string, fixed = false): string {
  let amount = Number.isFinite(value) && value > 0 ? value : 0;
  let unit = 0;
  while (amount >= 999.995 && unit < SIZE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const decimals = unit === 0 ? 0 : digits;
  const text = fixed ? amount.toFixed(decimals) : String(Number(amount.toFixed(decimals)));
  return `${text} ${SIZE_UNITS[unit] ?? "PB"}${suffix}`;
}

/** Return a playing time: `0:07`, `12:03`, `1:02:03`. Hours are always shown from one hour on. */
export function formatDuration(seconds: number): string {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds) : 0;
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const tail = `:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}${tail}` : `${minutes}${tail}`;
}

/** Return a date and time in the reader's own zone and language: `4 Jun 2026, 14:05`. */
export function formatMoment(iso: string, locale?: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(
    moment,
  );
}

/** Return a date alone, in the reader's own zone and language. */
export function formatDate(iso: string, locale?: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(moment);
}

/** Cut a name in its middle, so that both its beginning and its extension stay readable. */
export function middleEllipsis(name: string, length: number): string {
  const letters = Array.from(name);
  if (letters.length <= length) return name;
  const tail = Math.min(12, Math.floor(length / 2));
  return `${letters.slice(0, length - tail - 1).join("")}…${letters.slice(-tail).join("")}`;
}
