/** What is told of a file at its creation: the `Upload-Metadata` of tus, values in Base64. */
import type { Chosen } from "./item";
import type { Piece } from "./pieces";

/** Name, type, the place inside a chosen folder, and what its sender answered. */
export function metadataOf({ file, path, answers }: Chosen): Record<string, string> {
  return {
    filename: file.name,
    ...(file.type ? { filetype: file.type } : {}),
    ...(path !== file.name ? { relativePath: path } : {}),
    ...answers,
  };
}

/** Where a part belongs: parts of one group share a file on the server, and nothing is copied. */
export function placeOf(piece: Piece, group: string, total: number): Record<string, string> {
  return {
    rushes_group: group,
    rushes_start: String(piece.start),
    rushes_total: String(total),
  };
}

/** Name a group: 128 bits, in hexadecimal digits. */
export function newGroup(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Write metadata as the header has it. */
export function formatMetadata(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} ${toBase64(value)}`)
    .join(",");
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
