/**
 * What the page around an embed may say to it, and hears from it, by `postMessage`.
 *
 * In: `{rushes: "play"}`, `{rushes: "pause"}`, `{rushes: "seek", seconds: 12.5}`.
 * Out: `{rushes: "ready"}`, then `{rushes: "time", seconds: 12.5}` while the time changes.
 */

const EVERY_MS = 500;

interface Played extends HTMLElement {
  readonly currentTime: number;
  play(): void;
  pause(): void;
  seek(seconds: number): void;
}

/** Listen to the page around; only pages of these origins are heard and told. */
export function answerParent(origins: readonly string[]): void {
  const player = document.querySelector<Played>("rushes-player");
  if (player === null || window.parent === window) return;
  const tell = (told: object): void => {
    for (const origin of origins) window.parent.postMessage(told, origin);
  };
  window.addEventListener("message", ({ origin, source, data }: MessageEvent<unknown>) => {
    if (source === window.parent && origins.includes(origin)) obey(player, data);
  });
  tell({ rushes: "ready" });
  let last = player.currentTime;
  window.setInterval(() => {
    if (player.currentTime === last) return;
    last = player.currentTime;
    tell({ rushes: "time", seconds: last });
  }, EVERY_MS);
}

function obey(player: Played, data: unknown): void {
  const { rushes: deed, seconds } = (data ?? {}) as { rushes?: unknown; seconds?: unknown };
  if (deed === "play") player.play();
  else if (deed === "pause") player.pause();
  else if (deed === "seek" && typeof seconds === "number" && seconds >= 0) player.seek(seconds);
}
