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
  private readonly drawn = new Map<number, string>();

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
    const received = this.queue.items.filter((item) => item.state === "received");
    need("receipt", HTMLElement).hidden = received.length === 0;
    for (const item of received) this.drawLine(item);
    if (received.length === 0) {
      this.lines.replaceChildren();
      this.drawn.clear();
    }
    this.drawSummary();
  }

  private drawLine(item: Item): void {
    const digest = item.digest ?? "";
    if (this.drawn.get(item.id) === digest) return;
    const id = `receipt-${item.id}`;
    const line = make(
      "li",
      "receipt-line",
      nameOf(item.path),
      make("span", "figures", formatSize(item.file.size)),
      make("span", "receipt-time", formatMoment(item.finishedAt?.toISOString() ?? "")),
      digest
        ? make("code", "receipt-digest figures", readableDigest(digest))
        : make("span", "receipt-digest pending", words.receipt_waiting),
    );
    line.id = id;
    const old = this.drawn.has(item.id) ? document.getElementById(id) : null;
    if (old) old.replaceWith(line);
    else this.lines.append(line);
    this.drawn.set(item.id, digest);
  }

  private drawSummary(): void {
    const { items } = this.queue;
    const totals = this.queue.totals();
    const isOver = items.length > 0 && !items.some(isOpen) && totals.received + totals.refused > 0;
    const summary = need("summary", HTMLElement);
    const text = isOver ? summaryText(totals.received, totals.refused) : "";
    const words_ = need("summary-words", HTMLElement);
    if (summary.hidden !== !isOver || words_.textContent !== text) {
      summary.hidden = !isOver;
      summary.dataset["state"] = totals.refused > 0 ? "refused" : "received";
      need("summary-sign", HTMLElement).replaceChildren(
        sign(totals.refused > 0 ? "refused" : "received"),
      );
      write(words_, text);
      if (isOver) this.say(text);
    }
    const again = need("again-all", HTMLButtonElement);
    again.hidden = totals.refused === 0;
    write(again, count(words.again_all, totals.refused));
  }

  private receipt(): Receipt {
    const lines = this.queue.items
      .filter((item) => item.state === "received")
      .map((item) => ({
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
