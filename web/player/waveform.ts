/** The waveform of a sound: bars of its peaks, what has played in another colour; a click seeks. */
import { player as words } from "../shared/text/en.json";

const BAR = 3; // pixels
const GAP = 1;
const FULL = 128; // of peaks of 8 bits
const LEAST = 0.02; // of the height: silence is a line

/** Return the greatest reach of each pair, 0 to 1; null where this is no waveform of 8 bits. */
export function parsePeaks(answer: unknown): number[] | null {
  const { data, bits } = (answer ?? {}) as { data?: unknown; bits?: unknown };
  if (!Array.isArray(data) || bits !== 8 || data.length < 2) return null;
  const pairs = data.length >> 1;
  return Array.from({ length: pairs }, (_, index) => {
    const [low, high] = [Number(data[2 * index]), Number(data[2 * index + 1])];
    return Math.min(1, Math.max(-low, high, 0) / FULL);
  });
}

/** Return so many bars, each the greatest of the peaks that it stands for. */
export function barsOf(peaks: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, bar) => {
    const begin = Math.floor((bar * peaks.length) / count);
    const end = Math.max(begin + 1, Math.floor(((bar + 1) * peaks.length) / count));
    return Math.max(LEAST, ...peaks.slice(begin, end));
  });
}

export interface WaveformEvents {
  /** 0 to 1 of the whole. */
  readonly share: () => number;
  readonly onSeek: (share: number) => void;
}

export class Waveform {
  readonly element: HTMLElement;
  readonly #canvas = document.createElement("canvas");
  readonly #events: WaveformEvents;
  readonly #size = new ResizeObserver(() => {
    this.#draw();
  });
  #peaks: number[] | null = null;
  #drawn = -1;
  #frame = 0;

  constructor(url: string, events: WaveformEvents) {
    this.#events = events;
    this.element = document.createElement("div");
    this.element.className = "wave loading";
    this.element.setAttribute("aria-hidden", "true"); // the seek bar below is for readers
    this.element.append(this.#canvas);
    this.element.addEventListener("click", (event) => {
      const box = this.#canvas.getBoundingClientRect();
      if (box.width > 0)
        events.onSeek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    });
    this.#size.observe(this.#canvas);
    void this.#load(url);
  }

  close(): void {
    this.#size.disconnect();
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  async #load(url: string): Promise<void> {
    try {
      const response = await fetch(url);
      this.#peaks = response.ok ? parsePeaks(await response.json()) : null;
    } catch {
      this.#peaks = null;
    }
    this.element.classList.remove("loading");
    if (this.#peaks === null) {
      this.element.classList.add("failed");
      this.element.textContent = words.wave_failed;
      return;
    }
    this.#draw();
    this.#follow();
  }

  readonly #follow = (): void => {
    const share = this.#events.share();
    if (Math.abs(share - this.#drawn) * this.#canvas.clientWidth >= 1) this.#draw();
    this.#frame = requestAnimationFrame(this.#follow);
  };

  #draw(): void {
    const context = this.#canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (context === null || this.#peaks === null || width === 0) return;
    const density = devicePixelRatio;
    this.#canvas.width = Math.round(width * density);
    this.#canvas.height = Math.round(height * density);
    context.scale(density, density);
    const style = getComputedStyle(this.#canvas);
    const [played, rest] = [style.getPropertyValue("--wave-played"), style.color];
    this.#drawn = this.#events.share();
    const bars = barsOf(this.#peaks, Math.max(1, Math.floor(width / (BAR + GAP))));
    bars.forEach((reach, bar) => {
      context.fillStyle = (bar + 0.5) / bars.length <= this.#drawn ? played : rest;
      const tall = Math.max(2, reach * height);
      context.fillRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall);
    });
  }
}
