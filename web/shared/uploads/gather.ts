/**
 * Files out of a drop, a paste or a picker, with the paths that they have inside their folders.
 */
import type { Chosen } from "./item";

/** Read files from an input element; a folder picker tells each file's path. */
export function gatherPicked(files: Iterable<File>): Chosen[] {
  const chosen = Array.from(files, (file) => ({
    file,
    path: file.webkitRelativePath || file.name,
  }));
  return inOrder(chosen);
}

const PATHS = new Intl.Collator(undefined, { numeric: true });

/** A disk gives the files of a folder in any order: people look for them by their names. */
function inOrder(chosen: Chosen[]): Chosen[] {
  const isFolder = chosen.some(({ file, path }) => path !== file.name);
  return isFolder ? chosen.sort((one, other) => PATHS.compare(one.path, other.path)) : chosen;
}

/**
 * Read everything out of a drop or a paste, folders included.
 *
 * The entries must be taken before the first `await`: the transfer is emptied after its event.
 */
export async function gatherDropped(transfer: DataTransfer): Promise<Chosen[]> {
  const entries = Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry());
  if (entries.length === 0 || entries.some((entry) => entry === null)) {
    return gatherPicked(transfer.files);
  }
  const chosen: Chosen[] = [];
  for (const entry of entries) if (entry) await walk(entry, chosen);
  return inOrder(chosen);
}

async function walk(entry: FileSystemEntry, chosen: Chosen[]): Promise<void> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    chosen.push({ file, path: entry.fullPath.replace(/^\//, "") });
  } else if (isFolder(entry)) {
    for (const child of await readAll(entry.createReader())) await walk(child, chosen);
  }
}

/** A reader hands out at most 100 entries at a time, and an empty list at its end. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
