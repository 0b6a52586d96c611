/** What a piece of news means for what is shown: the keys of the queries to ask again. Pure. */

/** One message of the live stream. */
export interface News {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Key = readonly string[];

/** More was missed than is kept: all that is shown is read again. */
export const GAP = "live.gap";

const OF_FAMILY: Readonly<Record<string, readonly Key[]>> = {
  asset: [["assets"]],
  field: [["fields"]],
  job: [["jobs"]],
  link: [["links"]],
  placement: [["assets"], ["tiers"]],
  project: [["projects"]],
  rendition: [["assets"]],
  search: [["searches"]],
  share: [["shares"]],
  tier: [["tiers"]],
  token: [["tokens"]],
  upload: [["unfinished"]],
  webhook: [["webhooks"]],
};

/** Return the queries that a piece of news makes old; an empty key is all of them. */
export function keysOf({ type, data }: News): readonly Key[] {
  if (type === GAP) return [[]];
  const family = type.slice(0, type.indexOf("."));
  const keys = [...(OF_FAMILY[family] ?? [])];
  if (type === "upload.accepted") keys.push(["assets"]);
  if (type === "link.used") keys.push(["assets"]);
  // A job's subject may be a content: what is open is asked for again, whichever asset it is.
  if (family === "job") keys.push(["asset"]);
  else if (typeof data["asset_id"] === "string") keys.push(["asset", data["asset_id"]]);
  return keys;
}

/** Read one message; null where it is none of ours. */
export function readNews(text: string): News | null {
  try {
    const news = JSON.parse(text) as Partial<News>;
    if (typeof news.type !== "string") return null;
    return { type: news.type, data: news.data ?? {} };
  } catch {
    return null;
  }
}
