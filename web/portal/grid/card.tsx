/** One asset in the grid: picture, length, name, place, and where its bytes are. */
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { formatDuration, formatSize, middleEllipsis } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import type { Asset } from "../api/types";
import { Badge, TierStrip } from "../parts/badge";
import { glyphOfKind, Icon } from "../parts/glyphs";
import { labelOfPlace, nameOf } from "../parts/places";
import { signOfAsset } from "../parts/states";

const LONGEST_NAME = 44;

export interface CardProps {
  readonly asset: Asset;
  readonly isChosen: boolean;
  /** `isRange`: with Shift, all from the last one that was chosen. */
  readonly onChoose: (isChosen: boolean, isRange: boolean) => void;
}

export function Card({ asset, isChosen, onChoose }: CardProps): ReactNode {
  const name = nameOf(asset);
  const isPlain = asset.state === "ready" && asset.scan !== "infected";
  return (
    <li className={isChosen ? "card is-chosen" : "card"}>
      <label className="pick">
        <input
          type="checkbox"
          aria-label={fill(words.selection.choose, { name })}
          checked={isChosen}
          onChange={({ currentTarget, nativeEvent }) => {
            onChoose(currentTarget.checked, "shiftKey" in nativeEvent && !!nativeEvent.shiftKey);
          }}
        />
      </label>
      <Link to="/assets/$assetId" params={{ assetId: asset.id }} search={{}} className="open">
        <Picture asset={asset} />
        <div className="text">
          <span className="name" title={asset.file_name}>
            {middleEllipsis(name, LONGEST_NAME)}
          </span>
          <span className="meta">
            <span className="where">{labelOfPlace(asset)}</span>
            <span className="figures">{formatSize(asset.size_bytes, 1)}</span>
          </span>
          <span className="foot">
            {isPlain ? <span /> : <Badge sign={signOfAsset(asset)} />}
            <TierStrip placements={asset.placements} />
          </span>
        </div>
      </Link>
    </li>
  );
}

function Picture({ asset }: { readonly asset: Asset }): ReactNode {
  const [isBroken, setBroken] = useState(false);
  const [isLooked, setLooked] = useState(false);
  const still = asset.thumbnail_url ?? asset.poster_url;
  const url = isLooked ? (asset.moving_url ?? still) : still;
  return (
    <div
      className="picture"
      onPointerEnter={() => {
        setLooked(true);
      }}
      onPointerLeave={() => {
        setLooked(false);
      }}
    >
      {url !== null && !isBroken ? (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => {
            setBroken(true);
          }}
        />
      ) : (
        <span className="blank">
          <Icon of={glyphOfKind(asset.kind)} size={32} />
          <span className="figures">{extensionOf(asset.file_name)}</span>
        </span>
      )}
      {asset.duration !== null && (
        <span className="length figures">{formatDuration(asset.duration)}</span>
      )}
    </div>
  );
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1, dot + 7).toUpperCase() : "";
}
