/** A menu of the player: one radio row per quality or sound, arrows and Escape as in any menu. */
import type { QualityRow } from "./qualities";

export class QualityMenu {
  readonly element: HTMLElement;
  readonly #onChoose: (quality: string) => void;
  readonly #onClose: (hasChosen: boolean) => void;

  constructor(
    title: string,
    onChoose: (quality: string) => void,
    onClose: (hasChosen: boolean) => void,
  ) {
    this.#onChoose = onChoose;
    this.#onClose = onClose;
    this.element = document.createElement("div");
    this.element.className = "menu";
    this.element.setAttribute("role", "menu");
    this.element.setAttribute("aria-label", title);
    this.element.hidden = true;
    this.element.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(rows: readonly QualityRow[]): void {
    this.draw(rows);
    this.element.hidden = false;
    const chosen = this.element.querySelector<HTMLElement>("[aria-checked=true]");
    (chosen ?? this.#items()[0])?.focus();
  }

  close(hasChosen = false): void {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.#onClose(hasChosen);
  }

  /** Draw the rows anew; the focused one keeps its focus. */
  draw(rows: readonly QualityRow[]): void {
    const root = this.element.getRootNode() as ShadowRoot | Document;
    const focused = (root.activeElement as HTMLElement | null)?.dataset.quality;
    this.element.replaceChildren(...rows.map((row) => this.#row(row)));
    if (focused === undefined || !this.isOpen) return;
    this.element.querySelector<HTMLElement>(`[data-quality="${CSS.escape(focused)}"]`)?.focus();
  }

  #row(row: QualityRow): HTMLElement {
    const item = document.createElement("button");
    item.type = "button";
    item.dataset.quality = row.quality;
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", String(row.isChosen));
    if (row.isDisabled) item.setAttribute("aria-disabled", "true");
    const label = document.createElement("span");
    label.textContent = row.label;
    const note = document.createElement("span");
    note.className = "note figures";
    note.textContent = row.note;
    item.append(label, note);
    item.addEventListener("click", () => {
      if (row.isDisabled) return;
      this.#onChoose(row.quality);
      this.close(true);
    });
    return item;
  }

  #items(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
  }

  #onKey(event: KeyboardEvent): void {
    const items = this.#items();
    const at = items.indexOf(event.target as HTMLElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1 + items.length,
      Home: 0,
      End: items.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) items[to % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "q" || event.key === "Tab") this.close();
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== " " && event.key !== "Tab") event.preventDefault();
  }
}
