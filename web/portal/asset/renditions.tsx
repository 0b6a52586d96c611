/** What has been made of an asset: each rendition with its state, size and download. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { RushesPlayer } from "../../player/rushes-player";
import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { renditionsQuery } from "../api/queries";
import type { Asset, Rendition } from "../api/types";
import { Act } from "../parts/act";
import { Badge } from "../parts/badge";
import { FailureBar, Unloaded } from "../parts/notes";
import { signOfRendition } from "../parts/states";
import { useDownload } from "./download";
import { Remake } from "./remake";

const KINDS = ["proxy", "audio", "track", "still"] as const;

export function Renditions({ asset }: { readonly asset: Asset }): ReactNode {
  const found = useQuery(renditionsQuery(asset.id));
  const download = useDownload(asset);
  if (found.data === undefined)
    return <Unloaded found={found} title={words.asset.renditions_failed} rows={5} />;
  const rows = [...found.data.items].sort((one, other) => (other.height ?? 0) - (one.height ?? 0));
  if (rows.length === 0) return <p className="panel dim">{words.asset.renditions_none}</p>;
  return (
    <div className="panel">
      {download.error !== null && (
        <FailureBar error={download.error} title={words.asset.download_failed} />
      )}
      {KINDS.map((kind) => (
        <Group
          key={kind}
          title={words.asset.rendition_kinds[kind]}
          rows={rows.filter((row) => row.kind === kind)}
          onDownload={download.mutate}
        />
      ))}
      {rows.some((row) => row.kind === "proxy") && <Remake asset={asset} />}
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly rows: readonly Rendition[];
  readonly onDownload: (quality: string) => void;
}

function Group({ title, rows, onDownload }: GroupProps): ReactNode {
  if (rows.length === 0) return null;
  return (
    <section className="group">
      <h2 className="small">{title}</h2>
      <ul className="rows">
        {rows.map((row) => (
          <Row
            key={row.id}
            rendition={row}
            onDownload={() => {
              onDownload(row.name);
            }}
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly rendition: Rendition;
  readonly onDownload: () => void;
}

function Row({ rendition, onDownload }: RowProps): ReactNode {
  const { name, kind, state, progress, width, height, size_bytes: size } = rendition;
  const { error_detail: reason } = rendition;
  const figures = [
    width !== null && height !== null ? `${String(width)} x ${String(height)}` : "",
    size === null ? "" : formatSize(size, 1),
  ].filter(Boolean);
  return (
    <li>
      <div className="line">
        <span className="name">{name}</span>
        <Badge sign={signOfRendition(state, progress)} />
        {state === "ready" && kind === "proxy" && (
          <>
            <Act
              glyph="play"
              label={fill(words.asset.play_one, { name })}
              onClick={() => {
                document.querySelector<RushesPlayer>("rushes-player")?.playAt(name);
              }}
            />
            <Act
              glyph="download"
              label={fill(words.asset.download_one, { name })}
              onClick={onDownload}
            />
          </>
        )}
      </div>
      {state === "making" && (
        <progress max={100} value={Math.floor(progress * 100)} aria-label={name} />
      )}
      {figures.length > 0 && <p className="figures">{figures.join(" · ")}</p>}
      {reason !== null && <p className="problem">{reason}</p>}
    </li>
  );
}
