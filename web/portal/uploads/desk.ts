/**
 * The uploads of the portal: one queue per project, outside of every route, so that they go on
 * whatever is on screen.
 */
import { useSyncExternalStore } from "react";

import { isOpen, type Chosen, type Item } from "../../shared/uploads/item";
import type { Guard } from "../../shared/uploads/leaving";
import type { Pace } from "../../shared/uploads/pace";
import type { Queue } from "../../shared/uploads/queue";
import type { Turn } from "../../shared/uploads/tabs";

export interface Lane {
  readonly place: string;
  readonly label: string;
  readonly queue: Queue;
}

export interface Desk {
  readonly lanes: readonly Lane[];
  readonly isStarted: boolean;
  readonly isChoosing: boolean;
  /** Files that were dropped somewhere and wait for a project. */
  readonly dropped: readonly Chosen[];
  readonly open: number;
  readonly moving: number;
  readonly received: number;
  /** Grows with every redraw, so that figures are drawn anew. */
  readonly beat: number;
}

let desk: Desk = {
  lanes: [],
  isStarted: false,
  isChoosing: false,
  dropped: [],
  open: 0,
  moving: 0,
  received: 0,
  beat: 0,
};
const listeners = new Set<() => void>();

/** Read the desk; the component is drawn again when it changes. */
export function useUploads(): Desk {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => desk,
  );
}

/** Open the dialog that chooses files and their project. */
export function openUploads(dropped: readonly Chosen[] = []): void {
  change({ isChoosing: true, dropped });
}

/** Close the dialog. */
export function closeChooser(): void {
  change({ isChoosing: false, dropped: [] });
}

/** Take files in for a project; an empty `project` is the account's own inbox. */
export async function takeFiles(
  project: string,
  label: string,
  chosen: readonly Chosen[],
): Promise<void> {
  const lane =
    desk.lanes.find(({ place }) => place === placeOf(project)) ?? (await open(project, label));
  lane.queue.add(chosen);
}

/** All files of all lanes, newest lane last. */
export function allItems(lanes: readonly Lane[]): { readonly lane: Lane; readonly item: Item }[] {
  return lanes.flatMap((lane) => lane.queue.items.map((item) => ({ lane, item })));
}

/** Take finished files off the list; the tray closes when nothing is left. */
export function clearDone(): void {
  for (const { queue } of desk.lanes) {
    queue.forAll((item) => {
      if (!isOpen(item)) queue.remove(item);
    });
  }
  redraw();
  if (desk.lanes.every(({ queue }) => queue.items.length === 0)) change({ isStarted: false });
}

const FIRST_REQUESTS = 3;
const ENDPOINT = "/files/";

/** What all lanes have in common: the line, the turn among tabs, the question before leaving. */
let shared: { readonly pace: Pace; readonly turn: Turn; readonly guard: Guard } | null = null;

async function share(): Promise<NonNullable<typeof shared>> {
  const [{ mostAtOnce, Pace }, { Turn }, { Guard }] = await Promise.all([
    import("../../shared/uploads/pace"),
    import("../../shared/uploads/tabs"),
    import("../../shared/uploads/leaving"),
  ]);
  return { pace: new Pace(FIRST_REQUESTS, mostAtOnce()), turn: new Turn(), guard: new Guard() };
}

async function open(project: string, label: string): Promise<Lane> {
  const place = placeOf(project);
  const [{ Queue }, { Records }] = await Promise.all([
    import("../../shared/uploads/queue"),
    import("../../shared/uploads/records"),
  ]);
  shared ??= await share();
  const records = await Records.open(ENDPOINT);
  const queue = new Queue({
    target: {
      endpoint: ENDPOINT,
      headers: { "X-Rushes-CSRF": "1" },
      appendBytes: null,
      direct: document.body.dataset["direct"] ?? null,
      ...(project === "" ? {} : { metadata: { project } }),
    },
    place,
    records,
    limits: { maxFileBytes: null, filesLeft: null, bytesLeft: null, extensions: [] },
    pace: shared.pace,
    turn: shared.turn,
  });
  queue.remember(await records.list(place));
  queue.addEventListener("change", redraw);
  queue.addEventListener("move", redraw);
  const lane = { place, label, queue };
  shared.guard.watch(queue);
  if (desk.lanes.length === 0) {
    window.addEventListener("online", redraw);
    window.addEventListener("offline", redraw);
  }
  change({ lanes: [...desk.lanes, lane], isStarted: true });
  return lane;
}

function placeOf(project: string): string {
  return `portal:${project}`;
}

function redraw(): void {
  const totals = desk.lanes.map(({ queue }) => queue.totals());
  const sum = (of: "open" | "moving" | "received"): number =>
    totals.reduce((whole, each) => whole + each[of], 0);
  change({
    open: sum("open"),
    moving: sum("moving"),
    received: sum("received"),
    isStarted: desk.isStarted || totals.some(({ files }) => files > 0),
    beat: desk.beat + 1,
  });
}

function change(part: Partial<Desk>): void {
  desk = { ...desk, ...part };
  for (const listener of listeners) listener();
}
