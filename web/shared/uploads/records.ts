/**
 * What this browser remembers of uploads that are not finished, in IndexedDB.
 *
 * A record lives from the creation of an upload until the server has the file, or says that it
 * does not know it (404, 410). A cancel that could not be told to the server stays as a wish.
 */
import type { Fingerprint } from "./matching";

export interface UploadRecord extends Fingerprint {
  readonly url: string;
  /** Where it was sent: an upload link's path, or the portal. */
  readonly place: string;
  readonly createdAt: number;
  readonly cancelled: boolean;
}

const DATABASE = "rushes";
const STORE = "uploads";

export class Records {
  private constructor(private readonly database: IDBDatabase | null) {}

  /** Open the memory; a browser that forbids it (private mode) gets one that forgets. */
  static async open(
    factory = (globalThis as { indexedDB?: IDBFactory }).indexedDB,
  ): Promise<Records> {
    try {
      const request = factory?.open(DATABASE, 1);
      if (!request) return new Records(null);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: "url" }).createIndex("place", "place");
      };
      return new Records(await settled(request));
    } catch {
      return new Records(null);
    }
  }

  /** Return all records of one place, oldest first. */
  async list(place: string): Promise<UploadRecord[]> {
    if (!this.database) return [];
    const store = this.database.transaction(STORE).objectStore(STORE);
    const found = await settled(store.index("place").getAll(place) as IDBRequest<UploadRecord[]>);
    return found.sort((one, other) => one.createdAt - other.createdAt);
  }

  /** Write a record, over an older one of the same upload. */
  async keep(record: UploadRecord): Promise<void> {
    if (!this.database) return;
    await settled(this.database.transaction(STORE, "readwrite").objectStore(STORE).put(record));
  }

  /** Forget an upload. */
  async forget(url: string): Promise<void> {
    if (!this.database) return;
    await settled(this.database.transaction(STORE, "readwrite").objectStore(STORE).delete(url));
  }
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
