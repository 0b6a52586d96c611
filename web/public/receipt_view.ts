/** The receipt and the summary above it: what arrived, with the server's own digests. */
import { formatMoment, formatSize } from "../shared/format";
import { upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import { isOpen, type Item } from "../shared/uploads/item";
import type { Queue } from "../shared/uploads/queue";
import { pauseOf } from "./drawing";
import { idOf } from "../shared/uploads/status";
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
  private planned = false;
  /** The line before the one that is drawn. */
  private last: HTMLElement | null = null;
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
      this.plan();
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

  /** Many changes make one drawing. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setTimeout(() => {
      this.planned = false;
      this.draw();
    }, pauseOf(this.queue));
  }

  private draw(): void {
    for (const item of this.queue.items) {
      if (item.state === "received") this.received.set(item.id, item);
    }
    need("receipt", HTMLElement).hidden = this.received.size === 0;
    this.last = null;
    for (const item of this.inOrder()) this.drawLine(item);
    this.drawSummary();
  }

  private inOrder(): Item[] {
    return [...this.received.values()].sort((one, other) => one.id - other.id);
  }

  /** Draw one line where its digest is new: in its place, or behind those before it. */
  private drawLine(item: Item): void {
    const known = this.drawn.get(item.id);
    if (known && known.digest === item.digest) {
      this.last = known.line;
      return;
    }
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
    if (this.facts.preview && item.url !== null && isShown(item.file.type)) {
      line.append(preview(item, `${this.facts.endpoint}${idOf(item.url)}`));
    }
    this.drawn.set(item.id, { digest: item.digest, line });
    if (known) known.line.replaceWith(line);
    else if (this.last?.isConnected) this.last.after(line);
    else this.lines.prepend(line);
    this.last = line;
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

/** Say whether browsers may show files of this type. */
function isShown(type: string): boolean {
  return /^(video|audio|image)\//.test(type);
}

/** What was sent, to look at; nothing is loaded before it is opened. */
function preview({ file, path }: Item, address: string): HTMLElement {
  const made = make("details", "receipt-preview", make("summary", "", words.watch));
  made.addEventListener("toggle", () => {
    if (!made.open || made.childElementCount > 1) return;
    const kind = file.type.startsWith("image/")
      ? "img"
      : file.type.startsWith("audio/")
        ? "audio"
        : "video";
    const shown = make(kind);
    if (shown instanceof HTMLImageElement) shown.alt = path;
    else {
      shown.controls = true;
      shown.ariaLabel = path;
    }
    shown.addEventListener("error", () => {
      shown.replaceWith(make("p", "told", words.watch_failed));
    });
    shown.src = address;
    made.append(shown);
  });
  return made;
}

function summaryText(received: number, refused: number): string {
  if (refused === 0) return count(words.summary_received, received);
  if (received === 0) return count(words.summary_refused, refused);
  return fill(words.summary_partial, { received, all: received + refused, refused });
}
