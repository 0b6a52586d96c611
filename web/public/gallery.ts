/** What a share shows: one thing at once, or cards that lead to each. */
import { formatDuration, formatSize } from "../shared/format";
import { share as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { button, make, nameOf, need, sign, write } from "./dom";
import { Packing } from "./packing";
import { getShown, listShown, askDownload } from "./visit";
import type { Choice, Details, Refused, Shown, Visit } from "./visit";

const PLAYED = new Set(["video", "audio"]);
const LOOKED_AT = new Set(["image", "raw", "pdf"]);
const SIGNS = new Set(["video", "image", "audio", "document", "archive"]);

export class Gallery {
  readonly #visit: Visit;
  readonly #isEmbedded: boolean;
  readonly #tell: (text: string) => void;
  readonly #many = need("many", HTMLUListElement);
  readonly #one = need("one", HTMLElement);
  readonly #more = need("more", HTMLButtonElement);
  readonly #packing: Packing | null;
  #cursor: string | null = null;
  #isAlone = false;
  #opened = "";

  constructor(visit: Visit, isEmbedded: boolean, tell: (text: string) => void) {
    this.#visit = visit;
    this.#isEmbedded = isEmbedded;
    this.#tell = tell;
    this.#packing = isEmbedded ? null : new Packing(visit);
  }

  async start(): Promise<void> {
    this.#more.addEventListener("click", () => {
      void this.#load();
    });
    window.addEventListener("hashchange", () => {
      void this.#follow();
    });
    const first = await this.#load();
    if (first.length === 0) return;
    this.#isAlone = this.#isEmbedded || (first.length === 1 && this.#cursor === null);
    await this.#follow(first[0]?.id);
  }

  async #load(): Promise<readonly Shown[]> {
    const page = await listShown(this.#visit.token, this.#cursor);
    if (!("items" in page)) {
      this.#tell(wordsOf(page));
      return [];
    }
    this.#cursor = page.next_cursor;
    this.#many.append(...page.items.map((shown) => this.#card(shown)));
    if (page.items.length === 0) this.#tell(words.empty);
    this.#more.hidden = this.#cursor === null;
    return page.items;
  }

  /** Show what the address names; else the only one, or all. */
  async #follow(first?: string): Promise<void> {
    const named = /^#(ast_\w+)$/.exec(location.hash)?.[1];
    const wanted = named ?? (this.#isAlone ? first : undefined);
    this.#one.replaceChildren();
    const isOne = wanted !== undefined;
    this.#one.hidden = !isOne;
    this.#many.hidden = isOne;
    this.#more.hidden = isOne || this.#cursor === null;
    this.#packing?.show(!isOne);
    if (wanted === undefined) {
      // Whoever comes back goes on where they were.
      this.#many.querySelector<HTMLElement>(`a[href="#${this.#opened}"]`)?.focus();
      return;
    }
    this.#opened = wanted;
    const details = await getShown(this.#visit.token, wanted);
    if ("id" in details) await this.#open(details);
    else this.#tell(wordsOf(details));
  }

  async #open(details: Details): Promise<void> {
    this.#tell("");
    const parts: Node[] = [];
    if (!this.#isAlone) {
      const back = make("a", "back", words.all);
      back.href = "#";
      parts.push(back);
    }
    parts.push(await this.#stage(details));
    if (!this.#isEmbedded) {
      parts.push(make("h2", "asset-name", nameOf(details.name)), make("p", "meta", meta(details)));
      if (details.downloads.length > 0) parts.push(this.#downloads(details));
    }
    this.#one.replaceChildren(...parts);
    if (!this.#isAlone) this.#one.focus();
  }

  #card(shown: Shown): HTMLElement {
    const made = card(shown);
    const tick = this.#packing?.tick(shown) ?? null;
    if (tick !== null) made.append(tick);
    return made;
  }

  async #stage(details: Details): Promise<HTMLElement> {
    const { id, kind, name } = details;
    if (!this.#visit.may_play) return slate(details, words.names_only);
    if (PLAYED.has(kind)) {
      await import("../player/rushes-player");
      const player = document.createElement("rushes-player");
      player.setAttribute("share", this.#visit.token);
      player.setAttribute("name", name);
      if (details.poster_url !== null) player.setAttribute("poster", details.poster_url);
      if (kind === "audio") player.setAttribute("audio", "");
      player.setAttribute("page-keys", "");
      const start = new URLSearchParams(location.search).get("t");
      if (start !== null) player.setAttribute("t", start);
      player.setAttribute("asset", id);
      return make("div", "stage", player);
    }
    if (LOOKED_AT.has(kind) && details.state !== "filed") {
      const picture = make("img", "picture");
      picture.alt = name;
      picture.src = `/s/${this.#visit.token}/assets/${id}/image?w=1920`;
      return make("div", "stage", picture);
    }
    return slate(details, words.no_player);
  }

  #downloads(details: Details): HTMLElement {
    const told = make("p", "told");
    told.setAttribute("role", "status");
    told.hidden = true;
    const say = (text: string): void => {
      write(told, text);
      told.hidden = text === "";
    };
    const list = make("ul", "downloads");
    for (const choice of details.downloads) {
      list.append(make("li", "", this.#take(details, choice, say)));
    }
    return make("section", "taking", make("h2", "", words.download), list, told);
  }

  #take(details: Details, choice: Choice, say: (text: string) => void): HTMLButtonElement {
    const { quality, state, size_bytes: size } = choice;
    const name = wordOf(quality);
    const made = button(name, () => {
      made.disabled = true;
      void this.#fetch(details.id, quality, say).finally(() => {
        made.disabled = false;
      });
    });
    made.ariaLabel = fill(words.download_one, { name: details.name, quality: name });
    const percent = Math.floor(choice.progress * 100);
    const isThere = size !== null && state === "ready";
    const soon = state === "pending" ? words.scanning : fill(words.making, { percent });
    const note = isThere ? formatSize(size, 1) : soon;
    made.append(make("span", "figures", note));
    return made;
  }

  async #fetch(asset: string, quality: string, say: (text: string) => void): Promise<void> {
    for (;;) {
      const answer = await askDownload(this.#visit.token, asset, quality);
      if ("url" in answer) {
        say("");
        const link = make("a");
        link.href = answer.url;
        link.download = "";
        link.click();
        return;
      }
      if (!("retry_after" in answer)) {
        say(`${words.download_failed} ${answer.detail}`);
        return;
      }
      say(words.waiting);
      const seconds = Math.min(60, Math.max(1, answer.retry_after));
      await new Promise((done) => setTimeout(done, seconds * 1000));
    }
  }
}

function card(shown: Shown): HTMLElement {
  const link = make("a", "shown");
  link.href = `#${shown.id}`;
  link.setAttribute("aria-label", fill(words.open, { name: shown.name }));
  const frame = make("span", "frame");
  if (shown.thumbnail_url === null) frame.append(sign(signOf(shown.kind)));
  else {
    const picture = make("img");
    picture.src = shown.thumbnail_url;
    picture.alt = "";
    picture.loading = "lazy";
    frame.append(picture);
  }
  if (shown.duration !== null && PLAYED.has(shown.kind)) {
    frame.append(make("span", "length figures", formatDuration(shown.duration)));
  }
  link.append(
    frame,
    nameOf(shown.name),
    make("span", "meta figures", formatSize(shown.size_bytes, 1)),
  );
  return make("li", "", link);
}

function slate(details: Details, text: string): HTMLElement {
  return make("div", "stage slate", sign(signOf(details.kind)), make("p", "", text));
}

function signOf(kind: string): string {
  return SIGNS.has(kind) ? kind : "file";
}

function meta({ duration, width, height, kind, size_bytes: size }: Details): string {
  const parts = [
    duration !== null && PLAYED.has(kind) ? formatDuration(duration) : "",
    width !== null && height !== null ? `${String(width)} x ${String(height)}` : "",
    formatSize(size, 1),
  ];
  return parts.filter(Boolean).join(" · ");
}

function wordOf(quality: string): string {
  if (quality === "original") return words.original;
  return /^\d/.test(quality) ? quality : `${words.sound} ${quality}`;
}

function wordsOf({ status, detail }: Refused): string {
  return status === 0 ? words.away : detail || words.closed;
}
