/** How much of a remembered upload is safe, as the server says. */
import type { UploadRecord } from "./records";
import { offsetOf, type Offset } from "./status";

type Headers = Readonly<Record<string, string>>;

/** Ask for the bytes that are safe; parts that are done are counted, and one of them asked for. */
export async function safeOf(
  record: UploadRecord,
  headers: Headers,
): Promise<Offset | "missing" | "silent"> {
  if (record.url !== null) return offsetOf(record.url, headers);
  const done = record.parts.filter(({ isDone }) => isDone);
  const [witness] = done;
  const asked = [...(witness ? [witness] : []), ...record.parts.filter(({ isDone }) => !isDone)];
  const answers = await Promise.all(asked.map(({ url }) => offsetOf(url, headers)));
  if (answers.includes("silent")) return "silent";
  const found = answers.filter((answer) => typeof answer === "object");
  if (found.length === 0 || (witness && answers[0] === "missing")) return "missing";
  const begun = witness ? answers.slice(1) : answers;
  const sent = begun.reduce((sum, one) => sum + (typeof one === "object" ? one.sent : 0), 0);
  return {
    sent: sent + done.reduce((sum, { length }) => sum + length, 0),
    expiresAt: found[0]?.expiresAt ?? null,
  };
}
