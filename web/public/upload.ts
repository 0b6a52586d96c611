/** The upload page `/u/{token}`: opened once, by strangers, on phones and bad lines. */
import "../shared/tokens.css";
import "./page.css";
import "./upload.css";

import { formatMoment, formatSize } from "../shared/format";
import { upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import type { Chosen, Item } from "../shared/uploads/item";
import { Queue } from "../shared/uploads/queue";
import { Guard } from "../shared/uploads/leaving";
import { mostAtOnce, Pace } from "../shared/uploads/pace";
import { Records } from "../shared/uploads/records";
import { Turn } from "../shared/uploads/tabs";
import { need, write } from "./dom";
import { startDrop } from "./drop";
import { readFacts } from "./facts";
import { QueueView } from "./queue_view";
import { ReceiptView } from "./receipt_view";
import { Returning } from "./returning";
import { paint } from "./brand";
import { Questions } from "./questions";
import { Sender } from "./sender";
import { startTheme } from "./theme";

const MUCH_BYTES = 100_000_000; // a cancel that throws away more than this asks first

async function start(): Promise<void> {
  startTheme();
  const facts = readFacts(need("upload", HTMLElement));
  paint(facts.color);
  const records = await Records.open(facts.endpoint);
  // The same link at another address: what was begun before is still known.
  const place = new URL(facts.endpoint, location.href).pathname;
  const queue = new Queue({
    target: {
      endpoint: facts.endpoint,
      headers: { "Rushes-Link": facts.token },
      appendBytes: facts.appendBytes,
      direct: facts.direct,
    },
    place,
    records,
    limits: facts.limits,
    pace: new Pace(facts.parallel, mostAtOnce()),
    turn: new Turn(),
  });
  const cancel = (item: Item): void => {
    void confirmLoss([item]).then((sure) => {
      if (sure) cancelOne(queue, item);
    });
  };
  new QueueView(queue, { cancel }, say);
  new ReceiptView(queue, facts, say);
  new Guard().watch(queue);
  watchNetwork();
  showLocalTime();
  startCancelAll(queue);
  watchClosing(queue);
  const sender = new Sender(facts.senderKey);
  const questions = new Questions(
    facts.answerPrefix,
    (chosen) => {
      take(queue, sender.sign(chosen));
    },
    notice,
  );
  startDrop(
    (chosen) => {
      questions.add(chosen);
    },
    () => {
      notice(words.unreadable_drop);
    },
  );
  await new Returning(records, place, queue, say).start();
  document.body.dataset["ready"] = "yes";
}

/** A link that is closed asks for no more files; one that takes a file again is open again. */
function watchClosing(queue: Queue): void {
  const arrived = (): number =>
    queue.items.filter(({ state }) => state === "checking" || state === "received").length;
  let known = 0;
  const show = (isClosed: boolean): void => {
    known = arrived();
    document.body.toggleAttribute("data-closed", isClosed);
    need("closed", HTMLElement).hidden = !isClosed;
  };
  queue.addEventListener("closed", () => {
    show(true);
  });
  queue.addEventListener("change", () => {
    if (document.body.hasAttribute("data-closed") && arrived() > known) show(false);
  });
}

function take(queue: Queue, chosen: readonly Chosen[]): void {
  const added = queue.add(chosen);
  const sentences = [
    added.junk > 0 ? count(words.removed_junk, added.junk) : "",
    added.already > 0 ? count(words.already, added.already) : "",
    chosen.length === 0 ? words.nothing_found : "",
  ];
  notice(sentences.filter(Boolean).join(" "));
}

function cancelOne(queue: Queue, item: Item): void {
  void queue.cancel(item);
  notice(fill(words.cancelled_one, { name: item.file.name }));
}

function startCancelAll(queue: Queue): void {
  need("cancel-all", HTMLButtonElement).addEventListener("click", () => {
    const open = queue.items.filter((item) =>
      ["waiting", "sending", "paused"].includes(item.state),
    );
    void confirmLoss(open, true).then((sure) => {
      if (!sure) return;
      for (const item of open) void queue.cancel(item);
      notice(count(words.cancelled_all, open.length));
    });
  });
}

/** Ask before much is thrown away; true where there is nothing to ask. */
function confirmLoss(items: readonly Item[], always = false): Promise<boolean> {
  const sent = items.reduce((total, item) => total + item.sent, 0);
  if (!always && sent < MUCH_BYTES) return Promise.resolve(true);
  const dialog = need("sure", HTMLDialogElement);
  write(need("sure-title", HTMLElement), count(words.sure_title, items.length));
  write(need("sure-words", HTMLElement), fill(words.sure_words, { sent: formatSize(sent) }));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener(
      "close",
      () => {
        answer(dialog.returnValue === "yes");
      },
      { once: true },
    );
  });
}

/** The server writes UTC; here the reader's own zone is known. */
function showLocalTime(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-until]")) {
    const until = formatMoment(element.dataset["until"] ?? "");
    if (until) write(element, fill(words.limit_until, { until }));
  }
}

function watchNetwork(): void {
  const bar = need("offline", HTMLElement);
  const update = (): void => {
    bar.hidden = navigator.onLine;
  };
  window.addEventListener("online", update);
  window.addEventListener("offline", update);
  update();
}

/** Show a sentence below the drop area; it is read aloud as well. */
function notice(text: string): void {
  write(need("notice", HTMLElement), text);
}

/** Tell a screen reader, politely. */
function say(text: string): void {
  write(need("spoken", HTMLElement), text);
}

void start();
