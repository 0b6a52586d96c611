/** State words (CF-08): one map from a state to its word and its sign; the colour is CSS by the state. */
import type { State } from "./uploads/item";
import { states } from "./text/en.json";

/** The word for an upload's state. */
export function wordFor(state: State): string {
  return states.upload[state];
}

const KINDS: readonly (readonly [icon: string, pattern: RegExp])[] = [
  ["video", /^(mp4|m4v|mov|mkv|avi|webm|mxf|r3d|braw|mts|m2ts|ts|mpg|mpeg|wmv|3gp|dng)$/],
  ["image", /^(jpe?g|png|gif|webp|avif|heic|heif|tiff?|bmp|cr2|cr3|nef|arw|raf|exr|dpx|svg)$/],
  ["audio", /^(wav|mp3|m4a|aac|flac|aiff?|ogg|opus|bwf)$/],
  ["archive", /^(zip|7z|rar|tar|gz|xz|zst)$/],
  ["document", /^(pdf|txt|csv|srt|vtt|edl|xml|aaf|mhl|docx?|xlsx?|md)$/],
];

/** The sign for a file, by its declared type first and by its extension else. */
export function iconFor(name: string, type: string): string {
  const family = type.split("/")[0] ?? "";
  if (["video", "image", "audio"].includes(family)) return family;
  const extension = name.split(".").at(-1)?.toLowerCase() ?? "";
  return KINDS.find(([, pattern]) => pattern.test(extension))?.[0] ?? "file";
}
