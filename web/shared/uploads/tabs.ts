/**
 * What several tabs of one browser share: one of them sends at a time, for they share six
 * connections; and none touches an upload that another has in hand. Web Locks end with their tab.
 */
const SENDING = "rushes-sending";
const UPLOAD = "rushes-upload:";

/** Where there are no locks (plain http beyond this machine) each tab goes its own way. */
function locks(): LockManager | null {
  return (navigator as { locks?: LockManager }).locks ?? null;
}

/** The right to send, shared by all queues of this page. */
export class Turn extends EventTarget {
  private state: "none" | "asked" | "mine" = "none";
  private readonly users = new Set<object>();
  private release: () => void = () => undefined;

  /** Whether this tab may send. */
  get isMine(): boolean {
    return this.state === "mine";
  }

  /** Whether it waits for another tab. */
  get isElsewhere(): boolean {
    return this.state === "asked";
  }

  /** Ask for the right to send; `change` tells when it is here. */
  want(user: object): void {
    this.users.add(user);
    if (this.state !== "none") return;
    const manager = locks();
    if (manager === null) {
      this.take();
      return;
    }
    this.state = "asked";
    void manager.request(SENDING, () => this.hold());
  }

  /** Nothing more to send for now. */
  rest(user: object): void {
    this.users.delete(user);
    if (this.users.size > 0 || this.state !== "mine") return;
    this.state = "none";
    this.release();
  }

  private hold(): Promise<void> {
    if (this.users.size === 0) {
      this.state = "none";
      return Promise.resolve();
    }
    return new Promise((release) => {
      this.release = release;
      this.take();
    });
  }

  private take(): void {
    this.state = "mine";
    this.dispatchEvent(new Event("change"));
  }
}

/** Take an upload in hand; the answer lets it go. */
export function claim(id: string): () => void {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((done) => {
    letGo = done;
  });
  void locks()?.request(UPLOAD + id, () => held);
  return letGo;
}

/** The uploads that tabs of this browser have in hand, this one included. */
export async function claimed(): Promise<ReadonlySet<string>> {
  const held = (await locks()?.query())?.held ?? [];
  return new Set(held.map(({ name = "" }) => name.slice(UPLOAD.length)));
}
