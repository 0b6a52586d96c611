/** The quality menu as rows: Auto and each rung, with its bit rate or how far its making is. */
import { fill } from "../shared/text/fill";
import type { Rung, RungState } from "./playback";

export interface QualityRow {
  readonly quality: string;
  readonly label: string;
  readonly note: string;
  readonly isChosen: boolean;
  readonly isDisabled: boolean;
}

export interface QualityWords {
  readonly auto: string;
  readonly auto_now: string;
  readonly rate: string;
  readonly making: string;
  readonly states: Readonly<Record<Exclude<RungState, "ready">, string>>;
}

/**
 * Return the rows of the menu, Auto first, then best first.
 *
 * `chosen` is `auto` or a rung; `playing` the rung on screen; `streams` tells which rungs the
 * stream itself holds, for a rung may play from the playlist before its file is ready.
 */
export function qualityRows(
  rungs: readonly Rung[],
  chosen: string,
  playing: string | null,
  streams: ReadonlySet<string>,
  words: QualityWords,
): QualityRow[] {
  const auto: QualityRow = {
    quality: "auto",
    label: playing === null ? words.auto : fill(words.auto_now, { quality: playing }),
    note: "",
    isChosen: chosen === "auto",
    isDisabled: false,
  };
  const rows = [...rungs]
    .sort((one, other) => (other.height ?? 0) - (one.height ?? 0))
    .map((rung): QualityRow => {
      const isPlayable = rung.state === "ready" || streams.has(rung.quality);
      return {
        quality: rung.quality,
        label: rung.quality,
        note: isPlayable ? rateOf(rung, words) : progressOf(rung, words),
        isChosen: chosen === rung.quality,
        isDisabled: !isPlayable,
      };
    });
  return [auto, ...rows];
}

/** Write a bit rate in Mbit/s: two digits that say something. */
export function formatRate(bitsPerSecond: number): string {
  const rate = bitsPerSecond / 1_000_000;
  return rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

function rateOf(rung: Rung, words: QualityWords): string {
  if (rung.bitrate === null || rung.bitrate <= 0) return "";
  return fill(words.rate, { rate: formatRate(rung.bitrate) });
}

function progressOf(rung: Rung, words: QualityWords): string {
  if (rung.state === "making" && typeof rung.progress === "number") {
    return fill(words.making, { percent: Math.floor(rung.progress * 100) });
  }
  return rung.state === "ready" ? "" : words.states[rung.state];
}
