/** What a link is worth now, and what a form means to the API. Pure. */
import { portal as words } from "../../shared/text/en.json";
import type { NewLink, UploadLink } from "../api/types";
import type { Sign } from "../parts/states";

const DAY_MS = 24 * 3600 * 1000;

/** Return the sign of a link at a time: open, off, expired or used up. */
export function signOfLink(
  link: Pick<UploadLink, "is_active" | "expires_at" | "max_files" | "upload_count">,
  now: Date,
): Sign {
  const { states } = words.links;
  if (link.expires_at !== null && new Date(link.expires_at) <= now) {
    return { word: states.expired, tone: "quiet", glyph: "none" };
  }
  if (!link.is_active) return { word: states.off, tone: "quiet", glyph: "none" };
  if (link.max_files !== null && link.upload_count >= link.max_files) {
    return { word: states.used_up, tone: "warn", glyph: "failed" };
  }
  return { word: states.open, tone: "ok", glyph: "check" };
}

export interface LinkForm {
  readonly client: string;
  readonly project: string;
  readonly title: string;
  readonly message: string;
  /** Days from now; empty for never. */
  readonly days: string;
  readonly password: string;
  readonly maxFiles: string;
  /** In GB, as people say it. */
  readonly maxGigabytes: string;
}

export const EMPTY_FORM: LinkForm = {
  client: "",
  project: "",
  title: "",
  message: "",
  days: "14",
  password: "",
  maxFiles: "",
  maxGigabytes: "",
};

/** Return the fields of a form that cannot be sent, by name. */
export function wrongFields(form: LinkForm): ReadonlySet<keyof LinkForm> {
  const wrong = new Set<keyof LinkForm>();
  if (form.client.trim() === "") wrong.add("client");
  if (form.project.trim() === "") wrong.add("project");
  if (form.maxFiles !== "" && !/^[1-9]\d{0,6}$/.test(form.maxFiles)) wrong.add("maxFiles");
  if (form.maxGigabytes !== "" && !(Number(form.maxGigabytes) > 0)) wrong.add("maxGigabytes");
  return wrong;
}

/** Turn a form into the API's words; what was left open is left out. */
export function linkOfForm(form: LinkForm, now: Date): NewLink {
  const days = Number(form.days);
  return {
    client: form.client.trim(),
    project: form.project.trim(),
    expires_at: form.days === "" ? null : new Date(now.getTime() + days * DAY_MS).toISOString(),
    ...(form.title.trim() === "" ? {} : { title: form.title.trim() }),
    ...(form.message.trim() === "" ? {} : { message: form.message.trim() }),
    ...(form.password === "" ? {} : { password: form.password }),
    ...(form.maxFiles === "" ? {} : { max_files: Number(form.maxFiles) }),
    ...(form.maxGigabytes === ""
      ? {}
      : { max_file_bytes: Math.round(Number(form.maxGigabytes) * 1e9) }),
  };
}
