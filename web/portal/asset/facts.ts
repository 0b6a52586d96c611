/** What the probe found, in words: rows of a name and a value, for every kind. Pure. */
import { formatDuration } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";

export interface Row {
  readonly name: string;
  readonly value: string;
}

/** The part of an asset's facts that people read; rates and times are fractions as text. */
export interface MediaFacts {
  readonly container?: string;
  readonly timecode?: string | null;
  readonly camera?: string | null;
  readonly damage?: string | null;
  readonly warnings?: readonly string[];
  readonly video?: VideoFacts | null;
  readonly audio?: readonly AudioFacts[];
  readonly sequence?: SequenceFacts | null;
  readonly image?: { readonly frames: number; readonly pages?: number } | null;
  /** EBU R 128: LUFS, LU and dBTP. */
  readonly loudness?: Loudness | null;
}

interface Loudness {
  readonly integrated: number;
  readonly range: number;
  readonly peak: number;
}

interface VideoFacts {
  readonly codec: string;
  readonly profile: string | null;
  readonly bit_depth: number;
  readonly frame_rate: string;
  readonly variable_rate: boolean;
  readonly field_order: string | null;
  readonly transfer: number;
  readonly alpha: boolean;
  readonly rotation: number;
}

interface AudioFacts {
  readonly codec: string;
  readonly channels: number;
  readonly layout: string | null;
  readonly sample_rate: number;
  readonly language: string | null;
}

export interface SequenceFacts {
  readonly format: string;
  readonly version: string | null;
  readonly channels: number | null;
  readonly frames: number | null;
  readonly step_ms: number | null;
  readonly compression: string | null;
  readonly media_file: string | null;
  readonly producer: string | null;
  readonly song: string | null;
  readonly artist: string | null;
  readonly author: string | null;
  readonly sequence_type: string | null;
  readonly models: readonly string[];
  readonly model_count: number;
  readonly timings: readonly string[];
  readonly effects: number;
  readonly groups: number;
  readonly controllers: number;
  readonly submodels: number;
}

const PQ = 16;
const HLG = 18;
const { facts: names } = words.asset;

/** Return the rows of a medium; nothing of what is not known. */
export function rowsOf(facts: MediaFacts | null | undefined): Row[] {
  if (facts === null || facts === undefined) return [];
  const rows: [string, string | null | undefined][] = [
    [names.picture, facts.video && pictureOf(facts.video)],
    [names.rate, facts.video && rateOf(facts.video)],
    ...(facts.audio ?? []).map((track): [string, string] => [names.sound, soundOf(track)]),
    ...(facts.sequence ? sequenceRows(facts.sequence) : []),
    [names.loudness, facts.loudness && loudnessOf(facts.loudness)],
    [names.pages, countOf(facts.image?.pages ?? 0)],
    [names.frames, facts.image && facts.image.frames > 1 ? countOf(facts.image.frames) : null],
    [names.timecode, facts.timecode],
    [names.camera, facts.camera],
    [names.damage, facts.damage],
    ...(facts.warnings ?? []).map((warning): [string, string] => [names.warning, warning]),
  ];
  return rows.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

function pictureOf(video: VideoFacts): string {
  const range = { [PQ]: "HDR10 (PQ)", [HLG]: "HLG" }[video.transfer];
  return [
    [video.codec.toUpperCase(), video.profile].filter(Boolean).join(" "),
    `${String(video.bit_depth)} bit`,
    range,
    video.field_order === null ? null : names.interlaced,
    video.alpha ? names.alpha : null,
    video.rotation === 0 ? null : fill(names.turned, { degrees: video.rotation }),
  ]
    .filter(Boolean)
    .join(", ");
}

/** A rate as people say it: 29.97, 25, 23.976. */
export function rateOf(video: Pick<VideoFacts, "frame_rate" | "variable_rate">): string {
  const [over, under = 1] = video.frame_rate.split("/").map(Number);
  const rate = String(Number(((over ?? 0) / under).toFixed(3)));
  return fill(video.variable_rate ? names.rate_varies : names.rate_is, { rate });
}

function soundOf(track: AudioFacts): string {
  const language = track.language === "und" ? null : track.language;
  const rate = `${String(track.sample_rate / 1000)} kHz`;
  const layout = track.layout ?? count(names.channels, track.channels);
  return [track.codec.toUpperCase(), layout, rate, language].filter(Boolean).join(", ");
}

function loudnessOf({ integrated, range, peak }: Loudness): string {
  return fill(names.loudness_value, {
    integrated: integrated.toFixed(1),
    range: range.toFixed(1),
    peak: peak.toFixed(1),
  });
}

function sequenceRows(show: SequenceFacts): [string, string | null][] {
  const step = show.step_ms ?? 0;
  return [
    [names.format, [show.format.toUpperCase(), show.version].filter(Boolean).join(" ")],
    [names.lights, show.channels === null ? null : count(names.channels, show.channels)],
    [names.frames, show.frames === null ? null : framesOf(show.frames, step)],
    [names.compression, show.compression],
    [names.song, [show.artist, show.song].filter(Boolean).join(" - ")],
    [names.media_file, show.media_file],
    [names.sequence_type, show.sequence_type],
    [names.models, show.model_count === 0 ? null : namesOf(show.models, show.model_count)],
    [names.timings, show.timings.join(", ")],
    [names.effects, countOf(show.effects)],
    [names.groups, countOf(show.groups)],
    [names.submodels, countOf(show.submodels)],
    [names.controllers, countOf(show.controllers)],
    [names.author, show.author],
    [names.producer, show.producer],
  ];
}

function framesOf(frames: number, step: number): string {
  if (step === 0) return String(frames);
  const rate = String(Number((1000 / step).toFixed(3)));
  return fill(names.frames_are, { frames, rate, duration: formatDuration((frames * step) / 1000) });
}

function namesOf(models: readonly string[], all: number): string {
  const shown = models.slice(0, 12).join(", ");
  return all > 12 ? fill(names.and_more, { shown, all }) : shown;
}

function countOf(n: number): string | null {
  return n === 0 ? null : String(n);
}
