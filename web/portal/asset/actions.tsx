/** What can be done to an asset: download by quality, delete after a question. */
import { Button, Menu } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import type { Asset, Rendition } from "../api/types";
import { Icon } from "../parts/glyphs";
import { useDownload } from "./download";

const Delete = lazy(() => import("./delete").then(({ Delete }) => ({ default: Delete })));

export interface ActionsProps {
  readonly asset: Asset;
  readonly renditions: readonly Rendition[];
}

export function Actions({ asset, renditions }: ActionsProps): ReactNode {
  const [isDeleting, setDeleting] = useState(false);
  return (
    <div className="asset-actions">
      {asset.scan !== "infected" && <Downloads asset={asset} renditions={renditions} />}
      <Button
        variant="default"
        leftSection={<Icon of="bin" size={16} />}
        onClick={() => {
          setDeleting(true);
        }}
      >
        {words.asset.delete}
      </Button>
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

function Downloads({ asset, renditions }: ActionsProps): ReactNode {
  const download = useDownload(asset);
  const rungs = renditions
    .filter(({ kind, state }) => kind === "proxy" && state === "ready")
    .sort((one, other) => (other.height ?? 0) - (one.height ?? 0));
  return (
    <div className="download">
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            leftSection={<Icon of="download" size={16} />}
            rightSection={<Icon of="down" size={14} />}
            loading={download.isPending}
          >
            {words.asset.download}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Choice
            label={words.asset.original}
            size={asset.size_bytes}
            onChoose={() => {
              download.mutate("original");
            }}
          />
          {rungs.map((rung) => (
            <Choice
              key={rung.id}
              label={rung.name}
              size={rung.size_bytes}
              onChoose={() => {
                download.mutate(rung.name);
              }}
            />
          ))}
        </Menu.Dropdown>
      </Menu>
      {download.error !== null && (
        <p className="problem" role="alert">
          {download.error.message}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly size: number | null;
  readonly onChoose: () => void;
}

function Choice({ label, size, onChoose }: ChoiceProps): ReactNode {
  return (
    <Menu.Item
      rightSection={size === null ? null : <span className="figures">{formatSize(size, 1)}</span>}
      onClick={onChoose}
    >
      {label}
    </Menu.Item>
  );
}
