/**
 * What to load: HLS first, the best ready MP4 where HLS fails; and what a failure leads to.
 *
 * Pure: decisions over the playback answer, so that a test can walk through all of them.
 */
import type { Playback, Rung } from "./playback";

export const MOST_RENEWALS = 3;
export const MOST_RETRIES = 3;

export type Source =
  | { readonly kind: "hls"; readonly url: string }
  | { readonly kind: "mp4"; readonly url: string; readonly quality: string };

/** Return the rungs that have a file of their own, best first. */
export function readyRungs(playback: Playback): Rung[] {
  return playback.qualities
    .filter((rung) => rung.state === "ready" && rung.url !== null)
    .sort((one, other) => (other.height ?? 0) - (one.height ?? 0));
}

/** Choose the source for a quality (`auto` or a rung's name); null when nothing can be played. */
export function chooseSource(
  playback: Playback,
  quality: string,
  hlsFails: boolean,
): Source | null {
  if (!hlsFails && playback.hls_url !== null) return { kind: "hls", url: playback.hls_url };
  const rungs = readyRungs(playback);
  const wanted = quality === "auto" ? playback.selected_quality : quality;
  const rung = rungs.find((each) => each.quality === wanted) ?? rungs[0];
  if (rung === undefined || rung.url === null) return null;
  return { kind: "mp4", url: rung.url, quality: rung.quality };
}

export interface Level {
  readonly height: number;
  readonly bitrate: number;
}

/** Return the index of the HLS level that is this rung (same height, nearest bit rate), or -1. */
export function levelOfRung(levels: readonly Level[], rung: Rung): number {
  let best = -1;
  levels.forEach((level, index) => {
    if (level.height !== rung.height) return;
    const bestLevel = levels[best];
    const wanted = rung.bitrate ?? bestLevel?.bitrate ?? 0;
    if (
      bestLevel === undefined ||
      Math.abs(level.bitrate - wanted) < Math.abs(bestLevel.bitrate - wanted)
    ) {
      best = index;
    }
  });
  return best;
}

export interface Failure {
  readonly cause: "network" | "media";
  readonly status: number | null;
}

export interface Tries {
  readonly renewals: number;
  readonly retries: number;
  readonly recoveries: number;
}

export type Remedy = "renew" | "retry" | "recover" | "fall-back" | "give-up";

/** Decide what to do about a failure of the stream, after `tries` so far. */
export function remedyFor(failure: Failure, tries: Tries, mayFallBack: boolean): Remedy {
  const isRefused = failure.status === 401 || failure.status === 403;
  if (isRefused) return tries.renewals < MOST_RENEWALS ? "renew" : "give-up";
  if (failure.cause === "media" && tries.recoveries < 1) return "recover";
  const mayPass = failure.status === null || failure.status === 0 || failure.status >= 429;
  if (failure.cause === "network" && mayPass && tries.retries < MOST_RETRIES) return "retry";
  return mayFallBack ? "fall-back" : "give-up";
}

/** What of hls.js these decisions look at. */
export interface Levels {
  readonly levels: readonly Level[];
  readonly currentLevel: number;
}

/** Return the names of the rungs that the stream itself holds. */
export function streamedRungs(rungs: readonly Rung[], levels: readonly Level[]): Set<string> {
  const streamed = rungs.filter((rung) => levelOfRung(levels, rung) !== -1);
  return new Set(streamed.map((rung) => rung.quality));
}

/** Return the rung that is on screen, or null while that is not known. */
export function rungOnScreen(rungs: readonly Rung[], stream: Levels): string | null {
  if (stream.currentLevel < 0) return null;
  const shown = rungs.find((rung) => levelOfRung(stream.levels, rung) === stream.currentLevel);
  return shown?.quality ?? null;
}
