/**
 * One try to send one file over tus: from the server's offset to the last byte.
 *
 * Retries are the queue's business, so tus-js-client's own are off, and so is its storage.
 */
import { DetailedError, Upload } from "tus-js-client";

import type { Chosen } from "./item";
import { parseRetryAfter } from "../retry_after";

const SMALL_BYTES = 512 * 1024; // sent with the creation itself: one round trip less
const SILENT_MS = 60_000; // without a byte; there is no limit on the whole

export interface Target {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The largest body of one request; null: the whole rest at once. */
  readonly appendBytes: number | null;
  /** Goes with every creation, beside the file's own: the portal names its project here. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Trouble {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: number | null;
}

export interface Reports {
  onUrl(url: string): void;
  onProgress(sent: number): void;
  onDone(): void;
  onTrouble(trouble: Trouble): void;
}

/** A running try; `stop` ends it without a report. */
export interface Sending {
  stop(): void;
}

/** Start sending; `url` goes on with an upload that exists, null creates one. */
export function send(chosen: Chosen, url: string | null, target: Target, to: Reports): Sending {
  const watch = new Watch(() => {
    void upload.abort();
    to.onTrouble({ status: 0, body: "", retryAfter: null });
  });
  const upload = new Upload(chosen.file, {
    endpoint: url === null ? target.endpoint : null,
    uploadUrl: url,
    headers: { ...target.headers },
    metadata: { ...target.metadata, ...metadataOf(chosen) },
    ...(target.appendBytes === null ? {} : { chunkSize: target.appendBytes }),
    uploadDataDuringCreation: chosen.file.size > 0 && chosen.file.size <= SMALL_BYTES,
    retryDelays: null,
    storeFingerprintForResuming: false,
    onUploadUrlAvailable: () => {
      if (upload.url !== null) to.onUrl(upload.url);
    },
    onProgress: (sent) => {
      watch.touch();
      to.onProgress(sent);
    },
    onSuccess: () => {
      watch.end();
      to.onDone();
    },
    onError: (error) => {
      watch.end();
      to.onTrouble(troubleOf(error));
    },
  });
  upload.start();
  return {
    stop: () => {
      watch.end();
      void upload.abort();
    },
  };
}

function metadataOf({ file, path }: Chosen): Record<string, string> {
  return {
    filename: file.name,
    ...(file.type ? { filetype: file.type } : {}),
    ...(path !== file.name ? { relativePath: path } : {}),
  };
}

function troubleOf(error: Error): Trouble {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  return {
    status: answer?.getStatus() ?? 0,
    body: answer?.getBody() ?? "",
    retryAfter: parseRetryAfter(answer?.getHeader("Retry-After"), Date.now()),
  };
}

/** Rings once when nothing has moved for a minute. */
class Watch {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ring: () => void) {
    this.touch();
  }

  touch(): void {
    this.end();
    this.timer = setTimeout(this.ring, SILENT_MS);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
