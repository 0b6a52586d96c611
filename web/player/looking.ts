/** Looking: whether rungs get finished while a film plays, asked less and less often. */
import type { Level } from "hls.js";

import type { Playback } from "./playback";
import { readyRungs, streamedRungs } from "./source";

const FIRST_LOOK_MS = 5_000;
const SLOWER = 1.5;
const RAREST_LOOK_MS = 60_000;

/** Say whether a rung is finished that the stream does not hold. */
export function hasGrown(playback: Playback, levels: readonly Level[]): boolean {
  const streamed = streamedRungs(playback.qualities, levels);
  return readyRungs(playback).some(({ quality }) => !streamed.has(quality));
}

/** Say whether a rung may still be finished. */
export function mayGrow(playback: Playback): boolean {
  return playback.qualities.some(({ state }) => state === "making" || state === "wanted");
}

/** Looks again and again how far the rungs are, less and less often. */
export class Looking {
  readonly #look: () => Promise<boolean>;
  #timer = 0;
  #run = 0;

  /** `look` says whether there may be more to see. */
  constructor(look: () => Promise<boolean>) {
    this.#look = look;
  }

  begin(pauseMs = FIRST_LOOK_MS): void {
    this.end();
    const run = this.#run;
    this.#timer = window.setTimeout(() => {
      void this.#look()
        .catch(() => true) // a look that failed says nothing: there may be more to see
        .then((goesOn) => {
          if (goesOn && run === this.#run) {
            this.begin(Math.min(pauseMs * SLOWER, RAREST_LOOK_MS));
          }
        });
    }, pauseMs);
  }

  /** End it, also where a look is under way: nothing follows from that one. */
  end(): void {
    this.#run += 1;
    window.clearTimeout(this.#timer);
  }
}
