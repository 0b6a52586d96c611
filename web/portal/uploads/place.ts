/** From what was typed to a project: a known one by its id, a new one by its two slugs. */
export interface Place {
  /** What goes with the upload; empty for the account's own inbox. */
  readonly project: string;
  readonly label: string;
}

/** Read `Acme Corp / Spring`; null where it is neither known nor a client and a project. */
export function readPlace(
  text: string,
  known: readonly { readonly value: string; readonly label: string }[],
): Place | null {
  const typed = text.trim();
  if (typed === "") return { project: "", label: "" };
  const found = known.find(({ label }) => label.toLowerCase() === typed.toLowerCase());
  if (found !== undefined) return { project: found.value, label: found.label };
  const parts = typed.split("/").map(slugOf);
  const [client, project] = parts;
  if (parts.length !== 2 || client === undefined || project === undefined) return null;
  return client === "" || project === "" ? null : { project: `${client}/${project}`, label: typed };
}

/** Fold a name to a slug: lower case, plain letters and digits, one dash between. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
