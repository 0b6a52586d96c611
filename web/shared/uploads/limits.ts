/**
 * What a link allows, checked before a byte is sent; the server checks all of it again.
 */
import type { Chosen } from "./item";

export interface Limits {
  readonly maxFileBytes: number | null;
  readonly filesLeft: number | null;
  readonly bytesLeft: number | null;
  /** Lower-case extensions without the dot; empty: every type. */
  readonly extensions: readonly string[];
}

export type Breach = "upload.too_large" | "upload.type_refused" | "link.full" | "upload.bad_name";

export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

const LONGEST_NAME = 255; // characters, API.md section 2a: file_name 1-255

/** Return what a file breaks, or null; `usage` is what this page has already taken. */
export function breachOf(chosen: Chosen, limits: Limits, usage: Usage): Breach | null {
  const { name, size } = chosen.file;
  if (name.length > LONGEST_NAME) return "upload.bad_name";
  if (!isTypeAllowed(name, limits.extensions)) return "upload.type_refused";
  if (limits.maxFileBytes !== null && size > limits.maxFileBytes) return "upload.too_large";
  if (limits.filesLeft !== null && usage.files + 1 > limits.filesLeft) return "link.full";
  if (limits.bytesLeft !== null && usage.bytes + size > limits.bytesLeft) return "link.full";
  return null;
}

function isTypeAllowed(name: string, extensions: readonly string[]): boolean {
  return extensions.length === 0 || extensions.includes(extensionOf(name));
}

/** The extension in lower case without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

const JUNK = new Set([".ds_store", "thumbs.db", "desktop.ini", ".fcpcache", ".localized"]);

/** Say whether a file is litter of an operating system or an editor, by its name or a folder's. */
export function isJunk(path: string): boolean {
  return path
    .toLowerCase()
    .split("/")
    .some((part) => JUNK.has(part) || part.startsWith("._"));
}
