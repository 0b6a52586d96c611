/**
 * States as people see them: a word, a tone and a glyph each, never a colour alone (CF-08).
 *
 * Pure: from the API's states to what a badge shows.
 */
import type { Asset, JobState, PartnerState, PlacementState, RenditionState } from "../api/types";
import { portal as words, states } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import type { Glyph } from "./glyphs";

export type Tone = "quiet" | "busy" | "ok" | "warn" | "error" | "edge";

export interface Sign {
  readonly word: string;
  readonly tone: Tone;
  readonly glyph: Glyph;
}

/** Return the sign of an asset; `progress` (0 to 1) is that of its making, where it is known. */
export function signOfAsset(
  asset: Pick<Asset, "state" | "scan" | "kind">,
  progress: number | null = null,
): Sign {
  if (asset.scan === "infected") return { word: states.asset.held, tone: "error", glyph: "held" };
  switch (asset.state) {
    case "arriving":
      return { word: states.asset.arriving, tone: "busy", glyph: "making" };
    case "filed":
      return { word: making(progress), tone: "busy", glyph: "making" };
    case "playable":
      return { word: states.asset.playable, tone: "edge", glyph: "play" };
    case "ready":
      return { word: states.asset.ready, tone: "ok", glyph: "check" };
    case "failed":
      return { word: states.asset.failed, tone: "error", glyph: "failed" };
    case "deleting":
      return { word: states.asset.deleting, tone: "quiet", glyph: "bin" };
  }
}

/** Return the sign of a rendition. */
export function signOfRendition(state: RenditionState, progress: number | null): Sign {
  const signs: Readonly<Record<RenditionState, Sign>> = {
    wanted: { word: words.rendition_states.wanted, tone: "quiet", glyph: "waiting" },
    making: { word: making(progress), tone: "busy", glyph: "making" },
    ready: { word: words.rendition_states.ready, tone: "ok", glyph: "check" },
    failed: { word: words.rendition_states.failed, tone: "error", glyph: "failed" },
  };
  return signs[state];
}

/** Return the sign of a placement. */
export function signOfPlacement(state: PlacementState): Sign {
  const signs: Readonly<Record<PlacementState, Sign>> = {
    absent: { word: words.placement_states.absent, tone: "quiet", glyph: "none" },
    copying: { word: words.placement_states.copying, tone: "busy", glyph: "making" },
    present: { word: words.placement_states.present, tone: "ok", glyph: "check" },
    evicting: { word: words.placement_states.evicting, tone: "quiet", glyph: "making" },
    lost: { word: words.placement_states.lost, tone: "error", glyph: "failed" },
  };
  return signs[state];
}

/** Return the sign of an asset at a partner; `share` (0 to 1) is how much of it was sent. */
export function signOfPartner(state: PartnerState, share: number): Sign {
  const sending = fill(words.partner_states.sending, { percent: Math.floor(share * 100) });
  const signs: Readonly<Record<PartnerState, Sign>> = {
    waiting: { word: words.partner_states.waiting, tone: "quiet", glyph: "waiting" },
    sending: { word: sending, tone: "busy", glyph: "making" },
    processing: { word: words.partner_states.processing, tone: "busy", glyph: "making" },
    ready: { word: words.partner_states.ready, tone: "ok", glyph: "check" },
    failed: { word: words.partner_states.failed, tone: "error", glyph: "failed" },
    withdrawing: { word: words.partner_states.withdrawing, tone: "quiet", glyph: "bin" },
    removed: { word: words.partner_states.removed, tone: "quiet", glyph: "none" },
  };
  return signs[state];
}

/** Return the sign of a job. */
export function signOfJob(state: JobState): Sign {
  const signs: Readonly<Record<JobState, Sign>> = {
    waiting: { word: words.job_states.waiting, tone: "quiet", glyph: "waiting" },
    running: { word: words.job_states.running, tone: "busy", glyph: "making" },
    succeeded: { word: words.job_states.succeeded, tone: "ok", glyph: "check" },
    failed: { word: words.job_states.failed, tone: "error", glyph: "failed" },
    cancelled: { word: words.job_states.cancelled, tone: "quiet", glyph: "none" },
  };
  return signs[state];
}

/** Return how far the rungs of an asset are together, 0 to 1; null where there is nothing to make. */
export function progressOf(
  renditions: readonly { readonly state: RenditionState; readonly progress: number | null }[],
): number | null {
  if (renditions.length === 0) return null;
  const shares = renditions.map(({ state, progress }) =>
    state === "ready" || state === "failed" ? 1 : Math.min(1, Math.max(0, progress ?? 0)),
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function making(progress: number | null): string {
  if (progress === null) return states.asset.filed;
  return fill(states.asset.making, { percent: Math.floor(progress * 100) });
}
