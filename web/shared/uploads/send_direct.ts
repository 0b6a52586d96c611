/**
 * One try to send one part of a file straight into the archive's bucket, or to say that all are
 * there.
 *
 * The bucket's refusals are never final: an address that has expired is signed again, and whatever
 * else it answers counts as a way that is closed. What our own server answers counts as always.
 */
import { readProblem } from "../problem";
import { Failed, troubleOf, type Direct } from "./direct";
import type { Answer } from "./exchange";
import type { Halt } from "./halt";
import type { Job, Reports, Target, Trouble } from "./send";

const EXPIRED = 403;
const CLOSED = 502; // what a refusal of the bucket is to the queue: somebody between us failed
const PASSING = new Set([0, 429, 500, 502, 503, 504]);
const ANSWER_MS = 30_000; // of our own server, before it counts as away
const LOST: Trouble = { status: 0, body: "", retryAfter: null };

/** Where it goes, who is told, and what may stop it. */
interface Course {
  readonly target: Target;
  readonly to: Reports;
  readonly halt: Halt;
}

/** Send a part, or complete the whole. */
export async function sendDirect(job: Job, direct: Direct, course: Course): Promise<void> {
  await new DirectRun(job, direct, course).begin();
}

class DirectRun {
  constructor(
    private readonly job: Job,
    private readonly direct: Direct,
    private readonly course: Course,
  ) {}

  async begin(): Promise<void> {
    const { piece } = this.job;
    const { to, halt } = this.course;
    try {
      await this.direct.open(this.beginning(), to);
      if (halt.isStopped()) return;
      if (piece.isJoin) await this.direct.complete();
      else if (!piece.isDone) await this.put();
      if (!halt.isStopped()) to.onDone();
    } catch (error) {
      if (halt.isStopped()) return;
      to.onTrouble(error instanceof Failed ? markStore(error.trouble) : LOST);
    }
  }

  private beginning(): Parameters<Direct["open"]>[0] {
    const { file, metadata } = this.job;
    const { filename = "", filetype = "", ...others } = metadata;
    const more = { ...this.course.target.metadata, ...others };
    return { filename, type: filetype, size: file.size, metadata: more };
  }

  private async put(): Promise<void> {
    let answer = await this.tryOnce();
    if (answer?.status === EXPIRED && !this.course.halt.isStopped()) {
      this.direct.forgetAddresses();
      answer = await this.tryOnce();
    }
    if (answer === null || this.course.halt.isStopped()) return;
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
    if (this.course.halt.isStopped()) return null;
    return await this.course.halt.ask({
      method: "PUT",
      url,
      headers: {},
      body: file.slice(piece.start, piece.start + piece.length),
      onSent: (bytes) => {
        this.course.to.onProgress(Math.min(bytes, piece.length));
      },
    });
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
    await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch {
    return false;
  }
}
