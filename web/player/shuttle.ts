/** The shuttle of j, k and l: faster on by play rate, back by stepped seeking. */
import { nextShuttle } from "./keys";

const BACK_STEPS_PER_SECOND = 12; // browsers cannot play backwards; more seeks only queue up

export class Shuttle {
  readonly #media: () => HTMLVideoElement | null;
  readonly #seek: (seconds: number) => void;
  readonly #onRate: (rate: number) => void;
  #rate = 0;
  #timer: number | null = null;

  constructor(
    media: () => HTMLVideoElement | null,
    seek: (seconds: number) => void,
    onRate: (rate: number) => void,
  ) {
    this.#media = media;
    this.#seek = seek;
    this.#onRate = onRate;
  }

  get isOn(): boolean {
    return this.#rate !== 0 && this.#rate !== 1;
  }

  /** One press: -1x -2x -4x or +1x +2x +4x. */
  press(direction: 1 | -1): void {
    const media = this.#media();
    if (media === null) return;
    const before = this.#rate === 0 && !media.paused ? 1 : this.#rate;
    this.#stopStepping();
    this.#rate = nextShuttle(before, direction);
    this.#onRate(this.#rate);
    if (this.#rate > 0) {
      media.playbackRate = this.#rate;
      void media.play().catch(() => undefined);
      return;
    }
    media.playbackRate = 1;
    media.pause();
    const step = -this.#rate / BACK_STEPS_PER_SECOND;
    this.#timer = window.setInterval(() => {
      if (media.seeking) return;
      this.#seek(Math.max(0, media.currentTime - step));
      if (media.currentTime <= 0) this.halt();
    }, 1000 / BACK_STEPS_PER_SECOND);
  }

  /** Back to single speed; whether it plays on is the caller's. */
  halt(): void {
    this.#stopStepping();
    const media = this.#media();
    if (media !== null && media.playbackRate !== 1) media.playbackRate = 1;
    this.#rate = 0;
    this.#onRate(0);
  }

  #stopStepping(): void {
    if (this.#timer !== null) window.clearInterval(this.#timer);
    this.#timer = null;
  }
}
