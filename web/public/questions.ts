/**
 * What a link asks of each batch. Files that are chosen before the answers are there wait for them;
 * answers go with what is chosen after them.
 */
import { upload as words } from "../shared/text/en.json";
import { count, fill } from "../shared/text/fill";
import type { Chosen } from "../shared/uploads/item";
import { write } from "./dom";

type Take = (chosen: readonly Chosen[]) => void;
type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export class Questions {
  readonly #fields: readonly HTMLElement[];
  #held: Chosen[] = [];

  /** `take` gets files with their answers; `tell` shows a sentence. */
  constructor(
    private readonly prefix: string,
    private readonly take: Take,
    private readonly tell: (text: string) => void,
  ) {
    const form = document.getElementById("questions");
    this.#fields = Array.from(form?.querySelectorAll<HTMLElement>("[data-key]") ?? []);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#release();
    });
    form?.addEventListener("change", (event) => {
      const field = (event.target as HTMLElement).closest<HTMLElement>("[data-key]");
      if (field !== null) show(field, troubleOf(field));
      if (this.#held.length > 0) this.#release();
    });
  }

  /** Pass files on with the answers; keep them until what is required is answered. */
  add(chosen: readonly Chosen[]): void {
    if (this.#fields.length === 0 || chosen.length === 0) {
      this.take(chosen);
      return;
    }
    this.#held.push(...chosen);
    this.#release();
    if (this.#held.length === 0) return;
    const first = this.#fields.find((field) => troubleOf(field) !== "");
    for (const field of this.#fields) show(field, troubleOf(field));
    first?.querySelector<Input>("input, select, textarea")?.focus();
  }

  #release(): void {
    if (this.#held.length === 0) return;
    if (this.#fields.some((field) => troubleOf(field) !== "")) {
      this.tell(count(words.held, this.#held.length));
      return;
    }
    const answers: Record<string, string> = {};
    for (const field of this.#fields) {
      const answer = answerOf(field);
      if (answer !== "") answers[`${this.prefix}${field.dataset["key"] ?? ""}`] = answer;
    }
    const held = this.#held.map((one) => ({ ...one, answers }));
    this.#held = [];
    this.take(held);
  }
}

function inputsOf(field: HTMLElement): Input[] {
  return Array.from(field.querySelectorAll<Input>("input, select, textarea"));
}

function answerOf(field: HTMLElement): string {
  const inputs = inputsOf(field).filter(
    (one) => !(one instanceof HTMLInputElement && one.type === "checkbox") || one.checked,
  );
  return inputs.map(({ value }) => value.trim()).join("\n");
}

/** Say what is wrong with an answer; empty: nothing. */
function troubleOf(field: HTMLElement): string {
  const label = field.dataset["label"] ?? "";
  if (inputsOf(field).some(({ validity }) => !validity.valid)) {
    return fill(words.answer_wrong, { label });
  }
  const isMissing = field.hasAttribute("data-required") && answerOf(field) === "";
  return isMissing ? fill(words.answer_missing, { label }) : "";
}

function show(field: HTMLElement, trouble: string): void {
  const told = field.querySelector<HTMLElement>(".trouble");
  if (told !== null) {
    told.hidden = trouble === "";
    write(told, trouble);
  }
  for (const input of inputsOf(field)) {
    if (trouble === "") input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
  }
}
