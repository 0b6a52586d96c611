/**
 * One try to send one part of a file straight into the archive's bucket, or to say that all are
 * there.
 *
 * The bucket's refusals are never final: an address that has expired is signed again, and whatever
 * else it answers counts as a way that is closed. What our own server answers counts as always.
 */
import { readProblem } from "../problem";
import { Failed, troubleOf, type Direct } from "./direct";
import { exchange, type Answer, type Exchange } from "./exchange";
import type { Job, Reports, Sending, Target, Trouble } from "./send";

const EXPIRED = 403;
const CLOSED = 502; // what a refusal of the bucket is to the queue: somebody between us failed
const PASSING = new Set([0, 429, 500, 502, 503, 504]);
const LOST: Trouble = { status: 0, body: "", retryAfter: null };

/** Start sending a part, or completing the whole. */
export function sendDirect(job: Job, direct: Direct, target: Target, to: Reports): Sending {
  const run = new DirectRun(job, direct, target, to);
  void run.begin();
  return run;
}

class DirectRun implements Sending {
  private isStopped = false;
  private current: Exchange | null = null;

  constructor(
    private readonly job: Job,
    private readonly direct: Direct,
    private readonly target: Target,
    private readonly to: Reports,
  ) {}

  stop(): void {
    this.isStopped = true;
    this.current?.stop();
  }

  /** Asked after each wait: it may have been stopped meanwhile. */
  private wasStopped(): boolean {
    return this.isStopped;
  }

  async begin(): Promise<void> {
    const { piece } = this.job;
    try {
      await this.direct.open(this.beginning(), this.to);
      if (this.wasStopped()) return;
      if (piece.isJoin) await this.direct.complete();
      else if (!piece.isDone) await this.put();
      if (!this.wasStopped()) this.to.onDone();
    } catch (error) {
      if (this.wasStopped()) return;
      this.to.onTrouble(error instanceof Failed ? markStore(error.trouble) : LOST);
    }
  }

  private beginning(): Parameters<Direct["open"]>[0] {
    const { file, metadata } = this.job;
    const { filename = "", filetype = "", ...others } = metadata;
    const more = { ...this.target.metadata, ...others };
    return { filename, type: filetype, size: file.size, metadata: more };
  }

  private async put(): Promise<void> {
    let answer = await this.tryOnce();
    if (answer?.status === EXPIRED && !this.wasStopped()) {
      this.direct.forgetAddresses();
      answer = await this.tryOnce();
    }
    if (answer === null || this.wasStopped()) return;
    if (answer.status >= 200 && answer.status < 300) {
      this.direct.arrived();
      return;
    }
    if (answer.status === 0 && !(await isServerThere())) throw new Failed(LOST);
    const status = PASSING.has(answer.status) ? answer.status : CLOSED;
    throw new Failed({ ...troubleOf(answer), status, atStore: true });
  }

  /** Send the part's bytes; null where it was stopped before. */
  private async tryOnce(): Promise<Answer | null> {
    const { file, piece } = this.job;
    const url = await this.direct.addressOf(piece.start);
    if (this.wasStopped()) return null;
    this.current = exchange({
      method: "PUT",
      url,
      headers: {},
      body: file.slice(piece.start, piece.start + piece.length),
      onSent: (bytes) => {
        if (!this.isStopped) this.to.onProgress(Math.min(bytes, piece.length));
      },
    });
    const answer = await this.current.answer;
    this.current = null;
    return answer;
  }
}

/** A server that cannot reach its bucket, or has none any more, says so. */
function markStore(trouble: Trouble): Trouble {
  const { code } = readProblem(trouble.status, trouble.body);
  const isStore = code.startsWith("store.") || code === "direct.unavailable";
  return isStore ? { ...trouble, atStore: true } : trouble;
}

/** A browser does not say why a request failed: if our server answers, it was not the line. */
async function isServerThere(): Promise<boolean> {
  try {
    await fetch("/healthz", { cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}
