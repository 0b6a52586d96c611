/** Many files of a share as one ZIP: all that it shows, or those that are ticked. */
import { share as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import { make, need, write } from "./dom";
import { askBundle, type Shown, type Visit } from "./visit";

export class Packing {
  readonly #visit: Visit;
  /** What the ZIP holds; null: nothing may be taken. */
  readonly #quality: string | null;
  readonly #bar = need("packing", HTMLElement);
  readonly #take = need("pack", HTMLButtonElement);
  readonly #clear = need("unpick", HTMLButtonElement);
  readonly #told = need("packing-told", HTMLElement);
  readonly #chosen = new Map<string, HTMLInputElement>();

  constructor(visit: Visit) {
    this.#visit = visit;
    this.#quality = qualityOf(visit);
    this.#take.addEventListener("click", () => {
      void this.#pack();
    });
    this.#clear.addEventListener("click", () => {
      for (const box of this.#chosen.values()) box.checked = false;
      this.#chosen.clear();
      this.#draw();
    });
    this.#draw();
  }

  /** Show or hide the bar: it belongs to the cards, not to one file. */
  show(isOfMany: boolean): void {
    this.#bar.hidden = this.#quality === null || !isOfMany;
  }

  /** Return a box that takes a file into the ZIP; null where nothing may be taken. */
  tick({ id, name }: Shown): HTMLElement | null {
    if (this.#quality === null) return null;
    const box = make("input");
    box.type = "checkbox";
    box.ariaLabel = fill(words.pick, { name });
    box.addEventListener("change", () => {
      if (box.checked) this.#chosen.set(id, box);
      else this.#chosen.delete(id);
      this.#draw();
    });
    return make("label", "pick", box);
  }

  #draw(): void {
    const chosen = this.#chosen.size;
    write(this.#take, chosen === 0 ? words.pack_all : count(words.pack, chosen));
    this.#clear.hidden = chosen === 0;
  }

  async #pack(): Promise<void> {
    if (this.#quality === null) return;
    this.#take.disabled = true;
    const chosen = this.#chosen.size === 0 ? null : [...this.#chosen.keys()];
    const answer = await askBundle(this.#visit.token, chosen, this.#quality);
    this.#take.disabled = false;
    const isPacked = "url" in answer;
    const why = isPacked ? "" : answer.detail || words.away;
    write(this.#told, isPacked ? "" : `${words.download_failed} ${why}`);
    this.#told.hidden = isPacked;
    if (!isPacked) return;
    const link = make("a");
    link.href = answer.url;
    link.download = "";
    link.click();
  }
}

/** Originals where they are given, else the best that is. */
function qualityOf({ may_get_original: original, download }: Visit): string | null {
  if (original) return "original";
  return download === "none" ? null : "best";
}
