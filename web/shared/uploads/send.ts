/**
 * One try to send one piece: over tus 1.0, from the server's offset to its last byte, or straight
 * into a bucket.
 *
 * Retries are the queue's business. Source: https://tus.io/protocols/resumable-upload
 */
import { parseRetryAfter } from "../retry_after";
import type { Direct } from "./direct";
import type { Answer } from "./exchange";
import { Halt } from "./halt";
import { formatMetadata } from "./metadata";
import type { Piece } from "./pieces";
import { sendDirect } from "./send_direct";
import { idOf } from "./status";

const SMALL_BYTES = 512 * 1024; // sent with the creation itself: one round trip less
const CREATION_MS = 180_000; // with a small file's bytes, on a slow line
const BYTES = "application/offset+octet-stream";

export interface Target {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The largest body of one request; null: the whole rest at once. */
  readonly appendBytes: number | null;
  /** Where uploads begin that go straight into a bucket; null: none do. */
  readonly direct: string | null;
  /** Goes with every creation, beside the file's own: the portal names its project here. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Trouble {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: number | null;
  /** Whether it is the bucket that failed, not the line or our server. */
  readonly atStore?: boolean;
}

export interface Job {
  readonly file: Blob;
  readonly piece: Piece;
  readonly metadata: Readonly<Record<string, string>>;
  /** The addresses of all parts in their order, where the piece joins them. */
  readonly parts: readonly string[];
  readonly isPart: boolean;
  /** The way into the bucket, for a file that goes there. */
  readonly direct: Direct | null;
}

export interface Reports {
  /** The upload exists from now on; also told after `stop`, so that it can be given up. */
  onUrl(url: string, isWhole: boolean): void;
  /** Bytes of the piece that have left; the first figure is what the server holds. */
  onProgress(sent: number): void;
  /** A bucket holds these parts already: bytes by where they begin. */
  onHeld(held: ReadonlyMap<number, number>): void;
  onDone(): void;
  onTrouble(trouble: Trouble): void;
}

/** A running try; `stop` ends it without a report, but for an address that was just made. */
export interface Sending {
  stop(): void;
}

/** Start sending: a piece with an address goes on, one without is begun. */
export function send(job: Job, target: Target, to: Reports): Sending {
  const halt = new Halt();
  if (job.direct !== null) void sendDirect(job, job.direct, { target, to, halt });
  else void new Run(job, target, to, halt).begin();
  return halt;
}

class Run {
  constructor(
    private readonly job: Job,
    private readonly target: Target,
    private readonly to: Reports,
    private readonly halt: Halt,
  ) {}

  async begin(): Promise<void> {
    const { url } = this.job.piece;
    const offset = url === null ? await this.create() : await this.lookUp(url);
    if (offset === null) return;
    const end = this.job.piece.length;
    let at = offset;
    this.to.onProgress(at);
    while (at < end) {
      const next = await this.append(at, Math.min(end, at + (this.target.appendBytes ?? end)));
      if (next === null) return;
      at = next;
    }
    this.to.onDone();
  }

  /** Begin the upload; null where it did not become one, or is not wanted any more. */
  private async create(): Promise<number | null> {
    const { piece, parts, isPart, metadata } = this.job;
    const body =
      piece.length > 0 && piece.length <= SMALL_BYTES ? this.slice(0, piece.length) : null;
    const concat = piece.isJoin
      ? `final;${parts.map((part) => idOf(part)).join(" ")}`
      : isPart
        ? "partial"
        : null;
    // Not to be stopped: an upload whose address nobody heard of could not be taken back. It ends
    // by its time alone, for a silent server must not keep one of the browser's connections.
    const answer = await this.ask(
      "POST",
      this.target.endpoint,
      {
        ...(piece.isJoin ? {} : { "Upload-Length": String(piece.length) }),
        ...(concat === null ? {} : { "Upload-Concat": concat }),
        ...(body === null ? {} : { "Content-Type": BYTES }),
        "Upload-Metadata": formatMetadata({ ...this.target.metadata, ...metadata }),
      },
      { body, mayStop: false, from: 0, timeoutMs: CREATION_MS },
    );
    const location = answer.header("Location");
    if (answer.status !== 201 || location === null) {
      this.fail(answer);
      return null;
    }
    const offset = piece.isJoin || body === null ? 0 : numberIn(answer, "Upload-Offset");
    this.to.onUrl(addressOf(location, this.target.endpoint), offset === piece.length);
    return this.halt.isStopped() ? null : (offset ?? 0);
  }

  private async lookUp(url: string): Promise<number | null> {
    const answer = await this.ask("HEAD", url, {});
    const offset = numberIn(answer, "Upload-Offset");
    if (this.halt.isStopped()) return null;
    if (isGood(answer) && offset !== null) return offset;
    this.fail(answer);
    return null;
  }

  private async append(at: number, end: number): Promise<number | null> {
    const { url } = this.job.piece;
    if (this.halt.isStopped() || url === null) return null;
    const answer = await this.ask(
      "PATCH",
      url,
      { "Upload-Offset": String(at), "Content-Type": BYTES },
      { body: this.slice(at, end), mayStop: true, from: at },
    );
    const offset = numberIn(answer, "Upload-Offset");
    if (isGood(answer) && offset !== null && offset > at) {
      if (this.halt.isStopped()) return null;
      this.to.onProgress(offset);
      return offset;
    }
    this.fail(answer);
    return null;
  }

  private async ask(
    method: string,
    url: string,
    headers: Record<string, string>,
    sent: Sent = NOTHING,
  ): Promise<Answer> {
    const most = sent.from + (sent.body?.size ?? 0);
    const question = {
      method,
      url,
      headers: { "Tus-Resumable": "1.0.0", ...this.target.headers, ...headers },
      body: sent.body,
      onSent: (bytes: number): void => {
        this.to.onProgress(Math.min(most, sent.from + bytes));
      },
      ...(sent.timeoutMs === undefined ? {} : { timeoutMs: sent.timeoutMs }),
    };
    return await this.halt.ask(question, sent.mayStop);
  }

  private slice(from: number, to: number): Blob {
    const { file, piece } = this.job;
    return file.slice(piece.start + from, piece.start + to);
  }

  private fail(answer: Answer): void {
    if (this.halt.isStopped()) return;
    const { status, body } = answer;
    const retryAfter = parseRetryAfter(answer.header("Retry-After"), Date.now());
    this.to.onTrouble({ status: isGood(answer) ? 0 : status, body, retryAfter });
  }
}

/** What leaves with a request, and what may end it. */
interface Sent {
  readonly body: Blob | null;
  readonly mayStop: boolean;
  readonly from: number;
  readonly timeoutMs?: number;
}

const NOTHING: Sent = { body: null, mayStop: true, from: 0 };

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function numberIn(answer: Answer, name: string): number | null {
  const text = answer.header(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** A proxy may let the server name another host: the path is what counts, here. */
function addressOf(location: string, endpoint: string): string {
  const base = new URL(endpoint, window.location.href);
  return new URL(new URL(location, base).pathname, base).href;
}
