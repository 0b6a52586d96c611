/** What a share is worth now, and what a form means to the API. Pure. */
import { portal as words } from "../../shared/text/en.json";
import type { NewShare, Share } from "../api/types";
import type { Sign } from "../parts/states";

const DAY_MS = 24 * 3600 * 1000;

/** Return the sign of a share at a time: open, off, expired or used up. */
export function signOfShare(
  share: Pick<Share, "is_active" | "expires_at" | "max_views" | "view_count">,
  now: Date,
): Sign {
  const { states } = words.links;
  if (!share.is_active) return { word: states.off, tone: "quiet", glyph: "none" };
  if (share.expires_at !== null && new Date(share.expires_at) <= now) {
    return { word: states.expired, tone: "quiet", glyph: "none" };
  }
  if (share.max_views !== null && share.view_count >= share.max_views) {
    return { word: states.used_up, tone: "warn", glyph: "failed" };
  }
  return { word: states.open, tone: "ok", glyph: "check" };
}

export interface ShareForm {
  readonly project: string;
  readonly title: string;
  readonly message: string;
  /** Days from now; empty for never. */
  readonly days: string;
  readonly password: string;
  readonly download: string;
  readonly maxViews: string;
  /** One on a line. */
  readonly origins: string;
  readonly mayPlay: boolean;
  readonly mayGetOriginal: boolean;
}

export const EMPTY_SHARE: ShareForm = {
  project: "",
  title: "",
  message: "",
  days: "7",
  password: "",
  download: "none",
  maxViews: "",
  origins: "",
  mayPlay: true,
  mayGetOriginal: false,
};

/** Return the fields that cannot be sent, by name; a project is needed where no asset is told. */
export function wrongInShare(
  form: ShareForm,
  assetIds: readonly string[],
): ReadonlySet<keyof ShareForm> {
  const wrong = new Set<keyof ShareForm>();
  if (assetIds.length === 0 && form.project === "") wrong.add("project");
  if (form.password !== "" && form.password.length < 4) wrong.add("password");
  if (form.maxViews !== "" && !/^[1-9]\d{0,8}$/.test(form.maxViews)) wrong.add("maxViews");
  return wrong;
}

/** Turn a form into the API's words; what was left open is left out. */
export function shareOfForm(form: ShareForm, assetIds: readonly string[], now: Date): NewShare {
  const origins = form.origins.split(/\s+/).filter((origin) => origin !== "");
  const days = Number(form.days);
  return {
    ...(assetIds.length === 0 ? { project: form.project } : { asset_ids: assetIds }),
    expires_at: form.days === "" ? null : new Date(now.getTime() + days * DAY_MS).toISOString(),
    may_play: form.mayPlay,
    download: form.download,
    may_get_original: form.mayGetOriginal,
    ...(form.title.trim() === "" ? {} : { title: form.title.trim() }),
    ...(form.message.trim() === "" ? {} : { message: form.message.trim() }),
    ...(form.password === "" ? {} : { password: form.password }),
    ...(form.maxViews === "" ? {} : { max_views: Number(form.maxViews) }),
    ...(origins.length === 0 ? {} : { origins }),
  };
}

/** Return the HTML that puts a share into another page. */
export function embedCode(address: string): string {
  const style = "width: 100%; aspect-ratio: 16 / 9; border: 0";
  return `<iframe src="${address}" allow="fullscreen; autoplay" style="${style}"></iframe>`;
}
