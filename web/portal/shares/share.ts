/** What a share is worth now, and what a form means to the API. Pure. */
import { portal as words } from "../../shared/text/en.json";
import type { Share, ShareWish } from "../api/types";
import { AS_IT_IS, endOf } from "../parts/expiry";
import type { Sign } from "../parts/states";

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
  /** Whether the password that it has is taken off. */
  readonly isOpened: boolean;
  readonly download: string;
  readonly maxViews: string;
  /** One on a line. */
  readonly origins: string;
  readonly mayPlay: boolean;
  readonly mayGetOriginal: boolean;
  readonly color: string;
  readonly logoId: string;
}

/** The fields that are typed as text. */
export type Typed = {
  [Name in keyof ShareForm]: ShareForm[Name] extends string ? Name : never;
}[Exclude<keyof ShareForm, "color" | "logoId">];

export const EMPTY_SHARE: ShareForm = {
  project: "",
  title: "",
  message: "",
  days: "7",
  password: "",
  isOpened: false,
  download: "none",
  maxViews: "",
  origins: "",
  mayPlay: true,
  mayGetOriginal: false,
  color: "",
  logoId: "",
};

/** Return the form of a share as it is. */
export function formOfShare(share: Share): ShareForm {
  return {
    project: "",
    title: share.title,
    message: share.message,
    days: AS_IT_IS,
    password: "",
    isOpened: false,
    download: share.download,
    maxViews: share.max_views === null ? "" : String(share.max_views),
    origins: share.origins.join("\n"),
    mayPlay: share.may_play,
    mayGetOriginal: share.may_get_original,
    color: share.color ?? "",
    logoId: share.logo_id ?? "",
  };
}

/** Return the fields that cannot be sent, by name; a project is needed where no asset is told. */
export function wrongInShare(
  form: ShareForm,
  assetIds: readonly string[],
  isNew = true,
): ReadonlySet<keyof ShareForm> {
  const wrong = new Set<keyof ShareForm>();
  if (isNew && assetIds.length === 0 && form.project === "") wrong.add("project");
  if (form.password !== "" && form.password.length < 4) wrong.add("password");
  if (form.maxViews !== "" && !/^[1-9]\d{0,8}$/.test(form.maxViews)) wrong.add("maxViews");
  return wrong;
}

/** Turn a form into the API's words for a new share. */
export function shareOfForm(form: ShareForm, assetIds: readonly string[], now: Date): ShareWish {
  const what = assetIds.length === 0 ? { project: form.project } : { asset_ids: assetIds };
  return { ...what, ...changesOf(form, now) };
}

/** Turn a form into a change; an end and a password that were not touched are left out. */
export function changesOf(form: ShareForm, now: Date): ShareWish {
  return {
    title: form.title.trim(),
    message: form.message.trim(),
    ...(form.days === AS_IT_IS ? {} : { expires_at: endOf(form.days, now) }),
    ...(form.password === "" ? {} : { password: form.password }),
    ...(form.isOpened ? { password: null } : {}),
    may_play: form.mayPlay,
    download: form.download,
    may_get_original: form.mayGetOriginal,
    max_views: form.maxViews === "" ? null : Number(form.maxViews),
    origins: form.origins.split(/\s+/).filter(Boolean),
    color: form.color === "" ? null : form.color,
    logo_id: form.logoId === "" ? null : form.logoId,
  };
}

/** Return the HTML that puts a share into another page. */
export function embedCode(address: string): string {
  const style = "width: 100%; aspect-ratio: 16 / 9; border: 0";
  return `<iframe src="${address}" allow="fullscreen; autoplay" style="${style}"></iframe>`;
}
