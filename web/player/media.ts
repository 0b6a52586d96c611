/** The media element of the stage: HLS by hls.js, or a plain file; both look like a video. */
import { Hls, HlsVideoElement } from "hls-video-element";

import type { Failure, Source } from "./source";

export interface LoadedMedia {
  /** What media-chrome is given. */
  readonly element: HTMLVideoElement;
  /** The video that paints, for `requestVideoFrameCallback`. */
  readonly screen: HTMLVideoElement;
  readonly hls: () => Hls | null;
  /** Hold the start no longer: somebody wants to be elsewhere. */
  readonly release: () => void;
}

export interface MediaEvents {
  readonly onFailure: (failure: Failure) => void;
  readonly onLevels: (hls: Hls) => void;
  readonly onSounds: () => void;
}

class RushesHlsVideo extends HlsVideoElement {
  onApi: (hls: Hls) => void = () => undefined;

  override load(): void {
    super.load();
    // The parent makes its hls.js one microtask later, and tells nobody.
    queueMicrotask(() => {
      if (this.api !== null) this.onApi(this.api);
    });
  }
}

if (customElements.get("rushes-hls-video") === undefined) {
  customElements.define("rushes-hls-video", RushesHlsVideo);
}

/** Make the element for a source, to start at `at` seconds. It loads once it is in the page. */
export function openMedia(source: Source, at: number, events: MediaEvents): LoadedMedia {
  return source.kind === "hls"
    ? openStream(source.url, at, events)
    : openFile(source.url, at, events);
}

function openFile(url: string, at: number, events: MediaEvents): LoadedMedia {
  const video = document.createElement("video");
  video.slot = "media";
  video.playsInline = true;
  video.preload = "auto";
  video.src = url;
  const held = new AbortController();
  startAt(video, at, held.signal);
  holdStart(video, at, held);
  video.addEventListener("error", () => {
    const isNetwork = video.error?.code === MediaError.MEDIA_ERR_NETWORK;
    events.onFailure({ cause: isNetwork ? "network" : "media", status: null });
  });
  return {
    element: video,
    screen: video,
    hls: () => null,
    release: () => {
      held.abort();
    },
  };
}

function openStream(url: string, at: number, events: MediaEvents): LoadedMedia {
  const stream = new RushesHlsVideo();
  stream.slot = "media";
  stream.setAttribute("playsinline", "");
  stream.setAttribute("preload", "auto");
  stream.config = { startPosition: at, capLevelToPlayerSize: true, backBufferLength: 60 };
  stream.onApi = (hls) => {
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      events.onLevels(hls);
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, () => {
      events.onLevels(hls);
    });
    hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, events.onSounds);
    hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, events.onSounds);
    hls.on(Hls.Events.ERROR, (_, error) => {
      const status = error.response?.code ?? null;
      const isRefused = status === 401 || status === 403;
      if (!error.fatal && !isRefused) return;
      const isNetwork = error.type === Hls.ErrorTypes.NETWORK_ERROR;
      events.onFailure({ cause: isNetwork ? "network" : "media", status });
    });
  };
  const element = stream as unknown as HTMLVideoElement;
  const screen = (stream as unknown as { nativeEl: HTMLVideoElement }).nativeEl;
  const held = new AbortController();
  holdStart(screen, at, held);
  if (!Hls.isSupported()) {
    startAt(screen, at, held.signal);
    screen.addEventListener("error", () => {
      events.onFailure({ cause: "media", status: null });
    });
  }
  stream.setAttribute("src", url);
  return {
    element,
    screen,
    hls: () => stream.api,
    release: () => {
      held.abort();
    },
  };
}

function startAt(video: HTMLVideoElement, at: number, signal: AbortSignal): void {
  if (at <= 0) return;
  video.addEventListener(
    "loadedmetadata",
    () => {
      video.currentTime = at;
    },
    { once: true, signal },
  );
}

const MOST_HOLDS = 3;

/**
 * Hold the start: Chromium now and then forgets a seek that is made while its pipeline starts, and
 * is back at 0 without a word. Ends with the first frame at the right place, or when somebody seeks.
 */
function holdStart(screen: HTMLVideoElement, at: number, held: AbortController): void {
  if (at <= 0) return;
  let holds = 0;
  const check = (): void => {
    if (screen.seeking) return;
    if (Math.abs(screen.currentTime - at) < 1 || holds >= MOST_HOLDS) {
      held.abort();
      return;
    }
    holds += 1;
    screen.currentTime = at;
  };
  for (const event of ["seeked", "canplay", "playing"]) {
    screen.addEventListener(event, check, { signal: held.signal });
  }
}
