/** What can be done to an asset: download by quality, delete after a question. */
import { Button } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import type { Asset, Rendition } from "../api/types";
import { Icon } from "../parts/glyphs";
import { useRights } from "../parts/role";

const ShareDrawer = lazy(() =>
  import("../shares/drawer").then(({ ShareDrawer }) => ({ default: ShareDrawer })),
);
const Delete = lazy(() => import("./delete").then(({ Delete }) => ({ default: Delete })));
const Downloads = lazy(() =>
  import("./downloads").then(({ Downloads }) => ({ default: Downloads })),
);

export interface ActionsProps {
  readonly asset: Asset;
  readonly renditions: readonly Rendition[];
}

export function Actions({ asset, renditions }: ActionsProps): ReactNode {
  const { mayChange } = useRights();
  const [isDeleting, setDeleting] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [isSharing, setSharing] = useState(false);
  return (
    <div className="asset-actions">
      {asset.scan !== "infected" && (
        <Suspense
          fallback={
            <DownloadsToCome
              onAsk={() => {
                setAsked(true);
              }}
            />
          }
        >
          <Downloads asset={asset} renditions={renditions} isOpen={isAsked} />
        </Suspense>
      )}
      {mayChange && asset.scan !== "infected" && (
        <Button
          variant="default"
          leftSection={<Icon of="shares" size={16} />}
          onClick={() => {
            setSharing(true);
          }}
        >
          {words.shares.share}
        </Button>
      )}
      {isSharing && (
        <Suspense>
          <ShareDrawer
            assetIds={[asset.id]}
            onClose={() => {
              setSharing(false);
            }}
          />
        </Suspense>
      )}
      {mayChange && (
        <Button
          variant="default"
          leftSection={<Icon of="bin" size={16} />}
          onClick={() => {
            setDeleting(true);
          }}
        >
          {words.asset.delete}
        </Button>
      )}
      {isDeleting && (
        <Suspense>
          <Delete
            asset={asset}
            onClose={() => {
              setDeleting(false);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Holds the button's place while its menu is on its way; a press is kept until then. */
function DownloadsToCome({ onAsk }: { readonly onAsk: () => void }): ReactNode {
  return (
    <Button
      aria-busy="true"
      onClick={onAsk}
      leftSection={<Icon of="download" size={16} />}
      rightSection={<Icon of="down" size={14} />}
    >
      {words.asset.download}
    </Button>
  );
}
