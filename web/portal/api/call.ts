/** One call to the API: same origin, the session's cookie, problems as errors that carry words. */
import { readProblem, type Problem } from "../../shared/problem";

/** Where a second factor is added, which may be asked for before all else. */
const SETTINGS = "/app/settings";

/** An answer that is not 2xx, or none at all (`status` 0). */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** JSON pointers of the fields that the server refused, with its sentence for each. */
    readonly fields: readonly { readonly pointer: string; readonly detail: string }[] = [],
  ) {
    super(problem.words);
    this.name = "ApiProblem";
  }
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface CallOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Query;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: Blob;
  /** The same, of bytes. */
  readonly bytes?: Blob;
  readonly signal?: AbortSignal;
}

/** Call `/api/v1{path}`; throws `ApiProblem`. A 401 leads to the log-in page and back here. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 401) {
    goToLogin();
    // The page is leaving: an error on it would only flash.
    return new Promise<never>(() => undefined);
  }
  const text = await response.text();
  if (!response.ok) {
    const problem = readProblem(response.status, text);
    if (problem.code === "session.factor_required" && location.pathname !== SETTINGS) {
      location.assign(SETTINGS);
    }
    throw new ApiProblem(response.status, problem, fieldsOf(text));
  }
  return (text === "" ? null : JSON.parse(text)) as T;
}

async function send(path: string, options: CallOptions): Promise<Response> {
  const { method = "GET", query = {}, body, text, bytes, signal } = options;
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Rushes-CSRF"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (text !== undefined) headers["Content-Type"] = "text/plain";
  if (bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
  const sent = text ?? bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  try {
    return await fetch(`/api/v1${path}${queryString(query)}`, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (failure) {
    if (signal?.aborted === true) throw failure;
    throw new ApiProblem(0, readProblem(0, ""));
  }
}

/** Write a query string; values that are missing or empty are left out. */
export function queryString(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const values = value === undefined ? [] : typeof value === "object" ? value : [value];
    return values.map((one) => [name, String(one)]).filter(([, one]) => one !== "");
  });
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

let isLeaving = false;

/** End the session by one's own will; what else is refused meanwhile says nothing. */
export async function logOut(): Promise<void> {
  isLeaving = true;
  try {
    await call<unknown>("/session", { method: "DELETE" });
  } catch (failure) {
    isLeaving = false;
    throw failure;
  }
  location.assign("/login?left=1");
}

/** Leave for the log-in page; it leads back to this place. */
export function goToLogin(): void {
  if (isLeaving) return;
  const here = `${location.pathname}${location.search}`;
  location.assign(`/login?ended=1&next=${encodeURIComponent(here)}`);
}

function fieldsOf(text: string): ApiProblem["fields"] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) ? (errors as ApiProblem["fields"]) : [];
  } catch {
    return [];
  }
}
