/** One file of the queue as a row: built once, redrawn where it changed. */
import { formatSize, formatSpeed } from "../shared/format";
import { iconFor, wordFor } from "../shared/states";
import { upload as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { formatTimeLeft, type TimeLeft } from "../shared/uploads/estimator";
import { isOpen, percentOf, type Item } from "../shared/uploads/item";
import type { Queue } from "../shared/uploads/queue";
import { button, make, nameOf, sign, write } from "./dom";

export interface Deeds {
  cancel(item: Item): void;
}

export class Row {
  readonly element = make("div", "file");
  private readonly state = make("div", "file-state");
  private readonly bar = make("progress", "progress");
  private readonly figures = make("span", "file-figures figures");
  private readonly trouble = make("div", "file-trouble");
  private readonly actions = make("div", "file-actions");
  private drawn = "";

  constructor(
    readonly item: Item,
    private readonly queue: Queue,
    private readonly deeds: Deeds,
  ) {
    const { file, path } = item;
    this.bar.max = 100;
    this.bar.ariaLabel = fill(words.of_file, { action: words.column_progress, name: file.name });
    const name = make("div", "file-name", nameOf(file.name));
    const folder = path.slice(0, Math.max(0, path.length - file.name.length - 1));
    if (folder) name.append(make("span", "file-path", folder));
    const cells: HTMLElement[] = [
      make("div", "file-icon", sign(iconFor(file.name, file.type))),
      name,
      make("div", "file-size figures", formatSize(file.size)),
      make("div", "file-type", typeOf(file)),
      this.state,
      make("div", "file-progress", this.bar, this.figures),
      this.actions,
    ];
    for (const cell of cells) cell.role = "cell";
    cells[0]?.setAttribute("role", "presentation");
    this.trouble.role = "cell";
    this.trouble.hidden = true;
    this.element.role = "row";
    this.element.append(...cells, this.trouble);
    this.draw();
  }

  /** Redraw all of it, if anything but a figure changed since the last time. */
  draw(): void {
    const { item } = this;
    const key = [item.state, item.problem?.code, item.retryAt === null, item.anew].join("|");
    if (key !== this.drawn) {
      this.drawn = key;
      this.element.dataset["state"] = item.state;
      this.state.replaceChildren(sign(item.state), make("span", "", wordFor(item.state)));
      this.drawTrouble();
      this.drawActions();
      this.drawFigures();
    } else if (isOpen(item)) this.drawFigures();
  }

  /** Redraw what moves. */
  drawFigures(): void {
    const percent = percentOf(this.item);
    if (this.bar.value !== percent) this.bar.value = percent;
    this.bar.hidden = ["refused", "cancelled", "expired"].includes(this.item.state);
    write(this.figures, this.figuresText(percent));
  }

  private figuresText(percent: number): string {
    const { item } = this;
    if (item.state === "checking") return words.finalizing;
    if (item.state === "received") return doneText(item);
    if (!isOpen(item)) return "";
    if (item.retryAt !== null) {
      const seconds = Math.max(0, Math.ceil((item.retryAt - Date.now()) / 1000));
      return fill(words.retry_in, { seconds });
    }
    const parts =
      item.state === "waiting" && item.sent === 0 ? [] : [fill(words.percent, { percent })];
    if (item.state === "sending") parts.push(...this.paceText());
    return parts.join(" · ");
  }

  private paceText(): string[] {
    const estimator = this.queue.estimatorOf(this.item);
    if (estimator === null) return [];
    const left = estimator.timeLeft(performance.now(), this.item.file.size - this.item.sent);
    const speed = estimator.speed;
    return speed === null ? [timeText(left)] : [formatSpeed(speed), timeText(left)];
  }

  private drawTrouble(): void {
    const { problem } = this.item;
    this.trouble.hidden = problem === null;
    if (problem === null) return;
    const code =
      problem.requestId === null
        ? fill(words.code, { code: problem.code })
        : fill(words.code_id, { code: problem.code, id: problem.requestId });
    this.trouble.replaceChildren(
      make("span", "", problem.words),
      make("span", "code figures", code),
    );
  }

  private drawActions(): void {
    const { item, queue } = this;
    const label = (action: string): string => fill(words.of_file, { action, name: item.file.name });
    const made: HTMLButtonElement[] = [];
    const add = (action: string, name: string, press: () => void): void => {
      made.push(button(label(action), press, name));
    };
    if (item.state === "sending" || item.state === "waiting") {
      add(words.pause, "pause", () => {
        queue.pause(item);
      });
    }
    if (item.state === "paused")
      add(words.resume, "resume", () => {
        queue.resume(item);
      });
    if (item.state === "refused" || item.state === "expired") {
      const anew = item.problem?.code.startsWith("resume.") ?? false;
      add(anew ? words.anew : words.again, "again", () => {
        queue.resume(item);
      });
    }
    if (["waiting", "sending", "paused"].includes(item.state)) {
      add(words.cancel, "cancel", () => {
        this.deeds.cancel(item);
      });
    } else if (item.state !== "checking") {
      add(words.remove, "cancel", () => {
        queue.remove(item);
      });
    }
    const focused = this.actions.contains(document.activeElement);
    this.actions.replaceChildren(...made);
    if (focused) made[0]?.focus();
  }
}

function doneText(item: Item): string {
  const all = fill(words.percent, { percent: 100 });
  if (item.resumedFrom === 0) return all;
  return `${all} · ${fill(words.resumed, { size: formatSize(item.resumedFrom) })}`;
}

/** Say how long it will take, in words. */
export function timeText(left: TimeLeft): string {
  if (left.kind === "calculating") return words.calculating;
  if (left.kind === "stalled") return words.stalled;
  const time = formatTimeLeft(left.seconds);
  return time === null ? words.less_than_minute : fill(words.left, { time });
}

function typeOf(file: File): string {
  const dot = file.name.lastIndexOf(".");
  const extension = dot > 0 ? file.name.slice(dot + 1) : "";
  if (extension && extension.length <= 6) return extension.toUpperCase();
  return file.type || words.type_unknown;
}
