/** The frame rate as measured from the frames that were shown, where nothing states it. */
import { parseFrameRate, type FrameRate } from "../shared/timecode";

const SAMPLES = 24;

export type Measured = FrameRate | "variable" | null;

/** Collects presentation times in seconds; null until it has seen enough of them. */
export class FrameMeter {
  #last: number | null = null;
  #gaps: number[] = [];

  /** Take the time stamp of a shown frame. A jump (a seek, a dropped frame) starts a new pair. */
  add(seconds: number): void {
    const gap = this.#last === null ? 0 : seconds - this.#last;
    this.#last = seconds;
    if (gap > 0.004 && gap < 0.2 && this.#gaps.length < SAMPLES) this.#gaps.push(gap);
  }

  get measured(): Measured {
    if (this.#gaps.length < SAMPLES) return null;
    const sorted = [...this.#gaps].sort((one, other) => one - other);
    const median = sorted[SAMPLES / 2] ?? 0;
    // Dropped frames give whole multiples of the gap; anything in between is a varying rate.
    const isSteady = sorted.every((gap) => {
      const times = Math.max(1, Math.round(gap / median));
      return Math.abs(gap / times - median) < median * 0.06;
    });
    return isSteady ? parseFrameRate(1 / median) : "variable";
  }
}
