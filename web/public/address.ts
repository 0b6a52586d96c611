/** Where log-in leads: only to a path of ours, never to another site. */
export const HOME = "/app/library";

/** Return `next` of a query if it is a path on this site, else the library. */
export function nextFrom(query: string): string {
  const next = new URLSearchParams(query).get("next") ?? "";
  // "//host" and "/\host" are other sites to a browser; control characters are dropped by it.
  // eslint-disable-next-line no-control-regex
  return /^\/(?![/\\])[^\u0000-\u001f\\]*$/.test(next) ? next : HOME;
}
