/** The state card of the player: what is the matter, what next, and one or two ways on. */
import { player as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import type { Refusal } from "./playback";

export interface Card {
  readonly tone: "waiting" | "failed";
  readonly title: string;
  readonly detail: string;
  readonly small?: string;
  readonly actions: readonly { readonly label: string; readonly act: () => void }[];
}

/** Make the element of a card; all of its words are text, never markup. */
export function cardElement(card: Card): HTMLElement {
  const element = document.createElement("div");
  element.className = `card ${card.tone}`;
  element.setAttribute("role", card.tone === "failed" ? "alert" : "status");
  element.append(line("h3", card.title), line("p", card.detail));
  if (card.small !== undefined && card.small !== "") {
    const small = line("p", card.small);
    small.className = "small figures";
    element.append(small);
  }
  const actions = document.createElement("div");
  actions.className = "actions";
  for (const { label, act } of card.actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    actions.append(button);
  }
  element.append(actions);
  return element;
}

/** Write a refusal of the playback call as a card's words. */
export function refusalWords(refusal: Refusal): Pick<Card, "title" | "detail" | "small"> {
  const { code, requestId } = refusal;
  const small =
    requestId === null
      ? fill(words.refused.code, { code: code || refusal.status })
      : fill(words.refused.id, { code: code || refusal.status, id: requestId });
  const detail = refusal.status === 401 ? words.refused.session : refusal.detail;
  return { title: words.refused.title, detail, small };
}

function line(tag: "h3" | "p", text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
