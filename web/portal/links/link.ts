/** What a link is worth now, and what a form means to the API. Pure. */
import { portal as words } from "../../shared/text/en.json";
import type { LinkWish, Question, UploadLink } from "../api/types";
import { AS_IT_IS, endOf } from "../parts/expiry";
import type { Sign } from "../parts/states";

const GIGABYTE = 1e9;

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

/** A question as it is typed: choices one on a line. */
export interface QuestionForm {
  readonly label: string;
  readonly isRequired: boolean;
  readonly kind: string;
  readonly choices: string;
  /** Empty: made of the label. */
  readonly key: string;
}

export interface LinkForm {
  readonly client: string;
  readonly project: string;
  readonly title: string;
  readonly message: string;
  readonly notes: string;
  /** Days from now; empty for never, or as it is. */
  readonly days: string;
  readonly password: string;
  readonly isOpened: boolean;
  readonly maxFiles: string;
  /** In GB, as people say it. */
  readonly maxGigabytes: string;
  readonly totalGigabytes: string;
  readonly types: string;
  readonly clientMail: string;
  readonly notify: boolean;
  readonly mayPreview: boolean;
  readonly keepDays: string;
  readonly questions: readonly QuestionForm[];
  readonly color: string;
  readonly logoId: string;
}

/** The fields that are typed as text. */
export type Typed = {
  [Name in keyof LinkForm]: LinkForm[Name] extends string ? Name : never;
}[Exclude<keyof LinkForm, "color" | "logoId">];

export const EMPTY_FORM: LinkForm = {
  client: "",
  project: "",
  title: "",
  message: "",
  notes: "",
  days: "14",
  password: "",
  isOpened: false,
  maxFiles: "",
  maxGigabytes: "",
  totalGigabytes: "",
  types: "",
  clientMail: "",
  notify: true,
  mayPreview: false,
  keepDays: "7",
  questions: [],
  color: "",
  logoId: "",
};

export const EMPTY_QUESTION: QuestionForm = {
  label: "",
  isRequired: false,
  kind: "text",
  choices: "",
  key: "",
};

/** Return the form of a link as it is. */
export function formOfLink(link: UploadLink): LinkForm {
  return {
    client: link.client,
    project: link.project,
    title: link.title,
    message: link.message,
    notes: link.notes,
    days: AS_IT_IS,
    password: "",
    isOpened: false,
    maxFiles: textOf(link.max_files),
    maxGigabytes: textOf(link.max_file_bytes, GIGABYTE),
    totalGigabytes: textOf(link.max_total_bytes, GIGABYTE),
    types: link.types.join(" "),
    clientMail: link.client_email ?? "",
    notify: link.notify,
    mayPreview: link.preview === "own",
    keepDays: String(link.keep_parts_days),
    questions: link.fields.map(({ label, required, kind, choices, key }) => ({
      label,
      isRequired: required,
      kind,
      choices: choices.join("\n"),
      key,
    })),
    color: link.color ?? "",
    logoId: link.logo_id ?? "",
  };
}

/** Return the fields of a form that cannot be sent, by name. */
export function wrongFields(form: LinkForm): ReadonlySet<keyof LinkForm> {
  const wrong = new Set<keyof LinkForm>();
  if (form.client.trim() === "") wrong.add("client");
  if (form.project.trim() === "") wrong.add("project");
  if (form.password !== "" && form.password.length < 4) wrong.add("password");
  if (form.maxFiles !== "" && !/^[1-9]\d{0,6}$/.test(form.maxFiles)) wrong.add("maxFiles");
  for (const name of ["maxGigabytes", "totalGigabytes"] as const) {
    if (form[name] !== "" && !(Number(form[name]) > 0)) wrong.add(name);
  }
  if (!/^[1-9]\d{0,2}$/.test(form.keepDays)) wrong.add("keepDays");
  if (form.clientMail !== "" && !/^\S+@\S+$/.test(form.clientMail.trim())) wrong.add("clientMail");
  if (form.questions.some(isWrong)) wrong.add("questions");
  return wrong;
}

/** Say whether a question cannot be asked. */
export function isWrong({ label, kind, choices }: QuestionForm): boolean {
  return label.trim() === "" || (kind === "choice" && linesOf(choices).length === 0);
}

/** Turn a form into the API's words for a new link. */
export function linkOfForm(form: LinkForm, now: Date): LinkWish {
  return { client: form.client.trim(), project: form.project.trim(), ...changesOf(form, now) };
}

/** Turn a form into a change; an end and a password that were not touched are left out. */
export function changesOf(form: LinkForm, now: Date): LinkWish {
  return {
    title: form.title.trim(),
    message: form.message.trim(),
    notes: form.notes.trim(),
    ...(form.days === AS_IT_IS ? {} : { expires_at: endOf(form.days, now) }),
    ...(form.password === "" ? {} : { password: form.password }),
    ...(form.isOpened ? { password: null } : {}),
    max_files: form.maxFiles === "" ? null : Number(form.maxFiles),
    max_file_bytes: bytesOf(form.maxGigabytes),
    max_total_bytes: bytesOf(form.totalGigabytes),
    types: form.types.split(/[\s,;]+/).filter(Boolean),
    fields: form.questions.map(questionOf),
    client_email: form.clientMail.trim() === "" ? null : form.clientMail.trim(),
    notify: form.notify,
    preview: form.mayPreview ? "own" : "off",
    keep_parts_days: Number(form.keepDays),
    color: form.color === "" ? null : form.color,
    logo_id: form.logoId === "" ? null : form.logoId,
  };
}

function questionOf({ label, isRequired, kind, choices, key }: QuestionForm): Question {
  const hasChoices = kind === "choice" || kind === "list";
  return {
    label: label.trim(),
    required: isRequired,
    kind,
    choices: hasChoices ? linesOf(choices) : [],
    key,
  };
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

function bytesOf(gigabytes: string): number | null {
  return gigabytes === "" ? null : Math.max(1, Math.round(Number(gigabytes) * GIGABYTE));
}

function textOf(value: number | null, unit = 1): string {
  return value === null ? "" : String(value / unit);
}
