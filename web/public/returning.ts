/** On return: what is unfinished from an earlier visit, how much of it is safe, and until when. */
import { formatMoment, formatSize } from "../shared/format";
import { upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import type { Queue } from "../shared/uploads/queue";
import { discard, tellCancelled } from "../shared/uploads/cancelling";
import type { Records, UploadRecord } from "../shared/uploads/records";
import type { Offset } from "../shared/uploads/status";
import { claimed } from "../shared/uploads/tabs";
import { safeOf } from "../shared/uploads/unfinished";
import { button, make, nameOf, need, write } from "./dom";

interface Unfinished {
  readonly record: UploadRecord;
  /** Null where the server could not be asked: no percent is shown then. */
  readonly offset: Offset | null;
}

export class Returning {
  private unfinished: Unfinished[] = [];
  private elsewhere: readonly UploadRecord[] = [];
  private arrived: readonly UploadRecord[] = [];

  constructor(
    private readonly records: Records,
    private readonly place: string,
    private readonly queue: Queue,
    private readonly say: (text: string) => void,
  ) {
    window.addEventListener("online", () => {
      void tellCancelled(this.place, this.records, {});
    });
    queue.addEventListener("change", () => {
      this.dropTaken();
    });
  }

  /** Ask the server about each remembered upload before anything is said about it. */
  async start(): Promise<void> {
    await tellCancelled(this.place, this.records, {});
    const inHand = await claimed(); // another tab sends these: not to be offered, but to be known
    const listed = (await this.records.list(this.place)).filter((record) => !record.cancelled);
    const known = listed.filter(({ arrived }) => arrived !== true);
    this.arrived = listed.filter(({ arrived }) => arrived === true); // nothing to be done about
    this.elsewhere = known.filter((record) => inHand.has(record.id));
    const records = known.filter((record) => !inHand.has(record.id));
    const looked = await Promise.all(records.map((record) => this.look(record)));
    this.unfinished = looked.filter((one) => one !== null);
    this.remember();
    this.draw();
  }

  private remember(): void {
    const unfinished = this.unfinished.map(({ record }) => record);
    this.queue.remember([...unfinished, ...this.elsewhere, ...this.arrived]);
  }

  private async look(record: UploadRecord): Promise<Unfinished | null> {
    const offset = await safeOf(record, {});
    if (offset === "missing") {
      await this.records.forget(record.id);
      return null;
    }
    return { record, offset: offset === "silent" ? null : offset };
  }

  /** A file that was chosen again is in the queue now, and no longer here. */
  private dropTaken(): void {
    if (this.unfinished.length === 0) return;
    const taken = new Set(this.queue.items.map((item) => item.recordId));
    const rest = this.unfinished.filter(({ record }) => !taken.has(record.id));
    if (rest.length === this.unfinished.length) return;
    this.unfinished = rest;
    this.draw();
  }

  private async discard({ record }: Unfinished): Promise<void> {
    this.unfinished = this.unfinished.filter((one) => one.record !== record);
    this.remember();
    this.draw();
    await discard(record, this.records, {});
    this.say(fill(words.unfinished_discarded, { name: record.name }));
  }

  private draw(): void {
    const { unfinished } = this;
    need("unfinished", HTMLElement).hidden = unfinished.length === 0;
    if (unfinished.length === 0) return;
    write(need("unfinished-title", HTMLElement), count(words.unfinished_title, unfinished.length));
    write(need("unfinished-words", HTMLElement), this.wordsFor());
    need("unfinished-files", HTMLElement).replaceChildren(
      ...unfinished.map((one) => this.lineFor(one)),
    );
  }

  private wordsFor(): string {
    const sent = this.unfinished.reduce((total, { offset }) => total + (offset?.sent ?? 0), 0);
    const size = this.unfinished.reduce((total, { record }) => total + record.size, 0);
    const sentences = [
      fill(words.unfinished_words, { sent: formatSize(sent), size: formatSize(size) }),
    ];
    const ends = this.unfinished
      .map(({ offset }) => Date.parse(offset?.expiresAt ?? ""))
      .filter((moment) => !Number.isNaN(moment));
    if (ends.length > 0) {
      const until = formatMoment(new Date(Math.min(...ends)).toISOString());
      sentences.push(fill(words.unfinished_until, { until }));
    }
    return sentences.join(" ");
  }

  private lineFor(one: Unfinished): HTMLLIElement {
    const { record, offset } = one;
    const percent =
      offset === null || record.size === 0 ? null : Math.floor((100 * offset.sent) / record.size);
    const label = fill(words.of_file, { action: words.unfinished_discard, name: record.name });
    return make(
      "li",
      "unfinished-file",
      nameOf(record.path),
      make(
        "span",
        "figures unfinished-sent",
        fill(words.sent_of, {
          sent: offset === null ? "?" : formatSize(offset.sent),
          size: formatSize(record.size),
        }),
      ),
      make(
        "span",
        "figures unfinished-percent",
        percent === null ? "" : fill(words.percent, { percent }),
      ),
      button(label, () => void this.discard(one), "cancel"),
    );
  }
}
