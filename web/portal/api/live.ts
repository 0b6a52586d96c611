/**
 * The live stream in the portal: what changed is asked for again at once, and nothing is asked for
 * by the clock while it flows. Where it does not flow, the queries look by themselves.
 *
 * One tab of a browser listens and tells the others: HTTP/1.1 gives six connections to a host.
 */
import type { QueryClient } from "@tanstack/react-query";

import { keysOf, readNews, type Key } from "./news";

const ADDRESS = "/api/v1/live";
const NAME = "rushes-live";
const TOGETHER_MS = 500; // news of this time makes one look
const BUSY_MS = 2000;
const QUIET_MS = 15_000;
const AGAIN_MS = 15_000; // a browser does not come back to a server that refused it once
const LIVE_MS = 60_000; // beside the stream, in case that something was lost on the way

/** What the tab that listens tells the others. */
type Told = { readonly news: string } | { readonly flows: boolean } | { readonly asks: true };

let flows = false;

/** How long to wait before something is looked at again, which may change soon or may not. */
export function pause(isBusy: boolean): number {
  if (flows) return LIVE_MS;
  return isBusy ? BUSY_MS : QUIET_MS;
}

/** Listen until the function that is returned is called. */
export function listen(queries: QueryClient): () => void {
  const stop = new AbortController();
  const old = new Old(queries);
  const channel = new BroadcastChannel(NAME);
  const hear = (told: Told): void => {
    if ("news" in told) old.add(told.news);
    else if ("flows" in told && told.flows !== flows) {
      flows = told.flows;
      void queries.invalidateQueries(); // what was missed meanwhile, and the next look is timed anew
    }
  };
  const tell = (told: Told): void => {
    hear(told);
    channel.postMessage(told);
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    hear(data);
  });
  channel.postMessage({ asks: true });
  const lead = (): Promise<void> => readStream(channel, tell, stop.signal);
  // Without TLS there are no locks: then each tab listens for itself.
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  if (locks === undefined) void lead();
  else locks.request(NAME, { signal: stop.signal }, lead).catch(() => undefined);
  stop.signal.addEventListener("abort", () => {
    old.end();
    channel.close();
    flows = false;
  });
  return () => {
    stop.abort();
  };
}

/** Read the stream as the one tab that does; the promise ends with `signal`. */
function readStream(
  channel: BroadcastChannel,
  tell: (told: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    source = new EventSource(ADDRESS);
    source.addEventListener("open", () => {
      tell({ flows: true });
    });
    source.addEventListener("error", () => {
      tell({ flows: false });
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    });
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      tell({ news: data });
    });
  };
  open();
  channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if ("asks" in data) channel.postMessage({ flows: source.readyState === EventSource.OPEN });
  });
  return new Promise((end) => {
    signal.addEventListener("abort", () => {
      clearTimeout(again);
      source.close();
      end();
    });
  });
}

/** Queries that news made old; those of a moment are asked again together. */
class Old {
  readonly #keys = new Map<string, Key>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;

  constructor(private readonly queries: QueryClient) {}

  add(text: string): void {
    const news = readNews(text);
    if (news === null) return;
    for (const key of keysOf(news)) this.#keys.set(key.join(" "), key);
    this.#plan();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#keys.size === 0 || this.#hasEnded) return;
    this.#timer ??= setTimeout(() => void this.#look(), TOGETHER_MS);
  }

  /** Ask again; what comes meanwhile waits, as asking anew would end a look that still goes on. */
  async #look(): Promise<void> {
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    await Promise.all(keys.map((queryKey) => this.queries.invalidateQueries({ queryKey })));
    this.#timer = undefined;
    this.#plan();
  }
}
