/**
 * The keys of the portal: `g` then a letter goes somewhere, `/ u ?` act at once.
 *
 * Pure: the shell decides where a key may act.
 */
export type Place = "library" | "links" | "shares" | "jobs" | "storage" | "settings";

export type ShellDeed =
  { readonly kind: "go"; readonly to: Place } | { readonly kind: "search" | "upload" | "help" };

export interface ShellKeys {
  readonly deed: ShellDeed | null;
  /** True while the next key is the second of a pair. */
  readonly isPending: boolean;
}

const PLACES: Readonly<Record<string, Place>> = {
  l: "library",
  a: "library",
  k: "links",
  h: "shares",
  j: "jobs",
  t: "storage",
  s: "settings",
};

const DEEDS: Readonly<Record<string, ShellDeed>> = {
  "/": { kind: "search" },
  u: { kind: "upload" },
  "?": { kind: "help" },
};

/** Take one key; `isPending` says that `g` was pressed just before. */
export function takeKey(key: string, isPending: boolean): ShellKeys {
  if (isPending) {
    const to = PLACES[key];
    return { deed: to === undefined ? null : { kind: "go", to }, isPending: false };
  }
  if (key === "g") return { deed: null, isPending: true };
  return { deed: DEEDS[key] ?? null, isPending: false };
}

/** Say whether a key press belongs to a field, a menu or a dialog rather than to the page. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  return target.closest("input, textarea, select, [role=menu], [role=dialog]") !== null;
}
