/** What became of files whose last byte is there: asked at 1, 2, 4 ... 15 s, two at a time. */
import type { Item } from "./item";
import { look, pauseBefore, type Look } from "./status";

const AT_ONCE = 2; // a thousand files must not keep the bytes of the others waiting
const MOST_LOOKS = 240; // at 15 s: the digest of a very large file takes its time

interface Pending {
  looks: number;
  dueAt: number;
  isAsked: boolean;
}

export class Verdicts {
  private readonly pending = new Map<Item, Pending>();
  private asking = 0;

  /** `tell` folds an answer in, and says whether it was the last. */
  constructor(
    private readonly headers: Readonly<Record<string, string>>,
    private readonly tell: (item: Item, found: Look) => boolean,
  ) {}

  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  add(item: Item, now: number): void {
    this.pending.set(item, { looks: 0, dueAt: now + pauseBefore(0) * 1000, isAsked: false });
  }

  drop(item: Item): void {
    this.pending.delete(item);
  }

  /** Ask about those whose time has come. */
  tick(now: number): void {
    for (const [item, one] of this.pending) {
      if (this.asking >= AT_ONCE) return;
      if (!one.isAsked && one.dueAt <= now) void this.ask(item, one);
    }
  }

  private async ask(item: Item, one: Pending): Promise<void> {
    if (item.url === null) {
      this.drop(item);
      return;
    }
    one.isAsked = true;
    this.asking += 1;
    const found = await look(item.url, this.headers);
    this.asking -= 1;
    one.isAsked = false;
    one.looks += 1;
    one.dueAt = Date.now() + pauseBefore(one.looks) * 1000;
    const isLast = this.pending.get(item) === one && this.tell(item, found);
    if (isLast || one.looks >= MOST_LOOKS) this.drop(item);
    this.tick(Date.now());
  }
}
