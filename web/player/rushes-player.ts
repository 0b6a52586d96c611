/**
 * `<rushes-player asset="ast_...">`: one element wherever an asset is played.
 *
 * Attributes: `asset`, `share` (its token, for visitors), `name` (for readers), `poster`, `t` (start, seconds), `audio` (no picture),
 * `page-keys` (keys act on the whole page), `may-download` (errors offer the original).
 * Events, all bubbling: `rushes-download`, `rushes-signed-out`, `rushes-playback` (detail: answer).
 * The heavy half, `stage.ts`, is loaded at the first play.
 */
import { player as words } from "../shared/text/en.json";
import { parseFrameRate, parseTimecode } from "../shared/timecode";
import { cardElement, cardOfAnswer, cardOfStop, type Card, type WaysOn } from "./card";
import { deedOfKey, ownsKey, type PlayerDeed } from "./keys";
import { askPlayback, type Playback, type PlaybackAnswer } from "./playback";
import css from "./player.css?inline";
import { findPosition, keepPosition, sweepPositions } from "./position";
import { Quality } from "./quality";
import { Sound } from "./sound";
import { chooseSource, remedyFor, type Failure } from "./source";
import type { Stage } from "./stage";
import { busyMark, pathTip, stillElement } from "./still";
import { Waveform } from "./waveform";

const KEEP_EVERY_MS = 5000;
const NO_TRIES = { renewals: 0, retries: 0, recoveries: 0 };

export class RushesPlayer extends HTMLElement {
  static readonly observedAttributes = ["asset"];

  readonly #frame: HTMLElement;
  readonly #quality: Quality;
  readonly #sound: Sound;
  #asking: AbortController | null = null;
  #playback: Playback | null = null;
  #stage: Stage | null = null;
  #wave: Waveform | null = null;
  #hlsFails = false;
  #tries = { ...NO_TRIES };
  #timer = 0;
  #keeper = 0;
  #wantsPlay = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    this.#frame = document.createElement("div");
    this.#frame.className = "frame";
    const player = (): this => this;
    this.#quality = new Quality({
      get playback() {
        return player().#playback;
      },
      get stage() {
        return player().#stage;
      },
      get isByFile() {
        return player().#hlsFails;
      },
      reload: () => {
        this.#reload();
      },
      renew: () => this.#renew(),
      look: () => this.#look(),
    });
    this.#sound = new Sound({
      get stage() {
        return player().#stage;
      },
    });
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
    void this.#quality.choose(quality);
    this.play();
  }

  seek(seconds: number): void {
    if (this.#stage === null) this.setAttribute("t", String(seconds));
    else this.#stage.seek(seconds);
  }

  #reset(): void {
    this.#asking?.abort();
    window.clearTimeout(this.#timer);
    this.#quality.reset();
    this.#sound.reset();
    this.#stage?.close();
    this.#stage = null;
    this.#dropWave();
    this.#playback = null;
    this.#hlsFails = false;
    this.#tries = { ...NO_TRIES };
    this.#frame.replaceChildren();
  }

  async #start(): Promise<void> {
    if (this.#asset === "") return;
    this.#frame.setAttribute("aria-busy", "true");
    if (this.#frame.childElementCount === 0) this.#drawStill();
    const answer = await this.#ask();
    this.#frame.removeAttribute("aria-busy");
    if (answer === null) return;
    if (answer.kind === "playable") {
      this.#playback = answer.playback;
      this.#drawStill();
      if (this.#wantsPlay) void this.#enter();
      return;
    }
    this.#drawAnswer(answer);
  }

  async #ask(): Promise<PlaybackAnswer | null> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const box = this.getBoundingClientRect();
    try {
      const answer = await askPlayback(this.#asset, this.getAttribute("share"), box, asking.signal);
      this.#tell("rushes-playback", answer);
      if (answer.kind === "refused" && answer.refusal.status === 401) {
        this.#tell("rushes-signed-out", null);
      }
      return answer;
    } catch {
      return null; // aborted: another question has taken over
    }
  }

  #drawStill(): void {
    const play = (): void => {
      this.play();
    };
    const isAudio = this.hasAttribute("audio");
    const still = stillElement(this.getAttribute("poster"), this.#playback, play, isAudio);
    this.#frame.replaceChildren(still);
    this.#drawWave();
  }

  /** Put the waveform of a sound over whatever stands in the frame; it stays when that changes. */
  #drawWave(): void {
    const url = this.#playback?.waveform_url ?? null;
    if (!this.hasAttribute("audio") || url === null) return;
    this.#wave ??= new Waveform(url, {
      share: () => {
        const whole = this.#stage?.duration || (this.#playback?.duration ?? 0);
        return whole > 0 ? this.currentTime / whole : 0;
      },
      onSeek: (share) => {
        this.seek(share * (this.#stage?.duration || (this.#playback?.duration ?? 0)));
        if (this.#stage === null) this.play();
      },
    });
    this.#frame.append(this.#wave.element);
  }

  #dropWave(): void {
    this.#wave?.close();
    this.#wave = null;
  }

  #drawCard(card: Card): void {
    this.#stage?.close();
    this.#stage = null;
    this.#dropWave();
    this.#frame.replaceChildren(cardElement(card));
  }

  #drawAnswer(answer: Exclude<PlaybackAnswer, { kind: "playable" }>): void {
    this.#drawCard(cardOfAnswer(answer, this.#ways));
    if (answer.kind === "waiting") {
      this.#timer = window.setTimeout(this.#retry, answer.afterSeconds * 1000);
    }
  }

  #stop(why: Failure | "engine" | "source"): void {
    const retry = (): void => {
      this.#tries = { ...NO_TRIES };
      this.#hlsFails = false;
      this.#wantsPlay = true;
      this.#playback = null;
      this.#retry();
    };
    this.#drawCard(cardOfStop(why, { ...this.#ways, retry }));
  }

  readonly #retry = (): void => {
    window.clearTimeout(this.#timer);
    void this.#start();
  };

  get #ways(): WaysOn {
    const download = (): void => {
      this.#tell("rushes-download", null);
    };
    return { retry: this.#retry, download: this.hasAttribute("may-download") ? download : null };
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
          this.#quality.onLevels();
        },
        onSounds: () => {
          this.#sound.onTracks();
        },
        onSoundMenu: () => {
          this.#sound.toggleMenu();
        },
        onCopyLink: (seconds) => {
          void this.#copyLink(seconds);
        },
        onMenu: () => {
          this.#quality.toggleMenu();
        },
      });
    } catch {
      this.#stop("engine");
      return;
    }
    this.#wantsPlay = false;
    const menus = [this.#quality.menu.element, this.#sound.menu.element];
    this.#frame.replaceChildren(this.#stage.element, ...menus);
    this.#drawWave();
    this.#stage.fillScreenWith(this.#frame);
    this.#load(this.#startTime(), true);
    this.#stage.focus();
  }

  #load(at: number, isPlaying: boolean): void {
    const playback = this.#playback;
    if (playback === null || this.#stage === null) return;
    const source = chooseSource(playback, this.#quality.chosen, this.#hlsFails);
    if (source === null) {
      this.#stop("source");
      return;
    }
    const frameRate = parseFrameRate(playback.frame_rate);
    const timecode = parseTimecode(playback.timecode, frameRate);
    const extras = { storyboard: playback.storyboard_url, frameRate, timecode };
    this.#stage.load(source, { at, isPlaying }, extras);
    this.#quality.follow();
    this.#sound.onTracks();
    this.#stage.setBadge(words.path[playback.path], pathTip(playback));
    this.#quality.show();
  }

  /** Load again, at the same place; a stage that never began is at the start that was wished. */
  #reload(): void {
    const stage = this.#stage;
    if (stage === null) return;
    this.#load(stage.time > 0 ? stage.time : this.#startTime(), !stage.isPaused);
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
        if (stage.hls === null) this.#reload();
        else stage.hls.recoverMediaError();
        break;
      case "retry":
        this.#tries.retries += 1;
        this.#timer = window.setTimeout(
          () => {
            const hls = stage.hls;
            // Without levels the playlist itself is missing, which startLoad does not ask for.
            if (hls === null || hls.levels.length === 0) this.#reload();
            else hls.startLoad();
          },
          1000 * 2 ** (this.#tries.retries - 1),
        );
        break;
      case "fall-back":
        this.#hlsFails = true;
        this.#reload();
        break;
      case "give-up":
        this.#keep();
        this.#stop(failure);
    }
  }

  async #renew(): Promise<void> {
    const stage = this.#stage;
    if (stage === null) return;
    const answer = await this.#ask();
    if (answer === null || this.#stage !== stage) return;
    if (answer.kind !== "playable") {
      this.#drawAnswer(answer);
      return;
    }
    this.#playback = answer.playback;
    this.#reload();
  }

  async #look(): Promise<void> {
    const answer = await this.#ask();
    if (answer?.kind !== "playable" || this.#playback === null) return;
    this.#playback = { ...this.#playback, qualities: answer.playback.qualities };
    await this.#quality.growTo(answer.playback);
    this.#quality.show();
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
    if (path.some((node) => node instanceof HTMLElement && ownsKey(node, event.key))) return;
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
    this.#quality.onPointer(event.composedPath());
    this.#sound.onPointer(event.composedPath());
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

if (customElements.get("rushes-player") === undefined) {
  customElements.define("rushes-player", RushesPlayer);
}
