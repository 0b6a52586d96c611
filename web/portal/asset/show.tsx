/** A light sequence: the heat map of the whole show, and its liveliest seconds in motion. */
import type { ReactNode } from "react";

import { formatDuration } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import type { Asset } from "../api/types";

const PARTS = 4;

export function Show({ asset }: { readonly asset: Asset }): ReactNode {
  const duration = asset.duration ?? 0;
  const marks = Array.from({ length: PARTS + 1 }, (_, part) => (duration * part) / PARTS);
  return (
    <div className="show">
      <figure>
        <img className="heatmap" src={asset.poster_url ?? ""} alt={words.asset.heatmap} />
        {duration > 0 && (
          <div className="scale figures" aria-hidden="true">
            {marks.map((at) => (
              <span key={at}>{formatDuration(at)}</span>
            ))}
          </div>
        )}
        <figcaption>{words.asset.heatmap}</figcaption>
      </figure>
      {asset.moving_url !== null && (
        <figure>
          <img className="moving" src={asset.moving_url} alt={words.asset.liveliest} />
          <figcaption>{words.asset.liveliest}</figcaption>
        </figure>
      )}
    </div>
  );
}
