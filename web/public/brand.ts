/** The colour of whoever sends the page: on its main buttons, with an ink that can be read. */

const DARK = "#14110a";
const LIGHT = "#ffffff";

/** Return the ink, dark or light, that stands out more on a ground of `#rrggbb`. */
export function inkOn(ground: string): string {
  const share = [1, 3, 5].map((at) => {
    const value = Number.parseInt(ground.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = share;
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue; // WCAG 2.2, relative luminance
  return light > 0.18 ? DARK : LIGHT;
}

/** Give the page's main buttons this colour; null leaves them as they are. */
export function paint(color: string | null): void {
  if (color === null) return;
  const { style } = document.documentElement;
  style.setProperty("--tally-fill", color);
  style.setProperty("--tally-fill-hover", color);
  style.setProperty("--tally-ink", inkOn(color));
}
