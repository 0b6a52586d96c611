/** What this browser knows of the unfinished uploads of one place, and what it has in hand of them. */
import { discard } from "./cancelling";
import { Direct, isDirect } from "./direct";
import type { Item } from "./item";
import { fingerprint, match, type Fingerprint } from "./matching";
import { cut, cutDirect, partsOf, recut, sentOf } from "./pieces";
import type { Records, UploadRecord } from "./records";
import { claim, claimed } from "./tabs";

const ARRIVED_MS = 24 * 3_600_000; // a choice that broke off is gone on with for a day

export class Memory {
  private known: UploadRecord[] = [];
  /** What an earlier visit has sent of a choice that it did not finish. */
  private whole: UploadRecord[] = [];
  /** What this one has sent of the files that it was given. */
  private readonly sent = new Set<string>();
  private readonly claims = new Map<string, () => void>();

  constructor(
    private readonly records: Records,
    private readonly place: string,
    private readonly headers: Readonly<Record<string, string>>,
    /** Where uploads begin that go straight into a bucket. */
    private readonly direct: string | null,
  ) {}

  /** Tell it what was found in the browser's database. */
  remember(records: readonly UploadRecord[]): void {
    this.known = records.filter(({ arrived }) => arrived !== true);
    const since = Date.now() - ARRIVED_MS;
    this.whole = records.filter(({ arrived, createdAt }) => arrived === true && createdAt > since);
    for (const { arrived, createdAt, id } of records) {
      if (arrived === true && createdAt <= since) void this.records.forget(id);
    }
  }

  /**
   * Find the unfinished upload of a file before its first byte, and let it go on from there.
   *
   * Returns the code of a refusal where the file was changed, or is sent by another tab.
   */
  async recall(item: Item): Promise<string | null> {
    item.print ??= await fingerprint(item.file, item.path);
    if (item.pieces.length > 0 || item.anew) return null;
    const found = match(item.print, this.known);
    if (found.kind === "differs") return `resume.${found.field}`;
    if (found.kind === "none") {
      this.recallWhole(item, item.print);
      return null;
    }
    if ((await claimed()).has(found.record.id)) return "resume.elsewhere";
    this.known = this.known.filter((record) => record !== found.record);
    this.adopt(item, found.record);
    return null;
  }

  /** A file that arrived before is asked for at its address: not a byte goes, if it is there. */
  private recallWhole(item: Item, print: Fingerprint): void {
    const found = match(print, this.whole);
    if (found.kind !== "same" || found.record.path !== print.path) return;
    this.whole = this.whole.filter((record) => record !== found.record);
    this.adopt(item, found.record);
  }

  private adopt(item: Item, record: UploadRecord): void {
    item.recordId = record.id;
    item.url = record.url;
    item.group = record.group;
    if (isDirect(record.url)) {
      item.direct = new Direct(record.size, this.direct ?? "", this.headers, record.url);
      item.pieces = cutDirect(record.size);
    } else if (record.group === null) {
      item.pieces = cut(record.size, false);
      for (const piece of item.pieces) piece.url = record.url;
    } else item.pieces = recut(record.size, record.parts);
    item.resumedFrom = sentOf(item.pieces);
    item.sent = item.resumedFrom;
    this.take(record.id);
  }

  /** Write down where an upload stands. */
  async keep(item: Item): Promise<void> {
    const record = this.recordOf(item);
    if (record === null) return;
    if (item.recordId !== null && item.recordId !== record.id) void this.forget(item);
    item.recordId = record.id;
    this.take(record.id);
    await this.records.keep(record);
  }

  /** A file has arrived: it is remembered as that until `end`, for its page may be closed. */
  async finish(item: Item): Promise<void> {
    const record = this.recordOf(item);
    const before = item.recordId;
    item.recordId = null;
    if (before !== null) this.letGo(before);
    const url = record?.url ?? null;
    if (record !== null && url !== null) {
      this.sent.add(url);
      await this.records.keep({ ...record, id: url, group: null, parts: [], arrived: true });
    }
    if (before !== null && before !== url) await this.records.forget(before);
  }

  /** All files came to their end: who chooses them again wants them sent again. */
  async end(): Promise<void> {
    const ids = [...this.sent];
    this.sent.clear();
    for (const id of ids) await this.records.forget(id);
  }

  /** Nothing is unfinished any more. */
  async forget(item: Item): Promise<void> {
    const { recordId } = item;
    item.recordId = null;
    if (recordId === null) return;
    this.letGo(recordId);
    await this.records.forget(recordId);
  }

  /** A file leaves the list, but its upload may go on when it is chosen again. */
  putBack(item: Item): void {
    const { recordId } = item;
    const record = this.recordOf(item);
    if (recordId === null || record === null) return;
    this.letGo(recordId);
    this.known.push({ ...record, id: recordId }); // it may have been begun at another address
  }

  /** Give an upload up, also at the server. */
  async discard(item: Item): Promise<void> {
    const record = this.recordOf(item);
    if (record === null) return;
    const id = item.recordId ?? record.id; // it may have been begun at another address
    item.recordId = null;
    this.letGo(id);
    await discard({ ...record, id }, this.records, this.headers);
  }

  private recordOf(item: Item): UploadRecord | null {
    const { print, group, pieces } = item;
    const url = item.url ?? (group === null ? (pieces[0]?.url ?? null) : null);
    const id = group ?? url;
    if (print === null || id === null) return null;
    const parts = group === null ? [] : partsOf(pieces);
    const { place } = this;
    return { ...print, id, url, group, parts, place, createdAt: Date.now(), cancelled: false };
  }

  private take(id: string): void {
    if (!this.claims.has(id)) this.claims.set(id, claim(id));
  }

  private letGo(id: string): void {
    this.claims.get(id)?.();
    this.claims.delete(id);
  }
}
