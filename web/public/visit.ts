/** What a visitor asks the server: one function for each question, none of which throws. */
import { parseRetryAfter } from "../shared/retry_after";

export interface Visit {
  /** The share's token with the pass behind it: what every further question begins with. */
  readonly token: string;
  readonly title: string;
  readonly message: string;
  readonly may_play: boolean;
  readonly download: string;
  readonly may_get_original: boolean;
}

export interface Shown {
  readonly id: string;
  readonly name: string;
  readonly file_name: string;
  readonly kind: string;
  readonly state: string;
  readonly size_bytes: number;
  readonly duration: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly poster_url: string | null;
  readonly thumbnail_url: string | null;
}

export interface Choice {
  readonly quality: string;
  readonly state: string;
  readonly size_bytes: number | null;
  readonly progress: number;
}

export interface Details extends Shown {
  readonly downloads: readonly Choice[];
}

export interface ShownPage {
  readonly items: readonly Shown[];
  readonly next_cursor: string | null;
}

export type Download = { readonly url: string } | { readonly retry_after: number };

/** An answer that is none; status 0 where the server was not reached. */
export interface Refused {
  readonly status: number;
  readonly detail: string;
  readonly retryAfter: number | null;
}

export function beginVisit(token: string, password?: string): Promise<Visit | Refused> {
  return ask<Visit>(`/s/${token}/visit`, "POST", password === undefined ? {} : { password });
}

export function listShown(token: string, cursor: string | null): Promise<ShownPage | Refused> {
  const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
  return ask<ShownPage>(`/s/${token}/assets${query}`, "GET");
}

export function getShown(token: string, asset: string): Promise<Details | Refused> {
  return ask<Details>(`/s/${token}/assets/${asset}`, "GET");
}

export function askDownload(
  token: string,
  asset: string,
  quality: string,
): Promise<Download | Refused> {
  const query = `quality=${encodeURIComponent(quality)}`;
  return ask<Download>(`/s/${token}/assets/${asset}/download?${query}`, "POST", {});
}

/** Ask for one ZIP; `assets` null: of all that is shown. */
export function askBundle(
  token: string,
  assets: readonly string[] | null,
  quality: string,
): Promise<{ readonly url: string } | Refused> {
  return ask(`/s/${token}/bundle`, "POST", { asset_ids: assets, quality });
}

async function ask<T>(path: string, method: string, body?: object): Promise<T | Refused> {
  try {
    const answer = await fetch(path, {
      method,
      credentials: "omit",
      ...(body === undefined
        ? {}
        : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    const told = (await answer.json().catch(() => ({}))) as { detail?: unknown };
    if (answer.ok) return told as T;
    return {
      status: answer.status,
      detail: typeof told.detail === "string" ? told.detail : "",
      retryAfter: parseRetryAfter(answer.headers.get("Retry-After"), Date.now()),
    };
  } catch {
    return { status: 0, detail: "", retryAfter: null };
  }
}
