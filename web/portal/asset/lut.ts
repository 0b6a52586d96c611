/** Names of LUTs: what is left of a file's name in the letters that the API takes. */

const LONGEST = 40;

/** Return the name under which a `.cube` file is kept; `lut` where nothing of its name is left. */
export function lutNameOf(fileName: string): string {
  const plain = fileName
    .toLowerCase()
    .replace(/\.cube$/, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, "");
  return plain === "" ? "lut" : plain;
}
