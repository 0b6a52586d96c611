/**
 * The queue of a page: which files are sent now, which wait, and what became of the others.
 *
 * Files are cut into pieces, and pieces are sent in their order, as many at once as the pace
 * allows. A piece that fails gets a time for its next try, and another one takes its place.
 * One heartbeat does all that waits, by the clock on the wall: a device that slept goes on with
 * its first beat. Everything is told by two signals: `change` when a state changed, `move` when
 * only figures did.
 */
import { problemOf, type Problem } from "../problem";
import { discard } from "./cancelling";
import { Direct } from "./direct";
import { Dispatch } from "./dispatch";
import { Estimator } from "./estimator";
import { isOpen, maySwitch, newItem, step, type Chosen, type Item } from "./item";
import { breachOf, isJunk, type Limits, type Usage } from "./limits";
import { Memory } from "./memory";
import { newGroup } from "./metadata";
import type { Pace } from "./pace";
import { cut, cutDirect, LARGE_BYTES, nextPiece } from "./pieces";
import type { Records, UploadRecord } from "./records";
import type { Target } from "./send";
import { canJoin, type Look } from "./status";
import type { Turn } from "./tabs";
import { sum, takenOf, totalsOf, type Totals } from "./totals";
import { Verdicts } from "./verdicts";

const BEAT_MS = 500;
const AHEAD = 12; // files that were looked at, and wait for room

export interface QueueOptions {
  readonly target: Target;
  /** Names the link (or the portal) in this browser's memory. */
  readonly place: string;
  readonly records: Records;
  readonly limits: Limits;
  /** Both are shared by all queues of a page. */
  readonly pace: Pace;
  readonly turn: Turn;
}

/** What became of a choice of files. */
export interface Added {
  readonly items: readonly Item[];
  readonly junk: number;
  readonly already: number;
}

export class Queue extends EventTarget {
  readonly items: Item[] = [];
  readonly estimator = new Estimator();
  private readonly dispatch: Dispatch;
  private readonly memory: Memory;
  private readonly verdicts: Verdicts;
  private clock: ReturnType<typeof setInterval> | undefined;
  private nextId = 1;
  private isLooking = false;
  private joins: Promise<boolean> | null = null;

  constructor(private readonly options: QueueOptions) {
    super();
    const { target, pace, records, place, turn } = options;
    this.memory = new Memory(records, place, target.headers, target.direct);
    this.verdicts = new Verdicts(target.headers, (item, found) => this.settle(item, found));
    this.dispatch = new Dispatch(target, pace, {
      begun: (item, isWhole) => {
        if (!isWhole || item.group !== null) void this.memory.keep(item);
      },
      orphaned: (item, url) => void this.giveBack(item, url),
      partDone: (item) => void this.memory.keep(item),
      allDone: (item) => {
        this.finish(item);
      },
      refused: (item, problem, isGone) => {
        this.refuse(item, problem);
        if (isGone) this.dispatchEvent(new Event("closed"));
      },
      detoured: (item, isGone) => {
        this.beginAnew(item, isGone);
      },
      lost: (item) => void this.checkReadable(item),
      freed: () => {
        this.fillSlots();
      },
    });
    turn.addEventListener("change", () => {
      this.fillSlots();
    });
    window.addEventListener("online", () => {
      this.retryNow();
    });
    window.addEventListener("offline", () => {
      this.fallSilent();
    });
  }

  /** Tell the queue which unfinished uploads this browser knows. */
  remember(records: readonly UploadRecord[]): void {
    this.memory.remember(records);
  }

  /** Take files in, in their order; what a link does not allow is listed as refused. */
  add(chosen: readonly Chosen[]): Added {
    const kept = chosen.filter(({ path }) => !isJunk(path));
    const fresh = kept.filter((one) => !this.has(one));
    const items = fresh.map((one) => newItem(this.nextId++, one));
    for (const item of items) {
      const breach = breachOf(item, this.options.limits, this.usage());
      this.items.push(item);
      if (breach !== null) this.refuse(item, problemOf(breach));
    }
    this.changed();
    void this.lookAhead();
    return { items, junk: chosen.length - kept.length, already: kept.length - fresh.length };
  }

  private has({ file, path }: Chosen): boolean {
    return this.items.some(
      (item) =>
        item.path === path &&
        item.file.size === file.size &&
        item.file.lastModified === file.lastModified &&
        item.state !== "cancelled" &&
        item.state !== "refused",
    );
  }

  private usage(): Usage {
    const taken = takenOf(this.items);
    return { files: taken.length, bytes: sum(taken, (item) => item.file.size) };
  }

  /** Look at the next files before their turn: which they are, and what is there of them. */
  private async lookAhead(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    for (let next = this.unseen(); next !== null; next = this.unseen()) await this.look(next);
    this.isLooking = false;
  }

  private unseen(): Item | null {
    const waiting = this.items.filter(({ state }) => state === "waiting");
    if (waiting.filter(({ looked }) => looked).length >= AHEAD) return null;
    return waiting.find(({ looked }) => !looked) ?? null;
  }

  private async look(item: Item): Promise<void> {
    try {
      const refusal = await this.memory.recall(item);
      if (refusal !== null && item.state === "waiting") this.refuse(item, problemOf(refusal));
      else if (item.pieces.length === 0) await this.cutUp(item);
    } catch {
      if (item.state === "waiting") this.refuse(item, problemOf("file.unreadable"));
    }
    item.looked = true;
    this.fillSlots();
  }

  /** Choose the way of a file: straight into a bucket where that is offered, else by tus. */
  private async cutUp(item: Item): Promise<void> {
    const { size } = item.file;
    const { direct, headers } = this.options.target;
    if (direct !== null && size > 0 && !item.isDetoured) {
      item.direct = new Direct(size, direct, headers);
      item.pieces = cutDirect(size);
      return;
    }
    item.pieces = cut(size, size > LARGE_BYTES && (await this.mayJoin()));
    item.group = item.pieces.length > 1 ? newGroup() : null;
  }

  /** The bucket is out of reach, or knows nothing of the upload: what was there is given up. */
  private beginAnew(item: Item, isGone: boolean): void {
    item.isDetoured = item.isDetoured || !isGone || item.anew;
    void this.memory.discard(item);
    forgetSent(item);
    item.looked = false;
    this.dispatch.rest(item);
  }

  private mayJoin(): Promise<boolean> {
    return (this.joins ??= canJoin(this.options.target.endpoint));
  }

  private refuse(item: Item, problem: Problem): void {
    step(item, "refused");
    item.problem = problem;
    this.changed();
  }

  /** Start what may start: in the order of the list, as many at once as the pace allows. */
  private fillSlots(): void {
    const { pace, turn } = this.options;
    // Where the turn is here at once, `change` has filled slots by now: what is next is asked anew.
    if (this.next() !== null) turn.want(this);
    for (let next = this.next(); next !== null; next = this.next()) {
      if (!turn.isMine || !pace.hasRoom(performance.now())) break;
      this.dispatch.start(...next);
    }
    for (const item of this.items) this.dispatch.rest(item);
    const isBusy = this.items.some(({ state }) => state === "sending" || state === "waiting");
    if (!isBusy) turn.rest(this);
    if (this.items.every(({ state }) => isSettled(state))) void this.memory.end();
    void this.lookAhead();
    this.keepTime(isBusy);
    this.changed();
  }

  private next(): [Item, Item["pieces"][number]] | null {
    if (!navigator.onLine) return null;
    const now = Date.now();
    for (const item of this.items) {
      if (!["waiting", "sending"].includes(item.state) || !item.looked) continue;
      const piece = nextPiece(item.pieces, this.dispatch.isBusy, now);
      if (piece !== null) return [item, piece];
    }
    return null;
  }

  private finish(item: Item): void {
    step(item, "checking");
    item.sent = item.file.size;
    void this.memory.finish(item);
    this.verdicts.add(item, Date.now());
  }

  /** An upload was made for a file that is not wanted any more. */
  private async giveBack(item: Item, url: string): Promise<void> {
    const { records, place, target } = this.options;
    const { name, size, lastModified } = item.file;
    const print = { name, size, lastModified, path: item.path, sample: null };
    const nothing = { group: null, parts: [], createdAt: Date.now(), cancelled: true };
    await discard({ ...print, ...nothing, id: url, url, place }, records, target.headers);
  }

  /** A file that was changed or moved away fails just as a lost network does: read a byte to tell. */
  private async checkReadable(item: Item): Promise<void> {
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch {
      if (!["waiting", "sending"].includes(item.state)) return;
      this.dispatch.halt(item);
      this.refuse(item, problemOf("file.unreadable"));
    }
  }

  /** Try everything that waits for its next try at once, as when the network is back. */
  retryNow(): void {
    for (const { pieces } of this.items) for (const piece of pieces) piece.retryAt = null;
    for (const item of this.items) if (item.state === "waiting") item.retryAt = null;
    this.fillSlots();
  }

  /** The network is away: nothing is tried, and nothing counts as a failure, until it is back. */
  private fallSilent(): void {
    for (const item of this.items) {
      if (item.state !== "sending") continue;
      this.dispatch.halt(item);
      this.dispatch.rest(item);
    }
    this.fillSlots();
  }

  /** Fold the server's state into ours; true when there is nothing left to ask. */
  private settle(item: Item, found: Look): boolean {
    if (found.kind === "silent") return false;
    if (found.kind === "missing") {
      if (item.state === "checking") this.refuse(item, problemOf("upload.missing"));
      return true;
    }
    const { state, digest } = found.status;
    item.digest = digest ?? item.digest;
    if (item.state === "checking" && state === "accepted") {
      step(item, "received");
      item.finishedAt = new Date();
    } else if (item.state === "checking" && isEnd(state)) {
      if (state === "quarantined") this.refuse(item, problemOf("upload.quarantined"));
      else step(item, state);
    }
    this.changed();
    return !isOpen(item) && (item.state !== "received" || item.digest !== null);
  }

  /** Hold one file; its bytes stay where they are. */
  pause(item: Item): void {
    if (!maySwitch(item, "paused")) return;
    this.dispatch.halt(item);
    step(item, "paused");
    this.fillSlots();
  }

  /** Let a paused, refused or expired file go on. */
  resume(item: Item): void {
    if (!maySwitch(item, "waiting") || item.state === "sending") return;
    const { code } = item.problem ?? { code: "" };
    item.anew = item.anew || ["size", "date", "content"].includes(code.replace("resume.", ""));
    if (item.state === "expired") forgetSent(item);
    for (const piece of item.pieces) [piece.failures, piece.retryAt] = [0, null];
    const last = item.pieces.at(-1);
    if (last?.isDone) last.isDone = false; // ask what became of it
    item.looked = item.pieces.length > 0;
    step(item, "waiting");
    this.fillSlots();
  }

  /** Give one file up, and tell the server; a cancel that cannot be told is remembered. */
  async cancel(item: Item): Promise<void> {
    if (!maySwitch(item, "cancelled")) return;
    this.dispatch.halt(item);
    step(item, "cancelled");
    this.fillSlots();
    await this.memory.discard(item);
  }

  /** Take a file with which nothing more happens out of the list. */
  remove(item: Item): void {
    if (isOpen(item)) return;
    const place = this.items.indexOf(item);
    if (place >= 0) this.items.splice(place, 1);
    this.verdicts.drop(item);
    this.memory.putBack(item);
    this.changed();
  }

  /** Do one thing to every file that allows it. */
  forAll(deed: (item: Item) => unknown): void {
    for (const item of [...this.items]) deed(item);
  }

  /** Bytes per second of one file; null while it is not known. */
  speedOf(item: Item): number | null {
    return this.estimatorOf(item)?.speed ?? null;
  }

  /** The estimator of one file, while it is being sent. */
  estimatorOf(item: Item): Estimator | null {
    return item.state === "sending" ? this.dispatch.estimatorOf(item) : null;
  }

  /** Whether files wait because another tab is sending. */
  get isElsewhere(): boolean {
    return this.options.turn.isElsewhere && this.items.some(({ state }) => state === "waiting");
  }

  /** Sums over the list. */
  totals(): Totals {
    return totalsOf(this.items, this.dispatch.size);
  }

  /** The heart beats only while something moves, waits for a try or for a verdict. */
  private keepTime(isBusy: boolean): void {
    const beats = isBusy || !this.verdicts.isEmpty;
    if (beats && this.clock === undefined) {
      this.clock = setInterval(() => {
        this.beat();
      }, BEAT_MS);
    } else if (!beats && this.clock !== undefined) {
      clearInterval(this.clock);
      this.clock = undefined;
    }
    if (this.dispatch.size === 0) this.estimator.reset();
  }

  private beat(): void {
    const [now, wall] = [performance.now(), Date.now()];
    this.dispatch.checkSilence(wall);
    this.verdicts.tick(wall);
    for (const item of this.items) {
      if (item.retryAt !== null && item.retryAt <= wall) item.retryAt = null;
    }
    if (this.next() !== null || this.dispatch.size === 0) this.fillSlots();
    if (this.dispatch.size > 0) this.estimator.record(now, this.dispatch.moved);
    this.dispatch.beat(now);
    this.dispatchEvent(new Event("move"));
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

/** An upload that is over is not gone on with: its file is sent as a new one. */
function forgetSent(item: Item): void {
  item.url = null;
  item.group = null;
  item.direct = null;
  item.pieces = [];
  item.sent = 0;
  item.resumedFrom = 0;
  item.anew = true;
}

/** Whether nothing of a file is left to send, nor to try again by hand. */
function isSettled(state: Item["state"]): boolean {
  return ["checking", "received", "cancelled"].includes(state);
}

function isEnd(state: string): state is "quarantined" | "cancelled" | "expired" {
  return ["quarantined", "cancelled", "expired"].includes(state);
}
