/** How a picture is looked at: its scale over the fitted size, and its shift in pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const FIT: View = { scale: 1, x: 0, y: 0 };
const MOST = 8;

/** Zoom by a factor, within fit and 800 %; the shift goes with it, so the middle stays. */
export function zoomed(view: View, by: number): View {
  const scale = Math.min(MOST, Math.max(1, view.scale * by));
  if (scale === 1) return FIT;
  const kept = scale / view.scale;
  return { scale, x: view.x * kept, y: view.y * kept };
}

/** Shift a zoomed picture; a fitted one stays where it is. */
export function panned(view: View, dx: number, dy: number): View {
  return view.scale === 1 ? view : { ...view, x: view.x + dx, y: view.y + dy };
}
