/** The image viewer: fit, 100 %, zoom to 800 %, pan; by wheel, pinch, keys and buttons. */
import { Button } from "@mantine/core";
import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import type { Asset } from "../api/types";
import { Act } from "../parts/act";
import { Icon } from "../parts/glyphs";
import { nameOf } from "../parts/places";
import { isTyping } from "../shell/keys";
import { FIT, panned, zoomed, type View } from "./view";

const WIDTHS = [640, 1280, 1920, 2560] as const; // the server's allow-list of preview widths

export function Picture({ asset }: { readonly asset: Asset }): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>(FIT);
  const [state, setState] = useState<"loading" | "shown" | "broken">("loading");
  const [developed, setDeveloped] = useState(false);
  const fingers = useFingers(setView);
  useZoomKeys(setView);
  useWheel(frame, setView);
  const moves = asset.kind === "image" && (asset.facts?.image?.frames ?? 1) > 1;
  const wish = moves ? "&moving=true" : developed ? "&developed=true" : "";
  const src = (width: number): string =>
    `/api/v1/assets/${asset.id}/image?w=${String(width)}&format=webp${wish}`;
  const widths = WIDTHS.filter((width) => width <= (asset.width ?? Infinity) * 1.5);
  const offered = widths.length === 0 ? [WIDTHS[0]] : widths;
  return (
    <div className="picture-viewer">
      <div
        ref={frame}
        className={view.scale > 1 ? "canvas is-zoomed" : "canvas"}
        {...fingers}
        onDoubleClick={() => {
          setView((before) => (before.scale > 1 ? FIT : zoomed(before, 2)));
        }}
      >
        {state === "loading" && (
          <p className="coming" role="status">
            <Icon of="making" size={24} />
            <span className="only-read-aloud">{words.asset.picture_loading}</span>
          </p>
        )}
        {state === "broken" ? (
          <p className="problem" role="alert">
            {words.asset.picture_failed}
          </p>
        ) : (
          <img
            src={src(offered.at(-1) ?? WIDTHS[0])}
            srcSet={offered.map((width) => `${src(width)} ${String(width)}w`).join(", ")}
            sizes={`${String(Math.round(100 * view.scale))}vw`}
            alt={nameOf(asset)}
            draggable={false}
            style={{
              transform: `translate(${String(view.x)}px, ${String(view.y)}px) scale(${String(view.scale)})`,
            }}
            onLoad={() => {
              setState("shown");
            }}
            onError={() => {
              setState("broken");
            }}
          />
        )}
      </div>
      {asset.kind === "raw" ? (
        <div className="stack">
          <p className="caption" role="status">
            {developed ? words.asset.developed : words.asset.camera_picture}
          </p>
          <Button
            variant="default"
            aria-pressed={developed}
            onClick={() => {
              setState("loading");
              setDeveloped(!developed);
            }}
          >
            {words.asset.develop}
          </Button>
        </div>
      ) : (
        <Pages asset={asset} />
      )}
      <div className="zoom">
        <Act
          glyph="none"
          label={words.asset.zoom_out}
          onClick={() => {
            setView((before) => zoomed(before, 0.5));
          }}
        />
        <span className="figures">
          {view.scale === 1
            ? words.asset.fit
            : fill(words.asset.zoomed, { scale: view.scale.toFixed(1) })}
        </span>
        <Act
          glyph="plus"
          label={words.asset.zoom_in}
          onClick={() => {
            setView((before) => zoomed(before, 2));
          }}
        />
      </div>
    </div>
  );
}

/** How many pages a document has, of which the first is seen. */
function Pages({ asset }: { readonly asset: Asset }): ReactNode {
  const pages = asset.facts?.image?.pages ?? 0;
  if (asset.kind !== "pdf" || pages < 2) return null;
  return <p className="caption figures">{fill(words.asset.page_of, { pages })}</p>;
}

type SetView = (change: (before: View) => View) => void;

function useZoomKeys(setView: SetView): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "+" || event.key === "=") setView((before) => zoomed(before, 2));
      else if (event.key === "-") setView((before) => zoomed(before, 0.5));
      else if (event.key === "0") setView(() => FIT);
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, [setView]);
}

/** React's own wheel listener is passive; this one must keep the page from scrolling. */
function useWheel(frame: { readonly current: HTMLElement | null }, setView: SetView): void {
  useEffect(() => {
    const element = frame.current;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && Math.abs(event.deltaY) < 4) return;
      event.preventDefault();
      setView((before) => zoomed(before, event.deltaY < 0 ? 1.15 : 1 / 1.15));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      element?.removeEventListener("wheel", onWheel);
    };
  }, [frame, setView]);
}

interface Fingers {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerCancel: (event: PointerEvent<HTMLElement>) => void;
}

/** One finger pans, two pinch. */
function useFingers(setView: SetView): Fingers {
  const down = useRef(new Map<number, { x: number; y: number }>());
  const spread = (): number => {
    const [one, other] = [...down.current.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  };
  const lift = (event: PointerEvent<HTMLElement>): void => {
    down.current.delete(event.pointerId);
  };
  return {
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    onPointerMove: (event) => {
      const last = down.current.get(event.pointerId);
      if (last === undefined) return;
      const before = spread();
      const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const after = spread();
      if (before > 0) setView((view) => zoomed(view, after / before));
      else setView((view) => panned(view, dx, dy));
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
}
