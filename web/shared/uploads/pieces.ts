/**
 * How a file is cut: a small one is one piece, a large one several, which are sent side by side
 * and joined on the server.
 *
 * Parts begin on the server's own blocks and are handed out in their order, so that what is read
 * in order there, read in order is.
 */
const MIB = 1024 * 1024;
export const LARGE_BYTES = 64 * MIB; // up to here one request is as good
const PART_BYTES = 32 * MIB; // a multiple of the server's block of 16 MiB
const MOST_PARTS = 128; // their ids make one header, and proxies take 8 KiB of a header
export const DIRECT_BYTES = 16 * MIB; // one part; up to here a bucket takes a file by one PUT
const MOST_DIRECT_PARTS = 10_000; // of one S3 object

export interface Piece {
  readonly start: number;
  readonly length: number;
  /** Whether it is the request that makes one upload of all parts; it carries no bytes. */
  readonly isJoin: boolean;
  url: string | null;
  /** An address that answered 404: given up only once there is a new one. */
  formerUrl: string | null;
  /** Bytes of it that have left; falls back to the server's offset on a retry. */
  sent: number;
  isDone: boolean;
  failures: number;
  /** Milliseconds since the epoch at which its next try starts. */
  retryAt: number | null;
}

/** What is remembered of a part of a large file. */
export interface Part {
  readonly start: number;
  readonly length: number;
  readonly url: string;
  readonly isDone: boolean;
}

/** Cut a file; `canJoin` says whether the server joins parts. */
export function cut(size: number, canJoin: boolean): Piece[] {
  if (size <= LARGE_BYTES || !canJoin) return [newPiece(0, size)];
  return cutEvery(size, PART_BYTES * Math.ceil(size / (PART_BYTES * MOST_PARTS)));
}

function cutEvery(size: number, length: number): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < size; start += length) {
    pieces.push(newPiece(start, Math.min(length, size - start)));
  }
  return [...pieces, newPiece(size, 0, true)];
}

/** Bytes of a part that goes straight to a bucket, as the server reckons them. */
export function partBytesOf(size: number): number {
  return DIRECT_BYTES * Math.max(1, Math.ceil(size / (DIRECT_BYTES * MOST_DIRECT_PARTS)));
}

/** Cut a file for a bucket; its last piece says there that all parts are sent. */
export function cutDirect(size: number): Piece[] {
  return cutEvery(size, partBytesOf(size));
}

/** Cut a file as it was cut before; parts without an address are there to be begun. */
export function recut(size: number, parts: readonly Part[]): Piece[] {
  const pieces = cut(size, true);
  for (const part of parts) {
    const piece = pieces.find(
      ({ start, length }) => start === part.start && length === part.length,
    );
    if (piece === undefined) continue;
    piece.url = part.url;
    piece.isDone = part.isDone;
    if (part.isDone) piece.sent = piece.length;
  }
  return pieces;
}

/** Return what there is to remember of the parts of a file. */
export function partsOf(pieces: readonly Piece[]): Part[] {
  return pieces.flatMap(({ start, length, url, isDone, isJoin }) =>
    url === null || isJoin ? [] : [{ start, length, url, isDone }],
  );
}

/** The first piece that may be sent now, in their order; the join comes after all others. */
export function nextPiece(
  pieces: readonly Piece[],
  isBusy: (piece: Piece) => boolean,
  now: number,
): Piece | null {
  const open = pieces.filter(({ isDone }) => !isDone);
  const next = open.find((piece) => !isBusy(piece) && (piece.retryAt ?? 0) <= now);
  return next === undefined || (next.isJoin && open.length > 1) ? null : next;
}

/** Bytes of a file that have left. */
export function sentOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { sent }) => sum + sent, 0);
}

function newPiece(start: number, length: number, isJoin = false): Piece {
  return {
    start,
    length,
    isJoin,
    url: null,
    formerUrl: null,
    sent: 0,
    isDone: false,
    failures: 0,
    retryAt: null,
  };
}
