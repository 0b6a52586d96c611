/**
 * What the server says about uploads: their state after the last byte, their offset, their end.
 */
import { readProblem, type Problem } from "../problem";
import { isDirect } from "./direct";

const ANSWER_MS = 30_000; // a silent server must not keep one of the browser's connections

/** The answer of `GET /api/v1/uploads/{id}`, as far as a sender needs it. */
export interface Status {
  readonly state: string;
  readonly digest: string | null;
}

export type Look =
  | { readonly kind: "told"; readonly status: Status }
  | { readonly kind: "missing" }
  | { readonly kind: "silent"; readonly problem: Problem };

/** The id of an upload is the last part of its address. */
export function idOf(url: string): string {
  return new URL(url, location.href).pathname.split("/").filter(Boolean).at(-1) ?? "";
}

/** Ask for the state of an upload. */
export async function look(url: string, headers: Readonly<Record<string, string>>): Promise<Look> {
  try {
    const answer = await fetch(`/api/v1/uploads/${encodeURIComponent(idOf(url))}`, {
      headers: { Accept: "application/json", ...headers },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const body = await answer.text();
    if (answer.status === 404 || answer.status === 410) return { kind: "missing" };
    if (!answer.ok) return { kind: "silent", problem: readProblem(answer.status, body) };
    return { kind: "told", status: readStatus(JSON.parse(body)) };
  } catch {
    return { kind: "silent", problem: readProblem(0, "") };
  }
}

function readStatus(document: unknown): Status {
  const fields: Record<string, unknown> = { ...(document as object) };
  const { state, digest } = fields;
  return {
    state: typeof state === "string" ? state : "",
    digest: typeof digest === "string" ? digest : null,
  };
}

/** Seconds before the next look: 1, 2, 4, 8, 15, 15 ... */
export function pauseBefore(look: number): number {
  return Math.min(15, 2 ** look);
}

/** Ask whether the server joins parts to a whole; one that does not say so does not. */
export async function canJoin(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(endpoint, {
      method: "OPTIONS",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const names = (answer.headers.get("Tus-Extension") ?? "").split(",");
    return answer.ok && names.some((name) => name.trim() === "concatenation");
  } catch {
    return false;
  }
}

export interface Offset {
  readonly sent: number;
  readonly expiresAt: string | null;
}

/** Ask for the bytes that are safe; "missing" where the upload is unknown or gone. */
export async function offsetOf(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Offset | "missing" | "silent"> {
  if (isDirect(url)) return partsOf(url, headers);
  try {
    const answer = await fetch(url, {
      method: "HEAD",
      headers: { "Tus-Resumable": "1.0.0", ...headers },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.status === 404 || answer.status === 410) return "missing";
    const sent = Number(answer.headers.get("Upload-Offset") ?? "none");
    if (!answer.ok || !Number.isSafeInteger(sent)) return "silent";
    return { sent, expiresAt: answer.headers.get("Upload-Expires") };
  } catch {
    return "silent";
  }
}

/** Ask for the parts that are in the bucket. */
async function partsOf(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Offset | "missing" | "silent"> {
  try {
    const answer = await fetch(url, {
      headers: { Accept: "application/json", ...headers },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.status === 404 || answer.status === 410) return "missing";
    if (!answer.ok) return "silent";
    const held = (await answer.json()) as readonly { readonly Size: number }[];
    return { sent: held.reduce((sum, { Size }) => sum + Size, 0), expiresAt: null };
  } catch {
    return "silent";
  }
}

/** Tell the server that an upload is not wanted; true when it knows. */
export async function terminate(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: "DELETE",
      headers: { "Tus-Resumable": "1.0.0", ...headers },
      keepalive: true,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return answer.ok || answer.status === 404 || answer.status === 410;
  } catch {
    return false;
  }
}
