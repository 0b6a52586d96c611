/** What stands before the first play: the poster, the play button, the path and the length. */
import { formatDuration } from "../shared/format";
import { player as words } from "../shared/text/en.json";
import type { Playback } from "./playback";

/** Make the still of an asset; without a playback answer it waits, and cannot be played yet. */
export function stillElement(
  poster: string | null,
  playback: Playback | null,
  onPlay: () => void,
  isAudio = false,
): HTMLElement {
  const still = document.createElement("div");
  still.className = "still";
  const shown = isAudio ? "" : (poster ?? playback?.poster_url ?? ""); // a sound draws its own
  if (shown !== "") {
    const image = document.createElement("img");
    image.alt = "";
    image.src = shown;
    still.append(image);
  }
  if (playback === null) still.append(busyMark());
  else still.append(playButton(onPlay), ...notes(playback));
  return still;
}

/** The turning mark of waiting. */
export function busyMark(): HTMLElement {
  const mark = document.createElement("span");
  mark.className = "busy";
  mark.setAttribute("role", "status");
  mark.setAttribute("aria-label", words.loading);
  return mark;
}

/** Say which path it plays by, and why the server chose it. */
export function pathTip({ path, reason }: Playback): string {
  return [words.path[`${path}_tip`], reason].filter(Boolean).join(" · ");
}

function playButton(onPlay: () => void): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "start";
  button.setAttribute("aria-label", words.play);
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5v14l11-7z"/></svg>`;
  button.addEventListener("pointerenter", () => void import("./stage"));
  button.addEventListener("click", onPlay);
  return button;
}

function notes(playback: Playback): HTMLElement[] {
  const badge = document.createElement("span");
  badge.className = "path";
  badge.title = pathTip(playback);
  badge.append(document.createElement("i"), words.path[playback.path]);
  if (playback.duration === null) return [badge];
  const length = document.createElement("span");
  length.className = "length figures";
  length.textContent = formatDuration(playback.duration);
  return [badge, length];
}
