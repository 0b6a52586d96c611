/** The rows of the sound menu: each sound of the film, as the stream calls it. */
import type { QualityRow } from "./qualities";

/** What of a track of the stream its row is made of. */
export interface SoundTrack {
  readonly name: string;
}

/** Return the rows, in the order of the stream; `playing` is the place of the one that is heard. */
export function soundRows(tracks: readonly SoundTrack[], playing: number): QualityRow[] {
  return tracks.map(({ name }, place) => ({
    quality: name,
    label: name,
    note: "",
    isChosen: place === playing,
    isDisabled: false,
  }));
}

/** Return the place of the sound of this name, or -1; names are each given once. */
export function placeOf(tracks: readonly SoundTrack[], name: string | null): number {
  return name === null ? -1 : tracks.findIndex((track) => track.name === name);
}
