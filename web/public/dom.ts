/** The few lines of DOM that these pages need instead of a framework. Text is always text. */

type Content = Node | string;

/** Find an element that the server has rendered; its absence is a mistake of ours. */
export function need<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page lacks #${id}.`);
  return found;
}

/** Make an element with a class and its content. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Draw a sign of the sprite that every page carries. */
export function sign(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "sign");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Make a button; with a sign, its label is read aloud and shown as a tip. */
export function button(label: string, press: () => void, signName?: string): HTMLButtonElement {
  const made = make("button", signName ? "button icon" : "button");
  made.type = "button";
  if (signName) {
    made.append(sign(signName));
    made.ariaLabel = label;
    made.title = label;
  } else made.textContent = label;
  made.addEventListener("click", press);
  return made;
}

// Characters that move or hide other characters: a name must not disguise its own extension.
// eslint-disable-next-line no-control-regex
const DISGUISES = /[\u0000-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const TAIL = 12;

/** Show a file name, cut in its middle by CSS where there is no room; the whole is its tip. */
export function nameOf(name: string): HTMLElement {
  const plain = name.replace(DISGUISES, "\ufffd");
  const letters = Array.from(plain);
  const cut = Math.max(0, letters.length - TAIL);
  const shown = make(
    "bdi",
    "name",
    make("span", "name-head", letters.slice(0, cut).join("")),
    make("span", "name-tail", letters.slice(cut).join("")),
  );
  shown.title = plain;
  return shown;
}

/** Write text only where it changed, so that nothing is laid out or read aloud again. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
