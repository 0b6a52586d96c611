/**
 * Growth: a stream takes in the rungs that were finished since it was opened, and plays on.
 *
 * hls.js reads the list of qualities once. A second, silent one reads it anew; what it found joins
 * the levels of the first, as hls.js itself does when it drops one: indexes are given out again,
 * and everybody is told. Nothing that is buffered is touched.
 */
import { Hls } from "hls-video-element";
import type { Level } from "hls.js";

/** What of a level its place is decided by. */
export type Sized = Pick<Level, "height" | "width" | "bitrate">;

/** Return the levels with those that are new among `fresh`, the smallest first. */
export function joinLevels<L extends Sized>(known: readonly L[], fresh: readonly L[]): L[] {
  const isNew = (one: L): boolean =>
    !known.some(({ height, width }) => height === one.height && width === one.width);
  return [...known, ...fresh.filter(isNew)].sort(
    (one, other) => one.height - other.height || one.bitrate - other.bitrate,
  );
}

/** Take the levels at this address into a stream; the choice and the place stay as they are. */
export async function grow(hls: Hls, url: string): Promise<void> {
  const fresh = await readLevels(url);
  const known = hls.levels;
  const levels = joinLevels(known, fresh);
  if (levels.length === known.length || hls.media === null) return;
  const current = known[hls.loadLevel];
  const isChosen = !hls.autoLevelEnabled;
  levels.forEach((level, index) => {
    for (const fragment of level.details?.fragments ?? []) fragment.level = index;
  });
  hls.trigger(Hls.Events.LEVELS_UPDATED, { levels });
  if (current === undefined) return;
  const index = levels.indexOf(current);
  if (isChosen) hls.loadLevel = index;
  else hls.nextLoadLevel = index;
}

function readLevels(url: string): Promise<readonly Level[]> {
  return new Promise((resolve) => {
    const reader = new Hls({ autoStartLoad: false });
    const end = (levels: readonly Level[]): void => {
      resolve(levels);
      window.setTimeout(() => {
        reader.destroy();
      });
    };
    reader.on(Hls.Events.MANIFEST_PARSED, (_, { levels }) => {
      end([...levels]);
    });
    reader.on(Hls.Events.ERROR, (_, { fatal }) => {
      if (fatal) end([]);
    });
    reader.loadSource(url);
  });
}
