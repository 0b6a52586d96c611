/**
 * What this browser remembers of uploads that are not finished, in IndexedDB.
 *
 * A record lives from the creation of an upload until the server has the file, or says that it
 * does not know it (404, 410). A cancel that could not be told to the server stays as a wish; what
 * has arrived of many files stays until all have, for a day at most.
 */
import { isDirect } from "./direct";
import type { Fingerprint } from "./matching";
import type { Part } from "./pieces";

export interface UploadRecord extends Fingerprint {
  /** The address of an upload, or the group of one that is sent in parts. */
  readonly id: string;
  /** The address of the whole; null while there are only parts of it. */
  readonly url: string | null;
  readonly group: string | null;
  readonly parts: readonly Part[];
  /** Where it was sent: an upload link's path, or the portal. */
  readonly place: string;
  readonly createdAt: number;
  readonly cancelled: boolean;
  /** The server has it, and others that were chosen with it may be unfinished. */
  readonly arrived?: boolean;
}

const DATABASE = "rushes";
const STORE = "uploads";
const FORM = 2; // 1 had no parts, and the address as its key

export class Records {
  private constructor(
    private readonly endpoint: string,
    private readonly database: IDBDatabase | null,
  ) {}

  /**
   * Open the memory; a browser that forbids it (private mode) gets one that forgets.
   *
   * `endpoint` is where uploads are begun now: those that were begun before are found there too.
   */
  static async open(
    endpoint: string,
    factory = (globalThis as { indexedDB?: IDBFactory }).indexedDB,
  ): Promise<Records> {
    try {
      const request = factory?.open(DATABASE, FORM);
      if (!request) return new Records(endpoint, null);
      request.onupgradeneeded = ({ oldVersion }) => {
        upgrade(request, oldVersion);
      };
      return new Records(endpoint, await settled(request));
    } catch {
      return new Records(endpoint, null);
    }
  }

  /** Return all records of one place, oldest first. */
  async list(place: string): Promise<UploadRecord[]> {
    if (!this.database) return [];
    const store = this.database.transaction(STORE).objectStore(STORE);
    const found = await settled(store.index("place").getAll(place) as IDBRequest<UploadRecord[]>);
    return found
      .sort((one, other) => one.createdAt - other.createdAt)
      .map((record) => movedTo(this.endpoint, record));
  }

  /** Write a record, over an older one of the same upload. */
  async keep(record: UploadRecord): Promise<void> {
    if (!this.database) return;
    await settled(this.database.transaction(STORE, "readwrite").objectStore(STORE).put(record));
  }

  /** Forget an upload. */
  async forget(id: string): Promise<void> {
    if (!this.database) return;
    await settled(this.database.transaction(STORE, "readwrite").objectStore(STORE).delete(id));
  }
}

function upgrade({ result, transaction }: IDBOpenDBRequest, from: number): void {
  const make = (): IDBObjectStore => {
    const store = result.createObjectStore(STORE, { keyPath: "id" });
    store.createIndex("place", "place");
    return store;
  };
  if (from === 0 || transaction === null) {
    make();
    return;
  }
  const known = transaction.objectStore(STORE).getAll() as IDBRequest<UploadRecord[]>;
  known.onsuccess = () => {
    result.deleteObjectStore(STORE);
    const store = make();
    for (const record of known.result) {
      store.put({ ...record, id: record.url, group: null, parts: [] });
    }
  };
}

/**
 * A server may get another address for its uploads: only the path of a remembered one counts.
 *
 * Those that go straight into a bucket are begun, and gone on with, at the page's own address.
 */
export function movedTo(endpoint: string, record: UploadRecord): UploadRecord {
  const move = (url: string): string => {
    const base = new URL(isDirect(url) ? "/" : endpoint, location.href);
    return base.origin + new URL(url, base).pathname;
  };
  return {
    ...record,
    url: record.url === null ? null : move(record.url),
    parts: record.parts.map((part) => ({ ...part, url: move(part.url) })),
  };
}

/** Every address that a record knows, the whole's first. */
export function addressesOf({ url, parts }: Pick<UploadRecord, "url" | "parts">): string[] {
  return [...(url === null ? [] : [url]), ...parts.map((part) => part.url)];
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("IndexedDB gave no reason."));
    };
  });
}
