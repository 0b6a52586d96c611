/** Where the sender wants a receipt: an address that goes with each file that is chosen after it. */
import { upload as words } from "../shared/text/en.json";
import type { Chosen } from "../shared/uploads/item";
import { write } from "./dom";

export class Sender {
  readonly #input: HTMLInputElement | null;

  /** `key` null: the page asks for no address. */
  constructor(private readonly key: string | null) {
    this.#input = document.querySelector<HTMLInputElement>("#sender-email");
    this.#input?.addEventListener("change", () => {
      this.#judge();
    });
    this.#input?.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#judge();
    });
  }

  /** Return files with the address, where there is one. */
  sign(chosen: readonly Chosen[]): readonly Chosen[] {
    const address = this.#input?.value.trim() ?? "";
    if (this.key === null || address === "" || !this.#judge()) return chosen;
    const signed = { [this.key]: address };
    return chosen.map((one) => ({ ...one, answers: { ...one.answers, ...signed } }));
  }

  #judge(): boolean {
    const isGood = this.#input?.validity.valid ?? true;
    const told = document.getElementById("sender-trouble");
    if (told !== null) {
      told.hidden = isGood;
      write(told, isGood ? "" : words.sender_wrong);
    }
    if (isGood) this.#input?.removeAttribute("aria-invalid");
    else this.#input?.setAttribute("aria-invalid", "true");
    return isGood;
  }
}
