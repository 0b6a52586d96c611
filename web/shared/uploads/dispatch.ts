/**
 * The pieces that are being sent now: their bytes, their troubles, their ends.
 *
 * Which piece comes next is the queue's business; here is what happens to one that was begun.
 */
import { readProblem, type Problem } from "../problem";
import type { Direct } from "./direct";
import { Estimator } from "./estimator";
import { step, type Item } from "./item";
import { metadataOf, placeOf } from "./metadata";
import type { Pace } from "./pace";
import { sentOf, type Piece } from "./pieces";
import { judge } from "./retry";
import { send, type Sending, type Target, type Trouble } from "./send";

const SILENT_MS = 60_000; // without a byte; there is no limit on the whole
const RECHECKS = 3; // of all parts, when the server cannot join them

export interface Happenings {
  /** An upload, or a part of one, has an address; `isWhole`: and all of its bytes. */
  begun(item: Item, isWhole: boolean): void;
  /** An address that nobody wants any more. */
  orphaned(item: Item, url: string): void;
  partDone(item: Item): void;
  allDone(item: Item): void;
  refused(item: Item, problem: Problem, isGone: boolean): void;
  /** The way into the bucket is closed, or its upload is gone there: the file begins anew. */
  detoured(item: Item, isGone: boolean): void;
  /** No answer came: the network is away, or the file is. */
  lost(item: Item): void;
  /** A piece has ended in one way or another. */
  freed(): void;
}

interface Running {
  readonly item: Item;
  readonly piece: Piece;
  sending: Sending | null;
  /** Wall clock, so that a device that slept finds its dead connections at once. */
  movedAt: number;
  /** Whether the next figure is what the server holds already. */
  isBaseline: boolean;
}

export class Dispatch {
  /** Bytes that have left in all. */
  moved = 0;
  private readonly running = new Map<Piece, Running>();
  private readonly estimators = new Map<number, Estimator>();
  private readonly troubles = new Map<number, Problem>();

  constructor(
    private readonly target: Target,
    private readonly pace: Pace,
    private readonly tell: Happenings,
  ) {}

  get size(): number {
    return this.running.size;
  }

  readonly isBusy = (piece: Piece): boolean => this.running.has(piece);

  isMoving(item: Item): boolean {
    return item.pieces.some(this.isBusy);
  }

  estimatorOf(item: Item): Estimator | null {
    return this.estimators.get(item.id) ?? null;
  }

  start(item: Item, piece: Piece): void {
    if (item.state === "waiting") step(item, "sending");
    if (!this.estimators.has(item.id)) this.estimators.set(item.id, new Estimator());
    piece.retryAt = null;
    const isBaseline = piece.url !== null;
    const run: Running = { item, piece, sending: null, movedAt: Date.now(), isBaseline };
    this.running.set(piece, run);
    this.pace.running += 1;
    const isMine = (): boolean => this.running.get(piece) === run;
    const { direct } = item;
    run.sending = send(jobOf(item, piece), this.target, {
      onUrl: (url, isWhole) => {
        if (direct === null) this.onUrl(run, url, isWhole);
        else this.onDirectUrl(item, direct, url);
      },
      onHeld: (held) => {
        if (item.direct === direct) adoptParts(item, held);
      },
      onProgress: (sent) => {
        if (isMine()) this.onProgress(run, sent);
      },
      onDone: () => {
        if (isMine()) this.onDone(run);
      },
      onTrouble: (trouble) => {
        if (isMine()) this.onTrouble(run, trouble);
      },
    });
  }

  /** Stop every piece of a file; its bytes stay where they are. */
  halt(item: Item): void {
    for (const run of [...this.running.values()]) if (run.item === item) this.leave(run);
    this.estimators.delete(item.id);
    this.troubles.delete(item.id);
  }

  /** A file of which nothing moves waits: for its next try, or for room. */
  rest(item: Item): void {
    if (item.state !== "sending" || this.isMoving(item)) return;
    const problem = this.troubles.get(item.id) ?? null;
    this.halt(item);
    step(item, "waiting");
    item.problem = problem;
    const tries = item.pieces.map(({ retryAt }) => retryAt).filter((at) => at !== null);
    item.retryAt = tries.length > 0 ? Math.min(...tries) : null;
  }

  /** Give up connections that have been silent for a minute, or that a sleep has killed. */
  checkSilence(now: number): void {
    for (const run of [...this.running.values()]) {
      if (now - run.movedAt <= SILENT_MS) continue;
      run.sending?.stop();
      const atStore = run.item.direct !== null && !run.piece.isJoin;
      this.onTrouble(run, { status: 0, body: "", retryAfter: null, atStore });
    }
  }

  /** Tell the estimators that time has passed. */
  beat(now: number): void {
    for (const { item } of this.running.values()) this.estimatorOf(item)?.record(now, item.sent);
  }

  private leave(run: Running): void {
    if (!this.running.delete(run.piece)) return;
    this.pace.running -= 1;
    run.sending?.stop();
  }

  private onUrl(run: Running, url: string, isWhole: boolean): void {
    const { item, piece } = run;
    const isAlone = (this.running.get(piece) ?? run) === run;
    if (!isAlone || piece.url !== null || item.state === "cancelled") {
      this.tell.orphaned(item, url);
      return;
    }
    piece.url = url;
    piece.formerUrl = null;
    if (item.group === null || piece.isJoin) item.url = url;
    this.tell.begun(item, isWhole);
  }

  private onDirectUrl(item: Item, direct: Direct, url: string): void {
    if (item.direct !== direct || item.url !== null || item.state === "cancelled") {
      this.tell.orphaned(item, url);
      return;
    }
    item.url = url;
    this.tell.begun(item, false);
  }

  private onProgress(run: Running, sent: number): void {
    const { item, piece } = run;
    const now = performance.now();
    run.movedAt = Date.now();
    if (run.isBaseline) {
      if (piece.sent === 0) item.resumedFrom += sent;
    } else if (sent > piece.sent) {
      this.moved += sent - piece.sent;
      this.pace.move(now, sent - piece.sent);
      piece.failures = 0;
      this.troubles.delete(item.id);
    }
    run.isBaseline = false;
    piece.sent = Math.min(sent, piece.length);
    item.sent = sentOf(item.pieces);
    this.estimatorOf(item)?.record(now, item.sent);
  }

  private onDone(run: Running): void {
    const { item, piece } = run;
    this.leave(run);
    piece.isDone = true;
    piece.sent = piece.length;
    item.sent = sentOf(item.pieces);
    if (item.pieces.every(({ isDone }) => isDone)) {
      this.halt(item);
      this.tell.allDone(item);
    } else this.tell.partDone(item);
    this.tell.freed();
  }

  /** Ask the bucket again, or leave it where its way is closed; true where that was done. */
  private detour({ item, piece }: Running, trouble: Trouble, problem: Problem): boolean {
    const { direct } = item;
    if (direct === null) return false;
    const isGone = [404, 410].includes(trouble.status) && !problem.code.startsWith("link.");
    if (piece.isJoin && trouble.status === 409 && piece.failures < RECHECKS) {
      recheck(item, piece);
      direct.lookAgain();
      return true;
    }
    const isWrong = piece.isJoin && trouble.status === 409;
    const isClosed = trouble.atStore === true && direct.failed(piece.start);
    if (!isGone && !isWrong && !isClosed && problem.code !== "direct.unavailable") return false;
    this.halt(item);
    this.tell.detoured(item, isGone || isWrong);
    return true;
  }

  private onTrouble(run: Running, trouble: Trouble): void {
    const { item, piece } = run;
    const { status, body, retryAfter } = trouble;
    this.leave(run);
    const problem = readProblem(status, body);
    if (this.detour(run, trouble, problem)) {
      this.tell.freed();
      return;
    }
    const verdict = judge({ status, retryAfter, failures: piece.failures }, Math.random());
    if (status === 0 || status === 429 || status >= 500) {
      this.pace.strain(performance.now(), status === 429 ? (retryAfter ?? 1) * 1000 : 0);
    }
    const isForgotten = verdict === "gone" && !problem.code.startsWith("link.");
    if (isForgotten && piece.isJoin && piece.failures < RECHECKS) recheck(item, piece);
    else if (isForgotten && piece.url !== null) beginAnew(item, piece);
    else if (typeof verdict === "object") {
      piece.failures += 1;
      piece.retryAt = Date.now() + verdict.retryMs;
      this.troubles.set(item.id, problem);
      if (status === 0) this.tell.lost(item);
    } else {
      this.halt(item);
      restoreAddresses(item);
      this.tell.refused(item, problem, verdict === "gone");
    }
    this.tell.freed();
  }
}

/** Parts that a bucket holds are not sent again. */
function adoptParts(item: Item, held: ReadonlyMap<number, number>): void {
  for (const piece of item.pieces) {
    if (piece.isJoin || held.get(piece.start) !== piece.length) continue;
    piece.isDone = true;
    piece.sent = piece.length;
  }
  item.sent = sentOf(item.pieces);
  item.resumedFrom = item.sent;
}

function jobOf(item: Item, piece: Piece): Parameters<typeof send>[0] {
  const { file, group, pieces } = item;
  const isPart = group !== null && !piece.isJoin;
  const place = isPart ? placeOf(piece, group, file.size) : {};
  const urls = piece.isJoin ? pieces.flatMap((one) => (one.isJoin ? [] : [one.url ?? ""])) : [];
  const metadata = { ...metadataOf(item), ...place };
  return { file, piece, isPart, parts: urls, metadata, direct: item.direct };
}

/** The server misses a part: ask for each of them again; those that are there cost no bytes. */
function recheck(item: Item, join: Piece): void {
  join.failures += 1;
  join.url = null;
  for (const piece of item.pieces) piece.isDone = false;
}

/**
 * The server says that it does not know the upload: from the start, as a new one.
 *
 * A link that is off answers the same, and a HEAD has no words to tell the two apart: so the old
 * address is kept until there is a new one.
 */
function beginAnew(item: Item, piece: Piece): void {
  piece.formerUrl = piece.url;
  piece.url = null;
  piece.sent = 0;
  piece.isDone = false;
  if (item.group === null) item.url = null;
  item.resumedFrom = 0;
  item.sent = sentOf(item.pieces);
}

/** A link that is extended lets its uploads go on where they were. */
function restoreAddresses(item: Item): void {
  for (const piece of item.pieces) {
    piece.url ??= piece.formerUrl;
    if (item.group === null) item.url ??= piece.url;
  }
}
