/**
 * The stage: media-chrome's controls round one media element. Loaded at the first play only.
 *
 * It knows frames, shuttle and marks; what to load and what to do about failures is decided by
 * the element that holds it.
 */
import "media-chrome/media-captions-button";
import "media-chrome/media-control-bar";
import "media-chrome/media-controller";
import "media-chrome/media-fullscreen-button";
import "media-chrome/media-loading-indicator";
import "media-chrome/media-mute-button";
import "media-chrome/media-play-button";
import "media-chrome/media-time-range";
import "media-chrome/media-volume-range";

import { formatDuration } from "../shared/format";
import {
  formatClock,
  formatTimecode,
  frameAt,
  timeOfFrame,
  type FrameRate,
  type Timecode,
} from "../shared/timecode";
import { player as words } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { grow } from "./growth";
import type { PlayerDeed } from "./keys";
import { openMedia, type LoadedMedia, type MediaEvents } from "./media";
import { FrameMeter } from "./meter";
import { Playhead } from "./playhead";
import { Shuttle } from "./shuttle";
import type { Source } from "./source";

const FIRST_VOLUME = 0.8;
const VOLUME_KEPT = "media-chrome-pref-volume"; // media-chrome's own name
const SMALLEST_STEP = 1 / 25; // seconds; steps by time where no rate is known

const GLYPHS = {
  back: "M14 5v10l-7-5zM5 5h1.6v10H5z",
  on: "M6 5v10l7-5zM13.400 5H15v10h-1.600z",
} as const;

/** What is known of a source beside its address; `timecode` is that of its first picture. */
export interface StageExtras {
  readonly storyboard: string | null;
  readonly frameRate: FrameRate | null;
  readonly timecode: Timecode | null;
}

export interface StageEvents extends MediaEvents {
  readonly onCopyLink: (seconds: number) => void;
  readonly onMenu: () => void;
  readonly onSoundMenu: () => void;
}

export class Stage {
  readonly element: HTMLElement;
  readonly #events: StageEvents;
  readonly #shuttle: Shuttle;
  #media: LoadedMedia | null = null;
  #meter = new FrameMeter();
  #stated: FrameRate | null = null;
  #first: Timecode | null = null;
  #playhead = new Playhead();
  /** Whether to play as soon as there is something to play: before that, play() is forgotten. */
  #wantsPlay = false;
  #marks: { in: number | null; out: number | null } = { in: null, out: null };

  constructor(name: string, isAudio: boolean, events: StageEvents) {
    this.#events = events;
    this.element = document.createElement("media-controller");
    this.element.innerHTML = controls();
    this.element.setAttribute("nohotkeys", "");
    this.element.setAttribute("autohide", isAudio ? "-1" : "3");
    this.element.setAttribute("aria-label", fill(words.label, { name }));
    this.#shuttle = new Shuttle(
      () => this.#media?.element ?? null,
      (seconds) => {
        this.seek(seconds);
      },
      (rate) => {
        this.#part(".shuttle").textContent = fill(words.shuttle, { rate });
        this.#part(".shuttle").hidden = rate === 0 || rate === 1;
      },
    );
    this.#listen();
  }

  get time(): number {
    return this.#media === null ? 0 : this.#playhead.read(this.#media.element);
  }

  get duration(): number {
    const seconds = this.#media?.element.duration ?? 0;
    return Number.isFinite(seconds) ? seconds : 0;
  }

  get isPaused(): boolean {
    const media = this.#media?.element;
    if (media === undefined) return true;
    return media.readyState === 0 ? !this.#wantsPlay : media.paused;
  }

  get hls(): ReturnType<LoadedMedia["hls"]> {
    return this.#media?.hls() ?? null;
  }

  /** Take the qualities at this address into the stream that plays. */
  async grow(url: string): Promise<void> {
    const { hls } = this;
    if (hls !== null) await grow(hls, url);
  }

  /** Put a source on stage at a time; an earlier one leaves. */
  load(
    source: Source,
    from: { readonly at: number; readonly isPlaying: boolean },
    extras: StageExtras,
  ): void {
    this.#shuttle.halt();
    this.#stated = extras.frameRate;
    this.#first = extras.timecode;
    this.#meter = new FrameMeter();
    this.#playhead = new Playhead();
    this.#playhead.send(from.at);
    const sound = { volume: this.#volume(), muted: this.#media?.element.muted ?? false };
    this.#media?.element.remove();
    this.#media = openMedia(source, from.at, this.#events);
    const media = this.#media.element;
    if (extras.storyboard !== null) media.append(storyboardTrack(extras.storyboard));
    this.element.append(media);
    media.volume = sound.volume;
    media.muted = sound.muted;
    this.#wantsPlay = from.isPlaying;
    media.addEventListener("loadedmetadata", () => {
      if (this.#wantsPlay) void media.play().catch(() => undefined);
    });
    for (const event of ["pause", "seeked", "timeupdate"]) {
      media.addEventListener(event, () => {
        if (this.#media?.element !== media) return;
        if (event !== "timeupdate") this.#playhead.settle(media);
        this.#show();
      });
    }
    this.#watchFrames(this.#media.screen);
  }

  /** Do what a key asked; quality is the holder's. */
  do(deed: PlayerDeed): void {
    const media = this.#media?.element;
    if (media === undefined) return;
    switch (deed.kind) {
      case "toggle":
      case "halt":
        this.#togglePlay(media, deed.kind === "halt");
        break;
      case "shuttle":
        this.#shuttle.press(deed.direction);
        break;
      case "frame":
        this.#step(media, deed.by);
        break;
      case "seek":
        this.seek(this.time + deed.bySeconds);
        break;
      case "jump":
        this.seek(this.duration * deed.share);
        break;
      case "volume":
        media.volume = Math.min(1, Math.max(0, Math.round((media.volume + deed.by) * 100) / 100));
        break;
      case "mute":
        media.muted = !media.muted;
        break;
      case "captions":
        this.#part("media-captions-button").click();
        break;
      case "fullscreen":
        this.#part("media-fullscreen-button").click();
        break;
      case "mark":
        this.#mark(deed.edge, this.time);
        break;
      case "quality":
        this.#events.onMenu();
    }
  }

  seek(seconds: number): void {
    if (this.#media === null || this.duration === 0) return; // the start that is held stays
    const rate = this.#rate();
    const tail = rate === null ? 0.05 : (rate.den / rate.num) * 0.5; // the last frame's middle
    const to = Math.min(Math.max(0, seconds), Math.max(0, this.duration - tail));
    this.#send(to);
    this.#media.element.currentTime = to;
  }

  play(): void {
    this.#wantsPlay = true;
    void this.#media?.element.play().catch(() => undefined);
  }

  pause(): void {
    this.#wantsPlay = false;
    this.#shuttle.halt();
    this.#media?.element.pause();
  }

  setRate(rate: FrameRate | null): void {
    this.#stated ??= rate;
  }

  /** Full screen takes this element, so that the menu comes along. */
  fillScreenWith(frame: HTMLElement): void {
    Object.assign(this.element, { fullscreenElement: frame });
  }

  setBadge(label: string, tip: string): void {
    const badge = this.#part(".path");
    badge.querySelector("b")?.replaceChildren(label);
    badge.title = tip;
    badge.setAttribute("aria-label", `${label}: ${tip}`);
  }

  setQuality(label: string, isOffered: boolean): void {
    const button = this.#part(".quality");
    button.textContent = label;
    button.setAttribute("aria-label", fill(words.quality.button, { quality: label }));
    button.hidden = !isOffered;
  }

  /** Offer a choice of sounds where there is one. */
  setSounds(count: number): void {
    this.soundAnchor.hidden = count < 2;
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  get menuAnchor(): HTMLElement {
    return this.#part(".quality");
  }

  get soundAnchor(): HTMLElement {
    return this.#part(".sounds");
  }

  say(text: string): void {
    const note = this.#part(".said");
    note.textContent = text;
    setTimeout(() => {
      if (note.textContent === text) note.textContent = "";
    }, 2000);
  }

  close(): void {
    this.#shuttle.halt();
    this.#media?.element.remove();
    this.#media = null;
    this.element.remove();
  }

  /** Somebody sends the picture to a time: from now on that is where it is. */
  #send(seconds: number): void {
    this.#media?.release();
    this.#playhead.send(seconds);
    this.#show();
  }

  #togglePlay(media: HTMLVideoElement, isHalt: boolean): void {
    if (this.#shuttle.isOn) {
      this.#shuttle.halt();
      if (isHalt) media.pause();
      return;
    }
    if (this.isPaused) this.play();
    else this.pause();
  }

  #step(media: HTMLVideoElement, by: 1 | -1): void {
    this.#shuttle.halt();
    media.pause();
    const rate = this.#rate();
    const to =
      rate === null
        ? this.time + by * SMALLEST_STEP
        : timeOfFrame(frameAt(this.time, rate) + by, rate);
    this.seek(to);
  }

  #rate(): FrameRate | null {
    const measured = this.#meter.measured;
    return this.#stated ?? (measured === "variable" ? null : measured);
  }

  #show(): void {
    const seconds = this.time;
    const rate = this.#rate();
    const text =
      rate === null ? formatClock(seconds) : formatTimecode(frameAt(seconds, rate), rate);
    this.#part(".now").textContent = text;
    this.#part(".whole").textContent = formatDuration(this.duration);
    this.#showTimecode(rate === null ? null : frameAt(seconds, rate), rate);
    this.#part(".vfr").hidden = this.#stated !== null || this.#meter.measured !== "variable";
  }

  #showTimecode(frame: number | null, rate: FrameRate | null): void {
    const code = this.#part(".code");
    code.hidden = this.#first === null || frame === null || rate === null;
    if (this.#first === null || frame === null || rate === null) return;
    code.textContent = formatTimecode(this.#first.frame + frame, rate, this.#first.isDrop);
  }

  #watchFrames(screen: HTMLVideoElement): void {
    if (!("requestVideoFrameCallback" in screen)) return;
    const onFrame = (_: number, frame: VideoFrameCallbackMetadata): void => {
      if (this.#media?.screen !== screen) return;
      if (!screen.paused && !screen.seeking) this.#meter.add(frame.mediaTime);
      this.#playhead.paint(frame.mediaTime);
      this.#show();
      screen.requestVideoFrameCallback(onFrame);
    };
    screen.requestVideoFrameCallback(onFrame);
  }

  #mark(edge: "in" | "out", seconds: number): void {
    this.#marks = { ...this.#marks, [edge]: seconds };
    const label = this.#part(".marks");
    const write = (time: number): string => {
      const rate = this.#rate();
      return rate === null ? formatClock(time) : formatTimecode(frameAt(time, rate), rate);
    };
    const { in: first, out: last } = this.#marks;
    label.textContent = [
      first === null ? "" : fill(words.mark_in, { time: write(first) }),
      last === null ? "" : fill(words.mark_out, { time: write(last) }),
    ]
      .filter(Boolean)
      .join("  ");
    label.hidden = false;
  }

  #volume(): number {
    if (this.#media !== null) return this.#media.element.volume;
    const kept = Number.parseFloat(localStorage.getItem(VOLUME_KEPT) ?? "");
    return kept >= 0 && kept <= 1 ? kept : FIRST_VOLUME;
  }

  #listen(): void {
    const onClick = (selector: string, act: () => void): void => {
      this.#part(selector).addEventListener("click", act);
    };
    onClick(".back", () => {
      this.do({ kind: "frame", by: -1 });
    });
    onClick(".on", () => {
      this.do({ kind: "frame", by: 1 });
    });
    onClick(".timecode", () => {
      this.#events.onCopyLink(this.time);
    });
    // The time range asks the controller, which sets the media's clock itself.
    this.element.addEventListener("mediaseekrequest", (event) => {
      const { detail } = event as CustomEvent<unknown>;
      if (typeof detail === "number") this.#send(detail);
    });
    onClick(".quality", this.#events.onMenu);
    onClick(".sounds", this.#events.onSoundMenu);
    // A pressed button would keep the focus, and the next Space would press it again.
    this.element.addEventListener("click", (event) => {
      const path = event.composedPath();
      const isOnMenu = path.includes(this.menuAnchor) || path.includes(this.soundAnchor);
      if (event.detail > 0 && !isOnMenu) this.focus();
    });
    onClick(".marks", () => {
      this.#marks = { in: null, out: null };
      this.#part(".marks").hidden = true;
    });
    onClick(".path", () => {
      this.say(this.#part(".path").title);
    });
  }

  #part(selector: string): HTMLElement {
    const part = this.element.querySelector<HTMLElement>(selector);
    if (part === null) throw new Error(`The stage has no ${selector}`);
    return part;
  }
}

function storyboardTrack(url: string): HTMLTrackElement {
  const track = document.createElement("track");
  track.kind = "metadata";
  track.label = "thumbnails";
  track.default = true;
  track.src = url;
  return track;
}

function controls(): string {
  const glyph = (path: string): string =>
    `<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="${path}"/></svg>`;
  const button = (kind: string, label: string, inner: string): string =>
    `<button type="button" class="${kind}" aria-label="${label}" title="${label}">${inner}</button>`;
  return `
    <media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
    <div slot="top-chrome" class="top">
      <button type="button" class="path"><i></i><b></b></button>
      <span class="shuttle figures" hidden></span>
      <button type="button" class="marks figures" title="${words.clear_marks}" hidden></button>
      <span class="said" role="status"></span>
    </div>
    <media-control-bar class="seek"><media-time-range></media-time-range></media-control-bar>
    <media-control-bar class="row">
      <media-play-button notooltip></media-play-button>
      ${button("back", words.frame_back, glyph(GLYPHS.back))}
      ${button("on", words.frame_on, glyph(GLYPHS.on))}
      <button type="button" class="timecode figures" title="${words.timecode}">
        <span class="now">00:00:00:00</span><span class="whole"></span>
      </button>
      <span class="code figures" title="${words.source_timecode}" hidden></span>
      <span class="vfr" title="${words.vfr_tip}" hidden>${words.vfr}</span>
      <span class="gap"></span>
      <media-mute-button notooltip></media-mute-button>
      <media-volume-range></media-volume-range>
      <media-captions-button notooltip></media-captions-button>
      <button type="button" class="sounds" aria-haspopup="menu" hidden>${words.sound.button}</button>
      <button type="button" class="quality figures" aria-haspopup="menu" hidden></button>
      <media-fullscreen-button notooltip></media-fullscreen-button>
    </media-control-bar>`;
}
