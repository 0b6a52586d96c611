/** What was received, as a person keeps it: text, CSV or JSON. Pure, but for `ReceiptLine` itself. */
import { formatMoment, formatSize } from "../shared/format";

export interface ReceiptLine {
  readonly name: string;
  readonly path: string;
  readonly size_bytes: number;
  /** `sha-256:hex` from the server; null while it is being computed. */
  readonly digest: string | null;
  /** RFC 3339, UTC. */
  readonly received_at: string;
}

export interface Receipt {
  readonly link: string;
  readonly name: string;
  readonly lines: readonly ReceiptLine[];
}

export const KINDS = ["txt", "csv", "json"] as const;
export type Kind = (typeof KINDS)[number];

export const MEDIA_TYPES: Readonly<Record<Kind, string>> = {
  txt: "text/plain",
  csv: "text/csv",
  json: "application/json",
};

/** Write the receipt in one of its forms. */
export function writeReceipt(receipt: Receipt, kind: Kind): string {
  if (kind === "json") return `${JSON.stringify(receipt, null, 2)}\n`;
  return kind === "csv" ? asTable(receipt) : asText(receipt);
}

function asText({ link, name, lines }: Receipt): string {
  const head = [name, link, ""];
  const body = lines.flatMap((line) => [
    line.path,
    `  ${formatSize(line.size_bytes)} (${line.size_bytes} B), ${formatMoment(line.received_at)}`,
    `  ${line.digest ?? "-"}`,
  ]);
  return `${[...head, ...body].join("\n")}\n`;
}

function asTable({ link, lines }: Receipt): string {
  const head = ["path", "size_bytes", "digest", "received_at", "link"];
  const body = lines.map((line) => [
    line.path,
    String(line.size_bytes),
    line.digest ?? "",
    line.received_at,
    link,
  ]);
  return [head, ...body].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** Quote a cell; a leading `= + - @` would run as a formula in a spreadsheet. */
function quoted(cell: string): string {
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Return the hexadecimal part of a digest, in groups that an eye can compare. */
export function readableDigest(digest: string): string {
  const hex = digest.replace(/^sha-256:/, "");
  return hex.match(/.{1,8}/g)?.join(" ") ?? hex;
}
