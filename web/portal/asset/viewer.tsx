/** What is seen of an asset: the player, the picture, or the facts of a file. */
import { getRouteApi } from "@tanstack/react-router";
import { Button } from "@mantine/core";
import { lazy, Suspense, type ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import type { Asset } from "../api/types";
import { glyphOfKind, Icon } from "../parts/glyphs";
import { useDownload } from "./download";
import { Show } from "./show";

const Player = lazy(() => import("./player").then(({ Player }) => ({ default: Player })));
const Picture = lazy(() => import("./picture").then(({ Picture }) => ({ default: Picture })));

/** Kinds that are seen as one picture; of a document that is its first page. */
const PICTURES: ReadonlySet<string> = new Set(["image", "raw", "pdf"]);

const route = getRouteApi("/assets/$assetId");

export function Viewer({ asset }: { readonly asset: Asset }): ReactNode {
  const { t } = route.useSearch();
  if (asset.scan === "infected") return <Held asset={asset} />;
  if (asset.state === "failed") return <CannotShow asset={asset} />;
  if (asset.kind === "video" || asset.kind === "audio") {
    return (
      <Suspense fallback={<div className="player-space" />}>
        <Player asset={asset} start={t} />
      </Suspense>
    );
  }
  if (PICTURES.has(asset.kind) && asset.state !== "filed") {
    return (
      <Suspense fallback={<div className="player-space" />}>
        <Picture key={asset.id} asset={asset} />
      </Suspense>
    );
  }
  if (asset.kind === "sequence" && asset.poster_url !== null) return <Show asset={asset} />;
  return <Facts asset={asset} />;
}

function CannotShow({ asset }: { readonly asset: Asset }): ReactNode {
  return (
    <Slate
      asset={asset}
      tone="error"
      title={words.asset.cannot_play}
      detail={asset.error?.detail ?? words.asset.cannot_play_detail}
      code={asset.error?.code}
    />
  );
}

function Held({ asset }: { readonly asset: Asset }): ReactNode {
  return (
    <Slate
      asset={asset}
      tone="error"
      isWithheld
      title={words.asset.held}
      detail={asset.error?.detail ?? words.asset.held_detail}
      code={asset.error?.code}
    />
  );
}

function Facts({ asset }: { readonly asset: Asset }): ReactNode {
  const isMaking = asset.state === "filed";
  return (
    <Slate
      asset={asset}
      tone={isMaking ? "busy" : "quiet"}
      title={isMaking ? words.asset.making : asset.file_name}
      detail={isMaking ? words.asset.making_detail : words.asset.no_viewer}
    />
  );
}

interface SlateProps {
  readonly asset: Asset;
  readonly tone: "error" | "busy" | "quiet";
  readonly title: string;
  readonly detail: string;
  readonly code?: string | undefined;
  readonly isWithheld?: boolean;
}

/** A plain board in place of the picture: what is the matter, and the way to the original. */
function Slate({ asset, tone, title, detail, code, isWithheld = false }: SlateProps): ReactNode {
  const download = useDownload(asset);
  return (
    <div className={`slate tone-${tone}`}>
      <Icon of={tone === "error" ? "failed" : glyphOfKind(asset.kind)} size={32} />
      <h2>{title}</h2>
      <p>{detail}</p>
      {code !== undefined && <p className="identity figures">{fill(words.code, { code })}</p>}
      {!isWithheld && (
        <Button
          variant="default"
          leftSection={<Icon of="download" size={16} />}
          loading={download.isPending}
          onClick={() => {
            download.mutate("original");
          }}
        >
          {fill(words.asset.download_original, { size: formatSize(asset.size_bytes, 1) })}
        </Button>
      )}
      {download.error !== null && (
        <p className="problem" role="alert">
          {download.error.message}
        </p>
      )}
    </div>
  );
}
