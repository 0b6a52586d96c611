/**
 * The playhead: the one place in the picture that timecode, steps, marks and addresses speak of.
 *
 * Three clocks disagree for a moment after each seek: where the picture was sent, what the element
 * says, and the frame that was painted last. Until the picture plays on, where it was sent is
 * the truth: a frame of an earlier seek that is painted late says nothing about it.
 */
const ROUNDING = 0.002; // seconds; elements keep a time to the microsecond or the millisecond
const TRAIL = 0.2; // seconds; a painted frame may trail the clock by this, an older one is stale
const HAVE_FUTURE_DATA = 3; // HTMLMediaElement.readyState: less cannot move

/** What is read of a media element. */
export interface Clock {
  readonly currentTime: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly readyState: number;
}

export class Playhead {
  #sought: number | null = null;
  #painted: number | null = null;

  /** The picture was sent to a time; what was painted before is no longer of interest. */
  send(seconds: number): void {
    this.#sought = seconds;
    this.#painted = null;
  }

  /** A frame with this time stamp was painted. */
  paint(seconds: number): void {
    this.#painted = seconds;
  }

  /** The picture stands still: it played on in between when its clock is elsewhere. */
  settle(clock: Clock): void {
    if (clock.seeking || this.#sought === null) return;
    if (Math.abs(clock.currentTime - this.#sought) > ROUNDING) this.#sought = null;
  }

  /** Return the time of the frame that is, or is about to be, on screen. */
  read(clock: Clock): number {
    const isRolling = !clock.paused && !clock.seeking && clock.readyState >= HAVE_FUTURE_DATA;
    if (isRolling) this.#sought = null;
    if (this.#sought !== null) return this.#sought;
    const isFresh = Math.abs(clock.currentTime - (this.#painted ?? Infinity)) < TRAIL;
    return isFresh && this.#painted !== null ? this.#painted : clock.currentTime;
  }
}
