import { describe, expect, it } from "vitest";

import { fingerprint, match, type Fingerprint } from "./matching";

const print = (changed: Partial<Fingerprint> = {}): Fingerprint => ({
  name: "a.mov",
  path: "card/a.mov",
  size: 10,
  lastModified: 5,
  sample: "ab",
  ...changed,
});

describe("finding the unfinished upload of a file", () => {
  it("finds the same file by its path", () => {
    const record = print();
    expect(match(print(), [print({ path: "other/a.mov" }), record])).toEqual({
      kind: "same",
      record,
    });
  });

  it("finds a file of a folder that is now chosen alone, and the other way round", () => {
    const inFolder = print();
    const alone = print({ path: "a.mov" });
    expect(match(alone, [inFolder])).toEqual({ kind: "same", record: inFolder });
    expect(match(inFolder, [alone])).toEqual({ kind: "same", record: alone });
  });

  it("takes files of one name in two folders for two files", () => {
    expect(match(print(), [print({ path: "other/a.mov" })])).toEqual({ kind: "none" });
  });

  it("knows nothing about a name it never saw", () => {
    expect(match(print({ name: "b.mov", path: "card/b.mov" }), [print()])).toEqual({
      kind: "none",
    });
  });

  it.each([
    ["size", { size: 11 }],
    ["content", { sample: "cd" }],
  ] as const)("names %s as what differs", (field, changed) => {
    const record = print();
    expect(match(print(changed), [record])).toEqual({ kind: "differs", record, field });
  });

  it("lets the date pass where the content agrees: a copy keeps its bytes", () => {
    expect(match(print({ lastModified: 6 }), [print()]).kind).toBe("same");
  });

  it.each([
    [{ sample: null, lastModified: 6 }, {}],
    [{ lastModified: 6 }, { sample: null }],
  ])("goes by the date where the content cannot be compared", (file, record) => {
    const kept = print(record);
    expect(match(print(file), [kept])).toEqual({ kind: "differs", record: kept, field: "date" });
  });

  it("does not blame another path for a difference", () => {
    expect(match(print({ path: "a.mov", size: 11 }), [print()])).toEqual({ kind: "none" });
  });
});

describe("describing a file", () => {
  const MIB = 1 << 20;

  it("reads a small file whole", async () => {
    const file = new File(["abc"], "a.txt", { lastModified: 7 });
    expect(await fingerprint(file, "in/a.txt")).toEqual({
      name: "a.txt",
      path: "in/a.txt",
      size: 3,
      lastModified: 7,
      sample: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
  });

  it("sees a change at either end of a large one, and reads no more than that", async () => {
    const bytes = new Uint8Array(4 * MIB);
    const sampleWith = async (place: number): Promise<string | null> => {
      const changed = bytes.slice();
      changed[place] = 1;
      return (await fingerprint(new File([changed], "a"), "a")).sample;
    };
    const plain = (await fingerprint(new File([bytes], "a"), "a")).sample;
    expect(await sampleWith(MIB - 1)).not.toBe(plain);
    expect(await sampleWith(3 * MIB)).not.toBe(plain);
    expect(await sampleWith(2 * MIB)).toBe(plain);
  });
});
