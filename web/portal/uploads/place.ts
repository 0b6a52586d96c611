/** From what was typed to a project: a known one by its id, a new one by its two names. */
export interface Place {
  /** The id of a known project; empty for the account's own inbox; null for a new one. */
  readonly project: string | null;
  readonly label: string;
  /** The names of a new project. */
  readonly fresh: { readonly client: string; readonly project: string } | null;
}

/** Read `Acme Corp / Spring`; null where it is neither known nor a client and a project. */
export function readPlace(
  text: string,
  known: readonly { readonly value: string; readonly label: string }[],
): Place | null {
  const typed = text.trim();
  if (typed === "") return { project: "", label: "", fresh: null };
  const found = known.find(({ label }) => label.toLowerCase() === typed.toLowerCase());
  if (found !== undefined) return { project: found.value, label: found.label, fresh: null };
  const parts = typed.split("/").map((part) => part.trim());
  const [client = "", project = ""] = parts;
  if (parts.length !== 2 || !isName(client) || !isName(project)) return null;
  return { project: null, label: typed, fresh: { client, project } };
}

/** A name needs a letter or a digit; the server makes its slug of them. */
function isName(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
