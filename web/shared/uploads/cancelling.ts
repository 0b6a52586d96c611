/** Cancels, told to the server: every address of an upload, and again later where it was away. */
import { addressesOf, type Records, type UploadRecord } from "./records";
import { terminate } from "./status";

type Headers = Readonly<Record<string, string>>;

/** Give an upload up. It is remembered as a wish until the server knows. */
export async function discard(
  record: UploadRecord,
  records: Records,
  headers: Headers,
): Promise<void> {
  await records.keep({ ...record, cancelled: true });
  await tell(record, records, headers);
}

/** Tell the cancels that the server has not heard of yet. */
export async function tellCancelled(
  place: string,
  records: Records,
  headers: Headers,
): Promise<void> {
  for (const record of await records.list(place)) {
    if (record.cancelled) await tell(record, records, headers);
  }
}

async function tell(record: UploadRecord, records: Records, headers: Headers): Promise<void> {
  for (const url of addressesOf(record)) {
    if (!(await terminate(url, headers))) return;
  }
  await records.forget(record.id);
}
