/** The receipt and the summary above it: what arrived, with the server's own digests. */
import { formatMoment, formatSize } from "../shared/format";
import { upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import { isOpen, type Item } from "../shared/uploads/item";
import type { Queue } from "../shared/uploads/queue";
import { make, nameOf, need, sign, write } from "./dom";
import type { Facts } from "./facts";
import {
  KINDS,
  MEDIA_TYPES,
  readableDigest,
  writeReceipt,
  type Kind,
  type Receipt,
} from "./receipt";

export class ReceiptView {
  private readonly lines = need("receipt-lines", HTMLElement);
  /** Everything received on this page, also what was cleared from the list since. */
  private readonly received = new Map<number, Item>();
  private readonly drawn = new Map<
    number,
    { readonly digest: string | null; readonly line: HTMLElement }
  >();

  constructor(
    private readonly queue: Queue,
    private readonly facts: Facts,
    private readonly say: (text: string) => void,
  ) {
    queue.addEventListener("change", () => {
      this.draw();
    });
    need("receipt-copy", HTMLButtonElement).addEventListener("click", () => {
      void this.copy();
    });
    for (const kind of KINDS) {
      need(`receipt-${kind}`, HTMLButtonElement).addEventListener("click", () => {
        this.save(kind);
      });
    }
    need("again-all", HTMLButtonElement).addEventListener("click", () => {
      queue.forAll((item) => {
        if (item.state === "refused" || item.state === "expired") queue.resume(item);
      });
    });
    need("upload-more", HTMLButtonElement).addEventListener("click", () => {
      queue.forAll((item) => {
        queue.remove(item);
      });
      need("choose-files", HTMLButtonElement).focus();
    });
  }

  private draw(): void {
    for (const item of this.queue.items) {
      if (item.state === "received") this.received.set(item.id, item);
    }
    need("receipt", HTMLElement).hidden = this.received.size === 0;
    let isNew = false;
    for (const item of this.received.values()) isNew = this.drawLine(item) || isNew;
    if (isNew) this.lines.replaceChildren(...this.inOrder().map((item) => this.lineOf(item)));
    this.drawSummary();
  }

  private inOrder(): Item[] {
    return [...this.received.values()].sort((one, other) => one.id - other.id);
  }

  private lineOf(item: Item): HTMLElement {
    return this.drawn.get(item.id)?.line ?? make("li");
  }

  /** Draw one line where its digest is new; true where it changed. */
  private drawLine(item: Item): boolean {
    const known = this.drawn.get(item.id);
    if (known && known.digest === item.digest) return false;
    const line = make(
      "li",
      "receipt-line",
      nameOf(item.path),
      make("span", "figures", formatSize(item.file.size)),
      make("span", "receipt-time", formatMoment(item.finishedAt?.toISOString() ?? "")),
      item.digest
        ? make("code", "receipt-digest figures", readableDigest(item.digest))
        : make("span", "receipt-digest pending", words.receipt_waiting),
    );
    this.drawn.set(item.id, { digest: item.digest, line });
    return true;
  }

  private drawSummary(): void {
    const { items } = this.queue;
    const totals = this.queue.totals();
    const isOver = items.length > 0 && !items.some(isOpen) && totals.received + totals.refused > 0;
    const summary = need("summary", HTMLElement);
    const text = isOver ? summaryText(totals.received, totals.refused) : "";
    const sentence = need("summary-words", HTMLElement);
    if (summary.hidden !== !isOver || sentence.textContent !== text) {
      summary.hidden = !isOver;
      summary.dataset["state"] = totals.refused > 0 ? "refused" : "received";
      need("summary-sign", HTMLElement).replaceChildren(
        sign(totals.refused > 0 ? "refused" : "received"),
      );
      write(sentence, text);
      if (isOver) this.say(text);
    }
    const again = need("again-all", HTMLButtonElement);
    again.hidden = totals.refused === 0;
    write(again, count(words.again_all, totals.refused));
  }

  private receipt(): Receipt {
    const lines = this.inOrder().map((item) => ({
      name: item.file.name,
      path: item.path,
      size_bytes: item.file.size,
      digest: item.digest,
      received_at: item.finishedAt?.toISOString() ?? "",
    }));
    return { link: this.facts.linkId, name: this.facts.name, lines };
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(writeReceipt(this.receipt(), "txt"));
      this.say(words.receipt_copied);
    } catch {
      this.say(words.receipt_not_copied);
    }
  }

  private save(kind: Kind): void {
    const blob = new Blob([writeReceipt(this.receipt(), kind)], { type: MEDIA_TYPES[kind] });
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(blob);
    anchor.download = `receipt-${this.facts.linkId}.${kind}`;
    anchor.click();
    setTimeout(() => {
      URL.revokeObjectURL(anchor.href);
    }, 10_000);
  }
}

function summaryText(received: number, refused: number): string {
  if (refused === 0) return count(words.summary_received, received);
  if (received === 0) return count(words.summary_refused, refused);
  return fill(words.summary_partial, { received, all: received + refused, refused });
}
