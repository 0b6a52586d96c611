/** The list of files, the bar below it, and the title of the page, drawn from the queue. */
import { formatSize, formatSpeed } from "../shared/format";
import { page, upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import type { Item } from "../shared/uploads/item";
import type { Queue } from "../shared/uploads/queue";
import type { Totals } from "../shared/uploads/totals";
import { need, write } from "./dom";
import { pauseOf } from "./drawing";
import { restingTitle } from "./drop";
import { Row, timeText, type Deeds } from "./row";

const SPOKEN_STEP = 10; // percent between two sentences for a screen reader

export class QueueView {
  private readonly rows = new Map<number, Row>();
  private readonly list = need("files", HTMLElement);
  private readonly bar = need("bar", HTMLElement);
  private readonly total = need("total", HTMLProgressElement);
  private readonly pauseAll = need("pause-all", HTMLButtonElement);
  private readonly resumeAll = need("resume-all", HTMLButtonElement);
  private readonly cancelAll = need("cancel-all", HTMLButtonElement);
  private planned = false;
  private spoken = 0;
  private readonly plainTitle = document.title;

  constructor(
    private readonly queue: Queue,
    private readonly deeds: Deeds,
    private readonly say: (text: string) => void,
  ) {
    queue.addEventListener("change", () => {
      this.plan();
    });
    queue.addEventListener("move", () => {
      for (const row of this.rows.values()) {
        if (row.item.state === "sending" || row.item.retryAt !== null) row.drawFigures();
      }
      this.drawTotals(queue.totals());
    });
    this.pauseAll.addEventListener("click", () => {
      queue.forAll((item) => {
        queue.pause(item);
      });
    });
    this.resumeAll.addEventListener("click", () => {
      queue.forAll((item) => {
        if (item.state === "paused") queue.resume(item);
      });
    });
  }

  /** Many changes make one drawing; a page that nobody sees is drawn too, for its title. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setTimeout(() => {
      this.planned = false;
      this.draw();
    }, pauseOf(this.queue));
  }

  private draw(): void {
    const { items } = this.queue;
    const known = new Set(items.map((item) => item.id));
    for (const [id, row] of this.rows) {
      if (known.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    for (const item of items) this.rowOf(item).draw();
    const totals = this.queue.totals();
    document.body.dataset["queue"] = items.length > 0 ? "filled" : "empty";
    need("queue", HTMLElement).hidden = items.length === 0;
    need("empty", HTMLElement).hidden = items.length > 0;
    need("elsewhere", HTMLElement).hidden = !this.queue.isElsewhere;
    if (!document.body.hasAttribute("data-over")) {
      write(need("drop-title", HTMLElement), restingTitle(items.length > 0));
    }
    write(need("queue-count", HTMLElement), count(words.queue_count, items.length));
    this.drawButtons(items);
    this.drawTotals(totals);
  }

  private rowOf(item: Item): Row {
    const known = this.rows.get(item.id);
    if (known) return known;
    const row = new Row(item, this.queue, this.deeds);
    this.rows.set(item.id, row);
    this.list.append(row.element);
    return row;
  }

  private drawButtons(items: readonly Item[]): void {
    const pausable = items.some((item) => item.state === "sending" || item.state === "waiting");
    const paused = items.some((item) => item.state === "paused");
    this.pauseAll.hidden = !pausable;
    this.resumeAll.hidden = pausable || !paused;
    this.cancelAll.hidden = !pausable && !paused;
  }

  private drawTotals(totals: Totals): void {
    this.bar.hidden = totals.open === 0;
    const percent =
      totals.bytes > 0 ? Math.min(99, Math.floor((100 * totals.sent) / totals.bytes)) : 0;
    this.total.value = percent;
    write(need("total-percent", HTMLElement), fill(words.percent, { percent }));
    write(
      need("total-sent", HTMLElement),
      fill(words.sent_of, { sent: formatSize(totals.sent), size: formatSize(totals.bytes) }),
    );
    write(need("total-pace", HTMLElement), this.paceText(totals));
    this.speak(percent, totals);
    document.title = this.titleFor(percent, totals);
  }

  private paceText(totals: Totals): string {
    const isChecked = totals.sent > 0 && isAllSent(totals) && navigator.onLine;
    if (totals.moving === 0) return isChecked ? words.finalizing : "";
    const { estimator } = this.queue;
    const left = estimator.timeLeft(performance.now(), totals.bytes - totals.sent);
    const speed = estimator.speed;
    return speed === null ? timeText(left) : `${formatSpeed(speed)} · ${timeText(left)}`;
  }

  private speak(percent: number, totals: Totals): void {
    const reached = Math.floor(percent / SPOKEN_STEP) * SPOKEN_STEP;
    if (totals.open === 0 || reached < this.spoken) this.spoken = 0;
    else if (reached > this.spoken) {
      this.spoken = reached;
      this.say(fill(words.progress_spoken, { percent: reached }));
    }
  }

  private titleFor(percent: number, totals: Totals): string {
    if (totals.open > 0) return fill(words.title_progress, { percent, product: page.product });
    return totals.received > 0
      ? fill(words.title_done, { product: page.product })
      : this.plainTitle;
  }
}

function isAllSent(totals: Totals): boolean {
  return totals.sent >= totals.bytes;
}
