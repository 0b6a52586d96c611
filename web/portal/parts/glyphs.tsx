/** The glyphs of the portal: one stroke, 20 px, drawn for this house. */
import type { ReactNode } from "react";

const PATHS = {
  library: "M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z",
  links:
    "M8.5 11.5l3-3M9 6l1.5-1.5a3.2 3.2 0 0 1 4.6 4.600L13.5 10.5M11 14l-1.5 1.5a3.2 3.2 0 0 1-4.6-4.600L6.5 9.5",
  shares: "M10 12V3M6.5 6L10 2.500 13.500 6M5 9v8h10V9",
  jobs: "M3 5h14M3 10h9M3 15h5M15 12v5M12.5 14.5h5",
  storage: "M3 4h14v4H3zM3 12h14v4H3zM6 6h.1M6 14h.1M10 8v4",
  settings: "M4 6h6M14 6h2M4 14h2M10 14h6M12 4v4M8 12v4",
  upload: "M10 13V4M6 8l4-4 4 4M4 14v2h12v-2",
  download: "M10 4v9M6 9l4 4 4-4M4 16h12",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4",
  play: "M7 5v10l8-5z",
  check: "M4 10.5l4 4 8-9",
  making: "M10 3a7 7 0 1 0 7 7",
  waiting: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  failed: "M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.3",
  held: "M6 9V7a4 4 0 0 1 8 0v2M4.5 9h11v7.5h-11z",
  bin: "M4 6h12M8 6V4h4v2M5.5 6l1 10.5h7L14.5 6",
  none: "M5 10h10",
  tag: "M3.500 10.500V4h6.500l6.500 6.500-6.500 6.500zM7 7.500v.1",
  visit: "M11 3.500h5.500V9M16.500 3.500L9 11M14 11.500v5H3.500V6h5",
  close: "M5 5l10 10M15 5L5 15",
  copy: "M7 7h9v9H7zM4 13V4h9",
  plus: "M10 4v12M4 10h12",
  down: "M5 8l5 5 5-5",
  up: "M5 12l5-5 5 5",
  left: "M12 4l-6 6 6 6",
  right: "M8 4l6 6-6 6",
  retry: "M16 10a6 6 0 1 1-2-4.5L16 7M16 3.5V7h-3.5",
  pause: "M7 5v10M13 5v10",
  key: "M7 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10.5 10H18M15 10v3M17.5 10v2",
  out: "M8 4H4v12h4M12 6l4 4-4 4M16 10H8",
  help: "M7.5 7.5A2.5 2.5 0 1 1 10 10v2M10 15v.3",
  theme: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  video: "M3 5h10v10H3zM13 9l4-2.5v7L13 11",
  audio: "M4 8v4M7 5v10M10 7v6M13 4v12M16 8v4",
  image: "M3 4h14v12H3zM3 14l4-4 3 3 3-4 4 5M7 7.5v.1",
  document: "M5 3h7l3 3v11H5zM12 3v3h3M8 10h4M8 13h4",
  sequence: "M3 6h3v8H3zM8.5 4h3v12h-3zM14 7h3v6h-3z",
  other: "M5 3h7l3 3v11H5zM12 3v3h3",
  folder: "M3 5h5l2 2h7v9H3z",
} as const;

export type Glyph = keyof typeof PATHS;

/** A glyph beside its word; hidden from readers, for the word says it. */
export function Icon({ of, size = 20 }: { readonly of: Glyph; readonly size?: number }): ReactNode {
  return (
    <svg
      className={of === "making" ? "glyph turning" : "glyph"}
      viewBox="0 0 20 20"
      width={size}
      height={size}
      aria-hidden="true"
    >
      <path d={PATHS[of]} />
    </svg>
  );
}

/** Return the glyph of an asset's kind. */
export function glyphOfKind(kind: string): Glyph {
  const kinds: Readonly<Record<string, Glyph>> = {
    video: "video",
    audio: "audio",
    image: "image",
    raw: "image",
    document: "document",
    pdf: "document",
    sequence: "sequence",
  };
  return kinds[kind] ?? "other";
}
