/**
 * What went wrong, in words: the server's own sentence, which names the file and the way out, else
 * ours by the code of `problem+json`, else ours by the status.
 */
import { problems } from "./text/en.json";

export interface Problem {
  readonly code: string;
  readonly words: string;
  readonly requestId: string | null;
}

const WORDS: Readonly<Record<string, string | undefined>> = problems;

/** Make a problem of our own, from a code that has words. */
export function problemOf(code: string, words = WORDS[code] ?? problems.unknown): Problem {
  return { code, words, requestId: null };
}

/** Read an answer that is not 2xx; a body that is no problem document gives words by status. */
export function readProblem(status: number, body: string): Problem {
  const document = parse(body);
  const code = text(document["code"]) ?? codeFor(status);
  const words = text(document["detail"]) ?? WORDS[code] ?? WORDS[codeFor(status)];
  return {
    code,
    words: words ?? problems.unknown,
    requestId: text(document["request_id"]),
  };
}

function parse(body: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === "object" && document !== null ? { ...document } : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** A code for answers that bring none: a proxy's page, or no answer at all. */
function codeFor(status: number): string {
  if (status === 0) return "network.away";
  if (status === 413) return "upload.too_large";
  if (status === 429) return "server.limited";
  return status >= 500 ? "server.error" : "unknown";
}
