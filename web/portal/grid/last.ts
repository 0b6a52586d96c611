/** The filters the library was left with: the way back from an asset leads to them. */
import type { LibraryFilter } from "../api/queries";

let last: LibraryFilter = {};

export function keepFilter(filter: LibraryFilter): void {
  last = filter;
}

export function lastFilter(): LibraryFilter {
  return last;
}
