/**
 * `<rushes-player asset="ast_...">`: one element wherever an asset is played.
 *
 * Attributes: `asset`, `name` (for readers), `poster`, `t` (start, seconds), `audio` (no picture),
 * `page-keys` (keys act on the whole page), `may-download` (errors offer the original).
 * Events, all bubbling: `rushes-download`, `rushes-signed-out`, `rushes-playback` (detail: answer).
 * The heavy half, `stage.ts`, is loaded at the first play.
 */
import { formatDuration } from "../shared/format";
import { player as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { parseFrameRate } from "../shared/timecode";
import { cardElement, refusalWords, type Card } from "./card";
import { deedOfKey, type PlayerDeed } from "./keys";
import { QualityMenu } from "./menu";
import { askPlayback, type Playback, type PlaybackAnswer } from "./playback";
import css from "./player.css?inline";
import { findPosition, keepPosition, sweepPositions } from "./position";
import { qualityRows } from "./qualities";
import { chooseSource, levelOfRung, remedyFor, type Failure } from "./source";
import type { Stage } from "./stage";

const KEEP_EVERY_MS = 5000;
const LOOK_AGAIN_MS = 3000; // while the menu is open and a rung is still being made
const NO_TRIES = { renewals: 0, retries: 0, recoveries: 0 };

export class RushesPlayer extends HTMLElement {
  static readonly observedAttributes = ["asset"];

  readonly #frame: HTMLElement;
  readonly #menu: QualityMenu;
  #asking: AbortController | null = null;
  #playback: Playback | null = null;
  #stage: Stage | null = null;
  #chosen = "auto";
  #hlsFails = false;
  #tries = { ...NO_TRIES };
  #timer = 0;
  #keeper = 0;
  #looker = 0;
  #wantsPlay = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    this.#frame = document.createElement("div");
    this.#frame.className = "frame";
    this.#menu = new QualityMenu(
      (quality) => {
        void this.#choose(quality);
      },
      (hasChosen) => {
        window.clearInterval(this.#looker);
        if (hasChosen) this.#stage?.focus();
        else this.#stage?.menuAnchor.focus();
      },
    );
    root.append(this.#frame);
  }

  connectedCallback(): void {
    document.addEventListener("keydown", this.#onKey);
    document.addEventListener("pointerdown", this.#onPointer);
    window.addEventListener("pagehide", this.#keep);
    this.#keeper = window.setInterval(this.#keep, KEEP_EVERY_MS);
    sweepPositions(localStorage, Date.now());
    void this.#start();
  }

  disconnectedCallback(): void {
    this.#keep();
    document.removeEventListener("keydown", this.#onKey);
    document.removeEventListener("pointerdown", this.#onPointer);
    window.removeEventListener("pagehide", this.#keep);
    window.clearInterval(this.#keeper);
    this.#reset();
  }

  attributeChangedCallback(_: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    this.#reset();
    void this.#start();
  }

  /** Seconds into the asset. */
  get currentTime(): number {
    return this.#stage?.time ?? this.#startTime();
  }

  play(): void {
    if (this.#stage === null) void this.#enter();
    else this.#stage.play();
  }

  pause(): void {
    this.#stage?.pause();
  }

  /** Play at one quality, or at `auto`; position is kept. */
  playAt(quality: string): void {
    this.#chosen = quality;
    if (this.#stage !== null) void this.#choose(quality);
    this.play();
  }

  seek(seconds: number): void {
    if (this.#stage === null) this.setAttribute("t", String(seconds));
    else this.#stage.seek(seconds);
  }

  #reset(): void {
    this.#asking?.abort();
    window.clearTimeout(this.#timer);
    window.clearInterval(this.#looker);
    this.#menu.element.hidden = true;
    this.#stage?.close();
    this.#stage = null;
    this.#playback = null;
    this.#chosen = "auto";
    this.#hlsFails = false;
    this.#tries = { ...NO_TRIES };
    this.#frame.replaceChildren();
  }

  async #start(): Promise<void> {
    if (this.#asset === "") return;
    this.#frame.setAttribute("aria-busy", "true");
    if (this.#frame.childElementCount === 0) this.#drawStill(false);
    const answer = await this.#ask();
    this.#frame.removeAttribute("aria-busy");
    if (answer === null) return;
    if (answer.kind === "playable") {
      this.#playback = answer.playback;
      this.#drawStill(true);
      if (this.#wantsPlay) void this.#enter();
      return;
    }
    this.#drawCard(this.#cardOf(answer));
  }

  async #ask(): Promise<PlaybackAnswer | null> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const box = this.getBoundingClientRect();
    try {
      const answer = await askPlayback(this.#asset, box, asking.signal);
      this.#tell("rushes-playback", answer);
      if (answer.kind === "refused" && answer.refusal.status === 401) {
        this.#tell("rushes-signed-out", null);
      }
      return answer;
    } catch {
      return null; // aborted: another question has taken over
    }
  }

  #drawStill(isPlayable: boolean): void {
    const still = document.createElement("div");
    still.className = "still";
    const poster = this.getAttribute("poster") ?? this.#playback?.poster_url ?? null;
    if (poster !== null && poster !== "") {
      const image = document.createElement("img");
      image.alt = "";
      image.src = poster;
      still.append(image);
    }
    still.append(isPlayable ? this.#playButton() : busyMark());
    if (isPlayable) still.append(...this.#stillNotes());
    this.#frame.replaceChildren(still);
  }

  #playButton(): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "start";
    button.setAttribute("aria-label", words.play);
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5v14l11-7z"/></svg>`;
    button.addEventListener("pointerenter", () => void import("./stage"));
    button.addEventListener("click", () => {
      this.play();
    });
    return button;
  }

  #stillNotes(): HTMLElement[] {
    const { path, duration } = this.#playback ?? { path: null, duration: null };
    const notes: HTMLElement[] = [];
    if (path !== null) {
      const badge = document.createElement("span");
      badge.className = "path";
      badge.title = this.#pathTip();
      badge.append(document.createElement("i"), words.path[path]);
      notes.push(badge);
    }
    if (duration !== null) {
      const length = document.createElement("span");
      length.className = "length figures";
      length.textContent = formatDuration(duration);
      notes.push(length);
    }
    return notes;
  }

  #drawCard(card: Card): void {
    this.#stage?.close();
    this.#stage = null;
    this.#frame.replaceChildren(cardElement(card));
  }

  #cardOf(answer: Exclude<PlaybackAnswer, { kind: "playable" }>): Card {
    const retry = { label: words.refused.retry, act: this.#retry };
    if (answer.kind === "waiting") {
      this.#timer = window.setTimeout(this.#retry, answer.afterSeconds * 1000);
      const next = fill(words.waiting.detail, { seconds: Math.ceil(answer.afterSeconds) });
      return {
        tone: "waiting",
        title: words.waiting.title,
        detail: [answer.reason, next].filter(Boolean).join(" "),
        actions: [{ label: words.waiting.look, act: this.#retry }, ...this.#downloadAction()],
      };
    }
    if (answer.kind === "offline") {
      return {
        tone: "failed",
        title: words.failed.offline,
        detail: words.failed.offline_detail,
        actions: [retry],
      };
    }
    return {
      tone: "failed",
      ...refusalWords(answer.refusal),
      actions: [retry, ...this.#downloadAction()],
    };
  }

  readonly #retry = (): void => {
    window.clearTimeout(this.#timer);
    void this.#start();
  };

  #downloadAction(): Card["actions"] {
    if (!this.hasAttribute("may-download")) return [];
    const act = (): void => {
      this.#tell("rushes-download", null);
    };
    return [{ label: words.refused.original, act }];
  }

  async #enter(): Promise<void> {
    const playback = this.#playback;
    this.#wantsPlay = true;
    if (playback === null) return;
    this.#frame.querySelector(".start")?.replaceWith(busyMark());
    try {
      const { Stage } = await import("./stage");
      if (this.#playback !== playback || this.#stage !== null) return;
      this.#stage = new Stage(this.getAttribute("name") ?? "", this.hasAttribute("audio"), {
        onFailure: (failure) => {
          void this.#onFailure(failure);
        },
        onLevels: () => {
          this.#onLevels();
        },
        onCopyLink: (seconds) => {
          void this.#copyLink(seconds);
        },
        onMenu: () => {
          this.#toggleMenu();
        },
      });
    } catch {
      this.#drawCard(this.#stopCard(words.failed.engine));
      return;
    }
    this.#wantsPlay = false;
    this.#frame.replaceChildren(this.#stage.element, this.#menu.element);
    this.#stage.fillScreenWith(this.#frame);
    this.#load(this.#startTime(), true);
    this.#stage.focus();
  }

  #load(at: number, isPlaying: boolean): void {
    const playback = this.#playback;
    if (playback === null || this.#stage === null) return;
    const source = chooseSource(playback, this.#chosen, this.#hlsFails);
    if (source === null) {
      this.#drawCard(this.#stopCard(words.failed.media_detail));
      return;
    }
    const frameRate = parseFrameRate(playback.frame_rate);
    const extras = { storyboard: playback.storyboard_url, frameRate };
    this.#stage.load(source, { at, isPlaying }, extras);
    this.#stage.setBadge(words.path[playback.path], this.#pathTip());
    this.#showQuality();
  }

  async #choose(quality: string): Promise<void> {
    this.#chosen = quality;
    const stage = this.#stage;
    if (stage === null) return;
    const hls = stage.hls;
    if (hls === null || this.#hlsFails) {
      this.#load(stage.time, !stage.isPaused);
      return;
    }
    const rung = this.#playback?.qualities.find((each) => each.quality === quality);
    const level = rung === undefined ? -1 : levelOfRung(hls.levels, rung);
    if (quality !== "auto" && level === -1) {
      // Made since the playlist was read: read it again, at the same place.
      await this.#renew();
      return;
    }
    hls.nextLevel = level;
    this.#showQuality();
  }

  #onLevels(): void {
    const hls = this.#stage?.hls ?? null;
    if (hls === null) return;
    const current = hls.levels[Math.max(0, hls.currentLevel)];
    if (current !== undefined) this.#stage?.setRate(parseFrameRate(current.frameRate));
    const rung = this.#playback?.qualities.find((each) => each.quality === this.#chosen);
    const level = rung === undefined ? -1 : levelOfRung(hls.levels, rung);
    if (level !== -1 && hls.nextLevel !== level) hls.nextLevel = level;
    this.#showQuality();
  }

  #playing(): string | null {
    const hls = this.#stage?.hls ?? null;
    if (hls === null) {
      const source = this.#playback && chooseSource(this.#playback, this.#chosen, true);
      return source?.kind === "mp4" ? source.quality : null;
    }
    const rungs = this.#playback?.qualities ?? [];
    const shown = rungs.find((rung) => levelOfRung(hls.levels, rung) === hls.currentLevel);
    return shown !== undefined && hls.currentLevel >= 0 ? shown.quality : null;
  }

  #rows(): ReturnType<typeof qualityRows> {
    const rungs = this.#playback?.qualities ?? [];
    const levels = this.#stage?.hls?.levels ?? [];
    const streamed = rungs.filter((rung) => levelOfRung(levels, rung) !== -1);
    const names = new Set(streamed.map((rung) => rung.quality));
    return qualityRows(rungs, this.#chosen, this.#playing(), names, words.quality);
  }

  #showQuality(): void {
    const label = this.#chosen === "auto" ? (this.#rows()[0]?.label ?? "") : this.#chosen;
    this.#stage?.setQuality(label, (this.#playback?.qualities.length ?? 0) > 1);
    if (this.#menu.isOpen) this.#menu.draw(this.#rows());
  }

  #toggleMenu(): void {
    if (this.#menu.isOpen) {
      this.#menu.close();
      return;
    }
    this.#menu.open(this.#rows());
    window.clearInterval(this.#looker);
    this.#looker = window.setInterval(() => {
      void this.#lookAgain();
    }, LOOK_AGAIN_MS);
  }

  async #lookAgain(): Promise<void> {
    const rungs = this.#playback?.qualities ?? [];
    if (rungs.every((rung) => rung.state === "ready" || rung.state === "failed")) return;
    const answer = await this.#ask();
    if (answer?.kind !== "playable" || this.#playback === null) return;
    this.#playback = { ...this.#playback, qualities: answer.playback.qualities };
    this.#showQuality();
  }

  async #onFailure(failure: Failure): Promise<void> {
    const remedy = remedyFor(failure, this.#tries, !this.#hlsFails && this.#hasFiles());
    const stage = this.#stage;
    if (stage === null) return;
    switch (remedy) {
      case "renew":
        this.#tries.renewals += 1;
        await this.#renew();
        break;
      case "recover":
        this.#tries.recoveries += 1;
        if (stage.hls === null) this.#load(stage.time, true);
        else stage.hls.recoverMediaError();
        break;
      case "retry":
        this.#tries.retries += 1;
        this.#timer = window.setTimeout(
          () => {
            if (stage.hls === null) this.#load(stage.time, true);
            else stage.hls.startLoad();
          },
          1000 * 2 ** (this.#tries.retries - 1),
        );
        break;
      case "fall-back":
        this.#hlsFails = true;
        this.#load(stage.time || this.#startTime(), true);
        break;
      case "give-up":
        this.#keep();
        this.#drawCard(this.#stopCard(detailOf(failure)));
    }
  }

  async #renew(): Promise<void> {
    const stage = this.#stage;
    if (stage === null) return;
    const answer = await this.#ask();
    if (answer === null || this.#stage !== stage) return;
    if (answer.kind !== "playable") {
      this.#drawCard(this.#cardOf(answer));
      return;
    }
    this.#playback = answer.playback;
    this.#load(stage.time, !stage.isPaused);
  }

  #stopCard(detail: string): Card {
    const act = (): void => {
      this.#tries = { ...NO_TRIES };
      this.#hlsFails = false;
      this.#wantsPlay = true;
      void this.#start();
    };
    return {
      tone: "failed",
      title: words.failed.stream,
      detail,
      actions: [{ label: words.refused.retry, act }, ...this.#downloadAction()],
    };
  }

  async #copyLink(seconds: number): Promise<void> {
    const link = new URL(location.href);
    link.searchParams.set("t", seconds.toFixed(3));
    try {
      await navigator.clipboard.writeText(link.href);
      this.#stage?.say(words.timecode_copied);
    } catch {
      this.#stage?.say(link.href); // no leave to write the clipboard: show it instead
    }
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const path = event.composedPath();
    const isInside = path.includes(this);
    if (event.defaultPrevented || (!isInside && !this.hasAttribute("page-keys"))) return;
    if (path.some((node) => node instanceof HTMLElement && ownsKeys(node, event.key))) return;
    const deed = deedOfKey(event);
    if (deed === null || !this.#do(deed)) return;
    event.preventDefault();
  };

  #do(deed: PlayerDeed): boolean {
    if (this.#stage !== null) {
      this.#stage.do(deed);
      return true;
    }
    if (this.#playback === null || (deed.kind !== "toggle" && deed.kind !== "halt")) return false;
    this.play();
    return true;
  }

  readonly #onPointer = (event: PointerEvent): void => {
    const path = event.composedPath();
    const isOnMenu = path.includes(this.#menu.element);
    const isOnButton = this.#stage !== null && path.includes(this.#stage.menuAnchor);
    if (!isOnMenu && !isOnButton) this.#menu.close();
  };

  readonly #keep = (): void => {
    const stage = this.#stage;
    if (stage === null || stage.duration === 0) return;
    keepPosition(localStorage, this.#asset, stage.time, stage.duration, Date.now());
  };

  #startTime(): number {
    const asked = Number.parseFloat(this.getAttribute("t") ?? "");
    if (asked >= 0) return asked;
    return findPosition(localStorage, this.#asset, Date.now()) ?? 0;
  }

  #pathTip(): string {
    const path = this.#playback?.path ?? "ladder";
    const reason = this.#playback?.reason ?? "";
    return [words.path[`${path}_tip`], reason].filter(Boolean).join(" · ");
  }

  #hasFiles(): boolean {
    return this.#playback !== null && chooseSource(this.#playback, "auto", true) !== null;
  }

  get #asset(): string {
    return this.getAttribute("asset") ?? "";
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

function busyMark(): HTMLElement {
  const mark = document.createElement("span");
  mark.className = "busy";
  mark.setAttribute("role", "status");
  mark.setAttribute("aria-label", words.loading);
  return mark;
}

function detailOf(failure: Failure): string {
  if (failure.status === 401 || failure.status === 403) return words.failed.token_detail;
  return failure.cause === "network" ? words.failed.network_detail : words.failed.media_detail;
}

/** Tell whether an element needs this key for itself: inputs, menus, dialogs, pressed buttons. */
function ownsKeys(node: HTMLElement, key: string): boolean {
  if (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName)) return true;
  const role = node.getAttribute("role");
  if (role === "menu" || role === "dialog" || role === "listbox") return true;
  if (/^(tab|tablist|slider)$/.test(role ?? "") && key.startsWith("Arrow")) return true;
  const isPressable = /^(BUTTON|A)$/.test(node.tagName) || role === "button";
  return isPressable && (key === " " || key === "Enter");
}

if (customElements.get("rushes-player") === undefined) {
  customElements.define("rushes-player", RushesPlayer);
}
