/** The page of a share `/s/{token}`, and its embed: opened by strangers, without an account. */
import "../shared/tokens.css";
import "./page.css";
import "./watch.css";

import { formatMoment } from "../shared/format";
import { share as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { paint } from "./brand";
import { answerParent } from "./embed";
import { button, make, need, write } from "./dom";
import { Gallery } from "./gallery";
import { startTheme } from "./theme";
import { beginVisit, type Refused, type Visit } from "./visit";

interface Facts {
  readonly token: string;
  readonly shareId: string;
  readonly locked: boolean;
  readonly embedded: boolean;
  readonly color: string | null;
  readonly origins: readonly string[];
}

class SharePage {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  async start(): Promise<void> {
    const kept = findPass(this.#facts.shareId);
    const form = need("unlock", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#unlock();
    });
    if (kept !== null) {
      const answer = await this.#begin(kept);
      if (answer === null || answer.status !== 401) return;
      dropPass(this.#facts.shareId);
    }
    if (!this.#facts.locked) {
      await this.#begin(this.#facts.token);
      return;
    }
    form.hidden = false;
    need("password", HTMLInputElement).focus();
    document.body.dataset["ready"] = "yes";
  }

  async #unlock(): Promise<void> {
    const submit = need("submit", HTMLButtonElement);
    const input = need("password", HTMLInputElement);
    submit.disabled = true;
    const answer = await this.#begin(this.#facts.token, input.value);
    submit.disabled = false;
    if (answer === null) return;
    const trouble = need("trouble", HTMLElement);
    trouble.hidden = false;
    write(trouble, wordsOf(answer));
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }

  /** Begin or go on with a visit; null where it is begun, or the page says why it is not. */
  async #begin(token: string, password?: string): Promise<Refused | null> {
    tell(words.loading);
    const answer = await beginVisit(token, password);
    tell("");
    if ("token" in answer) {
      await this.#show(answer);
      return null;
    }
    if (answer.status === 401 || (password !== undefined && answer.status === 429)) return answer;
    need("unlock", HTMLFormElement).hidden = true;
    tell(wordsOf(answer));
    if (answer.status === 0 || answer.status >= 429) {
      need("told", HTMLElement).append(
        " ",
        button(words.again, () => {
          void this.#begin(token, password);
        }),
      );
    }
    document.body.dataset["ready"] = "yes";
    return null;
  }

  async #show(visit: Visit): Promise<void> {
    keepPass(this.#facts.shareId, visit.token);
    need("unlock", HTMLFormElement).hidden = true;
    if (!this.#facts.embedded) introduce(visit);
    const gallery = new Gallery(visit, this.#facts.embedded, tell);
    await gallery.start();
    if (this.#facts.embedded) answerParent(this.#facts.origins);
    document.body.dataset["ready"] = "yes";
  }
}

/** A locked page was written without words: they come with the visit. */
function introduce(visit: Visit): void {
  if (visit.title !== "") write(need("share-name", HTMLElement), visit.title);
  const message = need("share-message", HTMLElement);
  write(message, visit.message);
  message.hidden = visit.message === "";
  const until = document.querySelector<HTMLElement>("[data-until]");
  const moment = formatMoment(until?.dataset["until"] ?? "");
  if (until !== null && moment !== "") write(until, fill(words.until, { until: moment }));
}

function wordsOf({ status, detail, retryAfter }: Refused): string {
  if (status === 0) return words.away;
  if (status === 401) return words.failed;
  if (status === 429) return fill(words.wait, { seconds: retryAfter ?? 60 });
  return detail === "" ? words.closed : detail;
}

function tell(text: string): void {
  const told = need("told", HTMLElement);
  told.replaceChildren(...(text === "" ? [] : [make("span", "", text)]));
  told.hidden = text === "";
}

const KEY = "rushes-visit:";

/** The pass of this browser: with it, opening the page again is the same visit. */
function findPass(shareId: string): string | null {
  try {
    return localStorage.getItem(KEY + shareId);
  } catch {
    return null; // a frame of another site may store nothing: each opening is a visit
  }
}

function keepPass(shareId: string, token: string): void {
  try {
    localStorage.setItem(KEY + shareId, token);
  } catch {
    // As above.
  }
}

function dropPass(shareId: string): void {
  try {
    localStorage.removeItem(KEY + shareId);
  } catch {
    // As above.
  }
}

const facts = JSON.parse(need("share", HTMLElement).dataset["facts"] ?? "") as Facts;
if (!facts.embedded) startTheme();
paint(facts.color);
void new SharePage(facts).start();
