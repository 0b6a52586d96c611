/**
 * One file that goes straight into the archive's bucket: its upload here, and the addresses that
 * the server signs for its parts. A file of one part goes by one PUT, of no multipart.
 *
 * An address is good for 15 minutes; it is used for ten, then asked for anew.
 */
import { parseRetryAfter } from "../retry_after";
import { exchange, type Answer } from "./exchange";
import { DIRECT_BYTES, partBytesOf } from "./pieces";
import type { Trouble } from "./send";

const SIGNED_AT_ONCE = 16;
const FRESH_MS = 10 * 60_000;
const TRIES = 2; // of one part, where nothing has reached the bucket yet
const TRIES_AFTER_SUCCESS = 8; // an outage of some minutes is not worth sending all again
const ANSWER_MS = 60_000; // a silent server must not keep one of the browser's connections
const PLACE = /\/s3\/multipart\/[^/]+$/;

/** Raised with what the server said where an upload cannot go on now. */
export class Failed extends Error {
  constructor(readonly trouble: Trouble) {
    super();
  }
}

/** What is told of a file when its upload begins. */
export interface Beginning {
  readonly filename: string;
  readonly type: string;
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Told once, by the call that really asked. */
export interface Opening {
  onUrl(url: string, isWhole: boolean): void;
  /** What the bucket holds already: bytes by where the part begins. */
  onHeld(held: ReadonlyMap<number, number>): void;
}

interface Address {
  readonly url: string;
  readonly until: number;
}

/** Say whether an address is that of a direct upload. */
export function isDirect(url: string | null): boolean {
  return url !== null && PLACE.test(new URL(url, location.href).pathname);
}

export class Direct {
  private readonly addresses = new Map<number, Address>();
  private readonly failures = new Map<number, number>();
  private opening: Promise<void> | null = null;
  private signing: Promise<void> | null = null;
  private hasArrived = false;

  /** `base` is where direct uploads begin; `url` that of one that was begun before. */
  constructor(
    private readonly size: number,
    private readonly base: string,
    private readonly headers: Readonly<Record<string, string>>,
    private url: string | null = null,
  ) {}

  /** The number of the part that begins at a byte; they count from 1. */
  numberOf(start: number): number {
    return start / partBytesOf(this.size) + 1;
  }

  /** Begin the upload, or find what is there of it: once for all parts, again where it failed. */
  open(file: Beginning, to: Opening): Promise<void> {
    this.opening ??= this.start(file, to).catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  private async start(file: Beginning, to: Opening): Promise<void> {
    if (this.url !== null) {
      const held = parse(await this.ask("GET", this.url)) as readonly Held[];
      const partBytes = partBytesOf(this.size);
      to.onHeld(new Map(held.map((part) => [(part.PartNumber - 1) * partBytes, part.Size])));
      return;
    }
    const id = await (this.size <= DIRECT_BYTES ? this.beginSingle(file) : this.beginParts(file));
    this.url = new URL(`${this.base}/multipart/${id}`, location.href).href;
    to.onUrl(this.url, false);
  }

  private async beginParts(file: Beginning): Promise<string> {
    const begun = parse(await this.ask("POST", `${this.base}/multipart`, file)) as Begun;
    for (const [number, url] of Object.entries(begun.urls ?? {})) this.keep(Number(number), url);
    return begun.uploadId;
  }

  private async beginSingle({ filename, type, size, metadata }: Beginning): Promise<string> {
    const told = new URLSearchParams({ filename, type, size: String(size) });
    for (const [key, value] of Object.entries(metadata)) told.append(`metadata[${key}]`, value);
    const begun = parse(await this.ask("GET", `${this.base}/params?${told.toString()}`)) as Single;
    this.keep(1, begun.url);
    return begun.id;
  }

  /** Return an address for the part that begins at a byte; those behind it are signed with it. */
  async addressOf(start: number): Promise<string> {
    const number = this.numberOf(start);
    for (;;) {
      const known = this.addresses.get(number);
      if (known !== undefined && Date.now() < known.until) return known.url;
      this.signing ??= this.sign(number).finally(() => {
        this.signing = null;
      });
      await this.signing;
    }
  }

  private async sign(first: number): Promise<void> {
    const last = Math.ceil(this.size / partBytesOf(this.size));
    const count = Math.min(SIGNED_AT_ONCE, last - first + 1);
    const numbers = Array.from({ length: count }, (_, more) => first + more);
    const signed = parse(
      await this.ask("POST", `${this.place}/sign`, { part_numbers: numbers }),
    ) as Signed;
    for (const { number, url } of signed.parts) this.keep(number, url);
  }

  /** The bucket does not hold what it should: the next part asks what is there. */
  lookAgain(): void {
    this.opening = null;
  }

  /** All addresses were refused: the next part asks for new ones. */
  forgetAddresses(): void {
    this.addresses.clear();
  }

  /** Say that all parts are there. */
  async complete(): Promise<void> {
    await this.ask("POST", `${this.place}/complete`, {});
  }

  /** A part is in the bucket: the way is open. */
  arrived(): void {
    this.hasArrived = true;
    this.failures.clear();
  }

  /** A part did not get through to the bucket; true where the file should go another way. */
  failed(start: number): boolean {
    const count = (this.failures.get(start) ?? 0) + 1;
    this.failures.set(start, count);
    return count >= (this.hasArrived ? TRIES_AFTER_SUCCESS : TRIES);
  }

  private keep(number: number, url: string): void {
    this.addresses.set(number, { url, until: Date.now() + FRESH_MS });
  }

  private get place(): string {
    return this.url ?? "";
  }

  private async ask(method: string, url: string, body?: unknown): Promise<Answer> {
    const answer = await exchange({
      method,
      url,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...this.headers,
      },
      body: body === undefined ? null : new Blob([JSON.stringify(body)]),
      timeoutMs: ANSWER_MS,
    }).answer;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Failed(troubleOf(answer));
  }
}

/** What the server said, as the queue takes it. */
export function troubleOf(answer: Answer): Trouble {
  const retryAfter = parseRetryAfter(answer.header("Retry-After"), Date.now());
  return { status: answer.status, body: answer.body, retryAfter };
}

interface Held {
  readonly PartNumber: number;
  readonly Size: number;
}

interface Begun {
  readonly uploadId: string;
  readonly urls?: Readonly<Record<string, string>>;
}

interface Single {
  readonly id: string;
  readonly url: string;
}

interface Signed {
  readonly parts: readonly { readonly number: number; readonly url: string }[];
}

/** The pages and the server are of one version, so the form of a good answer is trusted. */
function parse({ body }: Answer): unknown {
  return JSON.parse(body);
}
