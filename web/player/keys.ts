/**
 * Which key does what in the player: the editor's meaning of j, k and l, not a video site's.
 *
 * Pure: the page decides where a key may act, this file what it means.
 */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey?: boolean;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
}

export type PlayerDeed =
  | { readonly kind: "toggle" | "halt" | "mute" | "captions" | "fullscreen" | "quality" }
  | { readonly kind: "shuttle"; readonly direction: 1 | -1 }
  | { readonly kind: "frame"; readonly by: 1 | -1 }
  | { readonly kind: "seek"; readonly bySeconds: number }
  | { readonly kind: "jump"; readonly share: number }
  | { readonly kind: "volume"; readonly by: number }
  | { readonly kind: "mark"; readonly edge: "in" | "out" };

const SIMPLE: Readonly<Record<string, PlayerDeed>> = {
  " ": { kind: "toggle" },
  k: { kind: "halt" },
  j: { kind: "shuttle", direction: -1 },
  l: { kind: "shuttle", direction: 1 },
  ",": { kind: "frame", by: -1 },
  ".": { kind: "frame", by: 1 },
  ArrowUp: { kind: "volume", by: 0.05 },
  ArrowDown: { kind: "volume", by: -0.05 },
  m: { kind: "mute" },
  i: { kind: "mark", edge: "in" },
  o: { kind: "mark", edge: "out" },
  c: { kind: "captions" },
  f: { kind: "fullscreen" },
  q: { kind: "quality" },
  Home: { kind: "jump", share: 0 },
  End: { kind: "jump", share: 1 },
};

/** Return what a key press asks of the player, or null when it is not the player's. */
export function deedOfKey(press: KeyPress): PlayerDeed | null {
  if (press.ctrlKey === true || press.metaKey === true || press.altKey === true) return null;
  if (press.key === "ArrowLeft" || press.key === "ArrowRight") {
    const step = press.shiftKey === true ? 1 : 5;
    return { kind: "seek", bySeconds: press.key === "ArrowLeft" ? -step : step };
  }
  if (press.shiftKey === true) return null;
  if (/^[0-9]$/.test(press.key)) return { kind: "jump", share: Number(press.key) / 10 };
  return SIMPLE[press.key] ?? null;
}

/** Return the next shuttle rate: 1x, 2x, 4x in one direction; turning round starts at 1x again. */
export function nextShuttle(rate: number, direction: 1 | -1): number {
  if (rate * direction <= 0) return direction;
  return direction * Math.min(4, Math.abs(rate) * 2);
}

/** Tell whether an element needs this key for itself: inputs, menus, dialogs, pressed buttons. */
export function ownsKey(node: HTMLElement, key: string): boolean {
  if (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName)) return true;
  const role = node.getAttribute("role") ?? "";
  if (/^(menu|dialog|listbox)$/.test(role)) return true;
  if (/^(tab|tablist|slider)$/.test(role) && /^(Arrow|Home|End)/.test(key)) return true;
  const isPressable = /^(BUTTON|A)$/.test(node.tagName) || role === "button";
  return isPressable && (key === " " || key === "Enter");
}
