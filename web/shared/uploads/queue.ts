/**
 * The queue of a page: which files are sent now, which wait, and what became of the others.
 *
 * Three files are sent at once. A file whose request fails goes back to `waiting` with a time for
 * its next try, and another one takes its place. Everything is told by two signals: `change` when
 * a state changed, `move` when only figures did.
 */
import { readProblem, problemOf } from "../problem";
import { Estimator } from "./estimator";
import { isOpen, maySwitch, newItem, step, type Chosen, type Item, type State } from "./item";
import { breachOf, isJunk, type Limits, type Usage } from "./limits";
import { fingerprint, match } from "./matching";
import type { Records, UploadRecord } from "./records";
import { judge } from "./retry";
import { send, type Sending, type Target, type Trouble } from "./send";
import { look, pauseBefore, terminate } from "./status";
import { sum, takenOf, totalsOf, type Totals } from "./totals";

const REDRAW_MS = 500;
const DIGEST_LOOKS = 240; // at 15 s: the digest of a very large file takes its time

export interface QueueOptions {
  readonly target: Target;
  /** Names the link (or the portal) in this browser's memory. */
  readonly place: string;
  readonly records: Records;
  readonly limits: Limits;
  /** Files at once, 1 to 6. */
  readonly parallel: number;
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
  private readonly running = new Map<number, Sending>();
  private readonly estimators = new Map<number, Estimator>();
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private clock: ReturnType<typeof setInterval> | undefined;
  private records: UploadRecord[] = [];
  private nextId = 1;
  private moved = 0;

  constructor(private readonly options: QueueOptions) {
    super();
    window.addEventListener("online", () => {
      this.retryNow();
    });
  }

  /** Tell the queue which unfinished uploads this browser knows. */
  remember(records: readonly UploadRecord[]): void {
    this.records = [...records];
  }

  /** Take files in, in their order; what a link does not allow is listed as refused. */
  async add(chosen: readonly Chosen[]): Promise<Added> {
    const kept = chosen.filter(({ path }) => !isJunk(path));
    const fresh = kept.filter((one) => !this.has(one));
    const items = fresh.map((one) => newItem(this.nextId++, one));
    for (const item of items) {
      const breach = breachOf(item, this.options.limits, this.usage());
      this.items.push(item);
      if (breach !== null) this.refuse(item, breach);
    }
    this.changed();
    for (const item of items) if (item.state === "waiting") await this.recall(item);
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

  /** Find the unfinished upload of a file before its first byte; a changed file is refused. */
  private async recall(item: Item): Promise<void> {
    if (this.records.length > 0 && item.url === null && !item.anew) {
      const print = await fingerprint(item.file, item.path);
      const found = match(print, this.records);
      if (item.state !== "waiting") return;
      if (found.kind === "differs") {
        this.refuse(item, `resume.${found.field}`);
        return;
      }
      if (found.kind === "same") {
        item.url = found.record.url;
        this.records = this.records.filter((record) => record !== found.record);
      }
    }
    item.looked = true;
    this.fillSlots();
  }

  private refuse(item: Item, code: string): void {
    step(item, "refused");
    item.problem = problemOf(code);
    this.changed();
  }

  /** Start what may start: in the order of the list, as many at once as allowed. */
  private fillSlots(): void {
    for (const item of this.items) {
      if (this.running.size >= this.options.parallel) break;
      if (item.state === "waiting" && item.looked && item.retryAt === null) this.start(item);
    }
    this.keepTime();
    this.changed();
  }

  private start(item: Item): void {
    step(item, "sending");
    this.estimators.set(item.id, new Estimator());
    let baseline = item.url !== null; // the first figure of a resumed file is the server's offset
    const sending = send(item, item.url, this.options.target, {
      onUrl: (url) => {
        this.onUrl(item, url);
      },
      onProgress: (sent) => {
        this.onProgress(item, sent, baseline);
        baseline = false;
      },
      onDone: () => {
        this.onDone(item);
      },
      onTrouble: (trouble) => {
        this.onTrouble(item, trouble);
      },
    });
    this.running.set(item.id, sending);
  }

  private onUrl(item: Item, url: string): void {
    const resumed = item.url === url;
    item.url = url;
    if (item.formerUrl !== null) void this.options.records.forget(item.formerUrl);
    item.formerUrl = null;
    if (!resumed) void this.keep(item, url);
  }

  private async keep(item: Item, url: string): Promise<void> {
    const print = await fingerprint(item.file, item.path);
    if (item.url !== url || !isOpen(item) || item.state === "checking") return;
    const { place } = this.options;
    const record = { ...print, url, place, createdAt: Date.now(), cancelled: false };
    await this.options.records.keep(record);
    // It may have been finished or cancelled while the record was being written.
    if (!isOpen(item) || (item.state as State) === "checking") {
      await this.options.records.forget(url);
    }
  }

  private onProgress(item: Item, sent: number, isBaseline: boolean): void {
    if (isBaseline) {
      if (item.sent === 0) item.resumedFrom = sent;
    } else if (sent > item.sent) {
      this.moved += sent - item.sent;
      item.failures = 0;
    }
    item.sent = Math.min(sent, item.file.size);
    const now = performance.now();
    this.estimators.get(item.id)?.record(now, sent);
    this.estimator.record(now, this.moved);
  }

  private onDone(item: Item): void {
    this.running.delete(item.id);
    item.sent = item.file.size;
    step(item, "checking");
    if (item.url !== null) void this.options.records.forget(item.url);
    void this.confirm(item);
    this.fillSlots();
  }

  private onTrouble(item: Item, trouble: Trouble): void {
    this.running.delete(item.id);
    const { status, retryAfter } = trouble;
    const verdict = judge({ status, retryAfter, failures: item.failures }, Math.random());
    const problem = readProblem(status, trouble.body);
    if (verdict === "gone" && item.url !== null && !problem.code.startsWith("link.")) {
      startAnew(item);
    } else if (typeof verdict === "object") {
      item.failures += 1;
      step(item, "waiting");
      item.problem = problem;
      this.wait(item, verdict.retryMs);
      if (status === 0) void this.checkReadable(item);
    } else {
      step(item, "refused");
      item.problem = problem;
      item.url ??= item.formerUrl; // a link that is extended lets it go on
      if (verdict === "gone") this.dispatchEvent(new Event("closed"));
    }
    this.fillSlots();
  }

  /** A file that was changed or moved away fails just as a lost network does: read a byte to tell. */
  private async checkReadable(item: Item): Promise<void> {
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch {
      if (item.state !== "waiting") return;
      this.endWait(item);
      this.refuse(item, "file.unreadable");
    }
  }

  private wait(item: Item, milliseconds: number): void {
    item.retryAt = Date.now() + milliseconds;
    const timer = setTimeout(() => {
      item.retryAt = null;
      this.fillSlots();
    }, milliseconds);
    this.timers.set(item.id, timer);
  }

  /** Try everything that waits for its next try at once, as when the network is back. */
  retryNow(): void {
    for (const item of this.items) if (item.state === "waiting") this.endWait(item);
    this.fillSlots();
  }

  private endWait(item: Item): void {
    clearTimeout(this.timers.get(item.id));
    this.timers.delete(item.id);
    item.retryAt = null;
  }

  /** Ask the server what became of a file, until it has accepted or refused it. */
  private async confirm(item: Item): Promise<void> {
    const { url } = item;
    if (url === null) return;
    for (let looks = 0; looks < DIGEST_LOOKS; looks += 1) {
      await rest(pauseBefore(looks) * 1000);
      if (item.state !== "checking" && item.state !== "received") return;
      const found = await look(url, this.options.target.headers);
      if (found.kind === "missing" && item.state === "checking") {
        this.refuse(item, "upload.missing");
        return;
      }
      if (found.kind === "told" && this.settle(item, found.status.state, found.status.digest))
        return;
    }
  }

  /** Fold the server's state into ours; true when there is nothing left to ask. */
  private settle(item: Item, state: string, digest: string | null): boolean {
    item.digest = digest ?? item.digest;
    if (item.state === "checking" && state === "accepted") {
      step(item, "received");
      item.finishedAt = new Date();
    } else if (item.state === "checking" && isEnd(state)) {
      if (state === "quarantined") this.refuse(item, "upload.quarantined");
      else step(item, state);
    }
    this.changed();
    return !isOpen(item) && (item.state !== "received" || item.digest !== null);
  }

  /** Hold one file; its bytes stay where they are. */
  pause(item: Item): void {
    if (!maySwitch(item, "paused")) return;
    this.halt(item);
    step(item, "paused");
    this.fillSlots();
  }

  /** Let a paused, refused or expired file go on. */
  resume(item: Item): void {
    if (!maySwitch(item, "waiting") || item.state === "sending") return;
    item.failures = 0;
    item.anew = item.anew || (item.problem?.code.startsWith("resume.") ?? false);
    if (item.state === "expired") item.url = null;
    step(item, "waiting");
    void this.recall(item);
  }

  /** Give one file up, and tell the server; a cancel that cannot be told is remembered. */
  async cancel(item: Item): Promise<void> {
    if (!maySwitch(item, "cancelled")) return;
    this.halt(item);
    step(item, "cancelled");
    this.fillSlots();
    if (item.url !== null) await this.discard(item.url, item);
  }

  private async discard(url: string, item: Item): Promise<void> {
    if (await terminate(url, this.options.target.headers)) {
      await this.options.records.forget(url);
      return;
    }
    const { place } = this.options;
    const { name, size, lastModified } = item.file;
    const print = { name, path: item.path, size, lastModified, sample: null };
    await this.options.records.keep({
      ...print,
      url,
      place,
      createdAt: Date.now(),
      cancelled: true,
    });
  }

  /** Take a file with which nothing more happens out of the list. */
  remove(item: Item): void {
    if (isOpen(item)) return;
    const place = this.items.indexOf(item);
    if (place >= 0) this.items.splice(place, 1);
    this.changed();
  }

  /** Do one thing to every file that allows it. */
  forAll(deed: (item: Item) => unknown): void {
    for (const item of [...this.items]) deed(item);
  }

  private halt(item: Item): void {
    this.running.get(item.id)?.stop();
    this.running.delete(item.id);
    this.endWait(item);
  }

  /** Bytes per second of one file; null while it is not known. */
  speedOf(item: Item): number | null {
    return item.state === "sending" ? (this.estimators.get(item.id)?.speed ?? null) : null;
  }

  /** The estimator of one file, while it is being sent. */
  estimatorOf(item: Item): Estimator | null {
    return item.state === "sending" ? (this.estimators.get(item.id) ?? null) : null;
  }

  /** Sums over the list. */
  totals(): Totals {
    return totalsOf(this.items, this.running.size);
  }

  /** The redraw clock runs only while something moves or waits for a try. */
  private keepTime(): void {
    const busy = this.running.size > 0 || this.items.some((item) => item.retryAt !== null);
    if (busy && this.clock === undefined) {
      this.clock = setInterval(() => {
        this.beat();
      }, REDRAW_MS);
    } else if (!busy && this.clock !== undefined) {
      clearInterval(this.clock);
      this.clock = undefined;
      this.estimator.reset();
    }
  }

  private beat(): void {
    const now = performance.now();
    this.estimator.record(now, this.moved);
    for (const item of this.items) this.estimatorOf(item)?.record(now, item.sent);
    this.dispatchEvent(new Event("move"));
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * The server says that it does not know the upload: from the start, as a new one.
 *
 * A link that is off answers the same, and a HEAD has no words to tell the two apart: so the old
 * address is kept until there is a new one.
 */
function startAnew(item: Item): void {
  item.formerUrl = item.url;
  item.url = null;
  item.sent = 0;
  item.resumedFrom = 0;
  step(item, "waiting");
}

function isEnd(state: string): state is "quarantined" | "cancelled" | "expired" {
  return ["quarantined", "cancelled", "expired"].includes(state);
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
