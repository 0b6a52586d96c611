/** The state card of the player: what is the matter, what next, and one or two ways on. */
import { player as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import type { PlaybackAnswer, Refusal } from "./playback";
import type { Failure } from "./source";

export interface Card {
  readonly tone: "waiting" | "failed";
  readonly title: string;
  readonly detail: string;
  readonly small?: string;
  readonly actions: readonly { readonly label: string; readonly act: () => void }[];
}

/** The ways on from a card; without leave to download there is one less. */
export interface WaysOn {
  readonly retry: () => void;
  readonly download: (() => void) | null;
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

/** Make the card for an answer that nothing can be played by. */
export function cardOfAnswer(
  answer: Exclude<PlaybackAnswer, { kind: "playable" }>,
  ways: WaysOn,
): Card {
  const retry = { label: words.refused.retry, act: ways.retry };
  if (answer.kind === "waiting") {
    const next = fill(words.waiting.detail, { seconds: Math.ceil(answer.afterSeconds) });
    return {
      tone: "waiting",
      title: words.waiting.title,
      detail: [answer.reason, next].filter(Boolean).join(" "),
      actions: [{ label: words.waiting.look, act: ways.retry }, ...downloads(ways)],
    };
  }
  if (answer.kind === "offline") {
    const { offline: title, offline_detail: detail } = words.failed;
    return { tone: "failed", title, detail, actions: [retry] };
  }
  return {
    tone: "failed",
    ...refusalWords(answer.refusal),
    actions: [retry, ...downloads(ways)],
  };
}

/** Make the card for a player that had to stop. */
export function cardOfStop(failure: Failure | "engine" | "source", ways: WaysOn): Card {
  const actions = [{ label: words.refused.retry, act: ways.retry }, ...downloads(ways)];
  return { tone: "failed", title: words.failed.stream, detail: detailOf(failure), actions };
}

function detailOf(failure: Failure | "engine" | "source"): string {
  if (failure === "engine") return words.failed.engine;
  if (failure === "source") return words.failed.media_detail;
  if (failure.status === 401 || failure.status === 403) return words.failed.token_detail;
  return failure.cause === "network" ? words.failed.network_detail : words.failed.media_detail;
}

function downloads({ download }: WaysOn): Card["actions"] {
  return download === null ? [] : [{ label: words.refused.original, act: download }];
}

function refusalWords(refusal: Refusal): Pick<Card, "title" | "detail" | "small"> {
  const { requestId, status } = refusal;
  const code = refusal.code || status;
  const small =
    requestId === null
      ? fill(words.refused.code, { code })
      : fill(words.refused.id, { code, id: requestId });
  const detail = status === 401 ? words.refused.session : refusal.detail;
  return { title: words.refused.title, detail, small };
}

function line(tag: "h3" | "p", text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
