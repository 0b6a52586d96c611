/**
 * One file on its way: its states, the steps between them, and what is known of it.
 *
 * The states are those that people see (CF-08); the server's own are folded into them.
 */
import type { Problem } from "../problem";
import type { Direct } from "./direct";
import type { Fingerprint } from "./matching";
import type { Piece } from "./pieces";

export type State =
  "waiting" | "sending" | "paused" | "checking" | "received" | "refused" | "cancelled" | "expired";

/** Every step that is allowed; `refused` and `expired` may be tried again by hand. */
export const STEPS: Readonly<Record<State, readonly State[]>> = {
  waiting: ["sending", "paused", "refused", "cancelled"],
  sending: ["waiting", "paused", "checking", "refused", "cancelled", "expired"],
  paused: ["waiting", "cancelled"],
  checking: ["received", "refused", "cancelled", "expired"],
  received: [],
  refused: ["waiting", "cancelled"],
  cancelled: [],
  expired: ["waiting", "cancelled"],
};

/** A file as it was chosen: `path` is relative to the chosen folder, or the name alone. */
export interface Chosen {
  readonly file: File;
  readonly path: string;
  /** What its sender was asked and said, as metadata. */
  readonly answers?: Readonly<Record<string, string>>;
}

export interface Item extends Chosen {
  readonly id: number;
  state: State;
  /** Bytes that have left this device, counted from 0; falls back to the server's offset on a retry. */
  sent: number;
  /** Bytes that were safe on the server before this visit. */
  resumedFrom: number;
  /** The address of the whole upload; null while it is not begun, or only parts of it are. */
  url: string | null;
  /** What is sent: one piece, or parts and the request that joins them; empty until looked at. */
  pieces: Piece[];
  /** Names the parts of one file on the server. */
  group: string | null;
  /** The way into the bucket, where it goes there itself. */
  direct: Direct | null;
  /** Whether that way did not work: it goes by tus. */
  isDetoured: boolean;
  print: Fingerprint | null;
  /** Its record in this browser's memory. */
  recordId: string | null;
  problem: Problem | null;
  /** Milliseconds since the epoch at which the next try starts, while `waiting` for it. */
  retryAt: number | null;
  /** `sha-256:hex` as the server computed it; null until it has. */
  digest: string | null;
  /** Whether this browser's memory was asked for an unfinished upload of it: it starts only then. */
  looked: boolean;
  /** What "try again" should do about an unfinished upload that does not match: send anew. */
  anew: boolean;
  finishedAt: Date | null;
}

/** Raised for a step outside the table; the item is left as it was. */
export class IllegalStep extends Error {}

/** Return a fresh item for a chosen file. */
export function newItem(id: number, chosen: Chosen): Item {
  return {
    ...chosen,
    id,
    state: "waiting",
    sent: 0,
    resumedFrom: 0,
    url: null,
    pieces: [],
    group: null,
    direct: null,
    isDetoured: false,
    print: null,
    recordId: null,
    problem: null,
    retryAt: null,
    digest: null,
    looked: false,
    anew: false,
    finishedAt: null,
  };
}

/** Take one step; throws `IllegalStep` and changes nothing where the table forbids it. */
export function step(item: Item, to: State): void {
  if (!STEPS[item.state].includes(to)) {
    throw new IllegalStep(`An upload does not go from ${item.state} to ${to}.`);
  }
  item.state = to;
  if (to !== "waiting") item.retryAt = null;
  if (to === "waiting" || to === "sending" || to === "received") item.problem = null;
}

/** Say whether a step is allowed. */
export function maySwitch(item: Item, to: State): boolean {
  return STEPS[item.state].includes(to);
}

/** Say whether the item still has something to do here. */
export function isOpen(item: Item): boolean {
  return ["waiting", "sending", "paused", "checking"].includes(item.state);
}

/** Percent for people: 99 until the server has confirmed, 100 only then. */
export function percentOf(item: Pick<Item, "state" | "sent" | "file">): number {
  if (item.state === "received") return 100;
  const share = item.file.size > 0 ? (100 * item.sent) / item.file.size : 0;
  return Math.max(0, Math.min(99, Math.floor(share)));
}
