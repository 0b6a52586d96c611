import { expect, test } from "vitest";

import { gatherDropped, gatherPicked } from "./gather";

function fileEntry(path: string): FileSystemEntry {
  const file = new File([path], path.split("/").at(-1) ?? "");
  return {
    isFile: true,
    isDirectory: false,
    fullPath: path,
    file: (tell: (file: File) => void) => {
      tell(file);
    },
  } as unknown as FileSystemEntry;
}

/** A folder whose reader hands out a hundred entries at a time, as browsers do. */
function folderEntry(path: string, children: readonly FileSystemEntry[]): FileSystemEntry {
  let given = 0;
  const readEntries = (tell: (entries: FileSystemEntry[]) => void): void => {
    const some = children.slice(given, given + 100);
    given += some.length;
    tell(some);
  };
  const createReader = (): unknown => ({ readEntries });
  return {
    isFile: false,
    isDirectory: true,
    fullPath: path,
    createReader,
  } as unknown as FileSystemEntry;
}

function dropOf(entries: readonly (FileSystemEntry | null)[], files: File[] = []): DataTransfer {
  const items = entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry }));
  return { items, files } as unknown as DataTransfer;
}

test("a folder of a thousand files is read to its end, with its paths", async () => {
  const files = Array.from({ length: 1000 }, (_, n) => fileEntry(`/card/day 1/${String(n)}.jpg`));
  const day = folderEntry("/card/day 1", files);
  const found = await gatherDropped(dropOf([folderEntry("/card", [day]), fileEntry("/a.mov")]));
  expect(found).toHaveLength(1001);
  expect(new Set(found.map(({ path }) => path)).size).toBe(1001);
  // in the order in which people read names, whatever the disk says
  expect(found[0]?.path).toBe("a.mov");
  expect(found[2]?.path).toBe("card/day 1/1.jpg");
  expect(found[11]?.path).toBe("card/day 1/10.jpg");
  expect(found[1000]?.path).toBe("card/day 1/999.jpg");
});

test("where there are no entries the files themselves are taken", async () => {
  const file = new File(["x"], "x.mov");
  expect(await gatherDropped(dropOf([null], [file]))).toEqual([{ file, path: "x.mov" }]);
  expect(await gatherDropped(dropOf([], [file]))).toEqual([{ file, path: "x.mov" }]);
});

test("a picked folder tells its paths, picked files their names", () => {
  const inside = new File(["x"], "x.mov");
  Object.defineProperty(inside, "webkitRelativePath", { value: "card/x.mov" });
  expect(gatherPicked([inside])).toEqual([{ file: inside, path: "card/x.mov" }]);
});
