/** One request that can be watched and given up: fetch tells nothing of a body that leaves. */
export interface Answer {
  /** 0 when no answer came. */
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
}

export interface Exchange {
  readonly answer: Promise<Answer>;
  stop(): void;
}

export interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob | null;
  readonly onSent?: (bytes: number) => void;
  /** Milliseconds for the whole; without them it has no end of its own. */
  readonly timeoutMs?: number;
}

/** Ask; the answer never fails, a lost line is status 0, and so is one that took too long. */
export function exchange({ method, url, headers, body, onSent, timeoutMs }: Question): Exchange {
  const request = new XMLHttpRequest();
  const answer = new Promise<Answer>((tell) => {
    request.addEventListener("loadend", () => {
      tell({
        status: request.status,
        body: request.responseText,
        header: (name) => request.getResponseHeader(name),
      });
    });
  });
  // A listener on `upload` is added before `open`: some browsers look only then.
  if (body && onSent) {
    request.upload.addEventListener("progress", (event) => {
      onSent(event.loaded);
    });
  }
  request.open(method, url);
  request.timeout = timeoutMs ?? 0;
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.send(body ?? null);
  return {
    answer,
    stop: () => {
      request.abort();
    },
  };
}
