/**
 * Frames and timecode: which frame is shown at a time, and how an editor writes it.
 *
 * Rates are rationals, because 23.976 is a rounding of 24000/1001 and drifts a frame in 42 s.
 * Drop-frame counting (SMPTE ST 12-1) skips two numbers a minute (four at 59.94) but not each
 * tenth minute; it is written with `;` before the frames.
 */
export interface FrameRate {
  readonly num: number;
  readonly den: number;
}

const ROUNDING = 0.006; // 23.98 for 23.976, yet far from 24

/** Rates that are written rounded, and the rational each one means. */
const NTSC: readonly FrameRate[] = [
  { num: 24000, den: 1001 },
  { num: 30000, den: 1001 },
  { num: 48000, den: 1001 },
  { num: 60000, den: 1001 },
  { num: 120000, den: 1001 },
];

/** Read `24000/1001`, `25` or a rounded `23.976`; null for anything that is not a rate. */
export function parseFrameRate(text: string | number | null | undefined): FrameRate | null {
  const parts = /^(\d+(?:\.\d+)?)(?:[/:](\d+))?$/.exec(String(text ?? "").trim());
  if (parts === null) return null;
  const num = Number(parts[1]);
  if (parts[2] !== undefined) {
    const den = Number(parts[2]);
    return num > 0 && den > 0 ? { num, den } : null;
  }
  if (num <= 0) return null;
  const whole = Math.round(num);
  if (whole > 0 && Math.abs(whole - num) < ROUNDING) return { num: whole, den: 1 };
  const rounded = NTSC.find((rate) => Math.abs(rate.num / rate.den - num) < ROUNDING);
  return rounded ?? { num: Math.round(num * 1000), den: 1000 };
}

/** Return the number of the frame that is on screen at `seconds`, from 0. */
export function frameAt(seconds: number, rate: FrameRate): number {
  // A frame's own time stamp must land in it, whatever way the division rounds: a thousandth helps.
  return Math.max(0, Math.floor((seconds * rate.num) / rate.den + 0.001));
}

/** Return the time to seek to for a frame: its middle, so that no rounding shows its neighbour. */
export function timeOfFrame(frame: number, rate: FrameRate): number {
  return ((Math.max(0, frame) + 0.5) * rate.den) / rate.num;
}

/** Tell whether a rate is counted with drop frames: 29.97 and 59.94. */
export function countsDropFrame(rate: FrameRate): boolean {
  return rate.den === 1001 && (rate.num === 30000 || rate.num === 60000);
}

/** The number of a frame, counted from midnight, and whether numbers are left out. */
export interface Timecode {
  readonly frame: number;
  readonly isDrop: boolean;
}

/** Read `01:00:00:00`, or `01:00:00;00` where numbers are left out; null for anything else. */
export function parseTimecode(
  text: string | null | undefined,
  rate: FrameRate | null,
): Timecode | null {
  const parts = /^(\d\d):([0-5]\d):([0-5]\d)([:;])(\d\d)$/.exec(text ?? "");
  if (parts === null || rate === null) return null;
  const [hours = 0, minutes = 0, seconds = 0, frames = 0] = [1, 2, 3, 5].map((place) =>
    Number(parts[place]),
  );
  const nominal = nominalOf(rate);
  if (hours > 23 || frames >= nominal) return null;
  const isDrop = parts[4] === ";" && countsDropFrame(rate);
  const all = hours * 60 + minutes;
  const number = (all * 60 + seconds) * nominal + frames;
  const dropped = isDrop ? (nominal / 15) * (all - Math.floor(all / 10)) : 0;
  return { frame: number - dropped, isDrop };
}

function nominalOf(rate: FrameRate): number {
  return Math.max(1, Math.round(rate.num / rate.den));
}

/** Write a frame number as `HH:MM:SS:FF`, or `HH:MM:SS;FF` where frames are dropped. */
export function formatTimecode(
  frame: number,
  rate: FrameRate,
  isDrop = countsDropFrame(rate),
): string {
  const nominal = nominalOf(rate);
  const shown = isDrop ? withDropped(frame, nominal) : frame;
  const seconds = Math.floor(shown / nominal);
  const pair = (value: number): string => String(value).padStart(2, "0");
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return `${clock.map(pair).join(":")}${isDrop ? ";" : ":"}${pair(shown % nominal)}`;
}

function withDropped(frame: number, nominal: number): number {
  const dropped = nominal / 15; // 2 of 30, 4 of 60
  const perMinute = nominal * 60 - dropped;
  const perTen = perMinute * 10 + dropped;
  const tens = Math.floor(frame / perTen);
  const rest = frame % perTen;
  const minutes = rest < nominal * 60 ? 0 : 1 + Math.floor((rest - nominal * 60) / perMinute);
  return frame + dropped * 9 * tens + dropped * minutes;
}

/** Write a time without a known rate: `HH:MM:SS.t`, to the tenth. */
export function formatClock(seconds: number): string {
  const tenths = Math.max(0, Math.floor((Number.isFinite(seconds) ? seconds : 0) * 10 + 1e-6));
  const whole = Math.floor(tenths / 10);
  const pair = (value: number): string => String(value).padStart(2, "0");
  const clock = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${clock.map(pair).join(":")}.${String(tenths % 10)}`;
}
