/**
 * Whether a chosen file is the one whose upload is unfinished.
 *
 * A name and a path find the candidate; size, date and a digest over the first and the last
 * mebibyte must agree, else the field that differs is named: bytes of two files are never mixed.
 */
const SAMPLE_BYTES = 1 << 20;

export interface Fingerprint {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly lastModified: number;
  /** Hexadecimal; null where the browser offers no digest (plain http beyond this machine). */
  readonly sample: string | null;
}

export type Difference = "size" | "date" | "content";

export type Match<R extends Fingerprint> =
  | { readonly kind: "none" }
  | { readonly kind: "same"; readonly record: R }
  | { readonly kind: "differs"; readonly record: R; readonly field: Difference };

/** Find the unfinished upload that a file belongs to; an exact path is preferred. */
export function match<R extends Fingerprint>(file: Fingerprint, records: readonly R[]): Match<R> {
  const named = records.filter((record) => record.name === file.name);
  const candidates = [
    ...named.filter((record) => record.path === file.path),
    ...named.filter((record) => record.path !== file.path && mayBeOtherwiseChosen(record, file)),
  ];
  for (const record of candidates) {
    if (differing(file, record) === null) return { kind: "same", record };
  }
  const closest = candidates.find((record) => record.path === file.path);
  const field = closest && differing(file, closest);
  return closest && field ? { kind: "differs", record: closest, field } : { kind: "none" };
}

/** The same file may be chosen alone one day and inside its folder on another. */
function mayBeOtherwiseChosen(record: Fingerprint, file: Fingerprint): boolean {
  return record.path === record.name || file.path === file.name;
}

function differing(file: Fingerprint, record: Fingerprint): Difference | null {
  if (file.size !== record.size) return "size";
  if (file.sample !== null && record.sample !== null && file.sample !== record.sample) {
    return "content";
  }
  // A copy keeps its bytes but not always its date: the date only decides where no digest can.
  const undecided = file.sample === null || record.sample === null;
  return undecided && file.lastModified !== record.lastModified ? "date" : null;
}

/** Describe a file, reading at most two mebibytes of it. */
export async function fingerprint(file: File, path: string): Promise<Fingerprint> {
  const { name, size, lastModified } = file;
  return { name, path, size, lastModified, sample: await sampleOf(file) };
}

async function sampleOf(file: File): Promise<string | null> {
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) return null;
  const ends =
    file.size <= 2 * SAMPLE_BYTES
      ? file
      : new Blob([file.slice(0, SAMPLE_BYTES), file.slice(-SAMPLE_BYTES)]);
  const digest = await subtle.digest("SHA-256", await ends.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
