/** The download menu: the original, and every rung that has a file. */
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/Menu.layer.css";

import { Button, Menu } from "@mantine/core";
import type { ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { Icon } from "../parts/glyphs";
import type { ActionsProps } from "./actions";
import { useRights } from "../parts/role";
import { useDownload } from "./download";

export interface DownloadsProps extends ActionsProps {
  /** Whether it was asked for before it was here. */
  readonly isOpen: boolean;
}

export function Downloads({ asset, renditions, isOpen }: DownloadsProps): ReactNode {
  const download = useDownload(asset);
  const { mayChange } = useRights();
  const rungs = renditions
    .filter(({ kind, state }) => kind === "proxy" && state === "ready")
    .sort((one, other) => (other.height ?? 0) - (one.height ?? 0));
  const choose = (quality: string) => (): void => {
    download.mutate(quality);
  };
  return (
    <div className="download">
      <Menu position="bottom-end" defaultOpened={isOpen}>
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
          {mayChange && (
            <Choice
              label={words.asset.original}
              size={asset.size_bytes}
              onChoose={choose("original")}
            />
          )}
          {rungs.map(({ id, name, size_bytes: size }) => (
            <Choice key={id} label={name} size={size} onChoose={choose(name)} />
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
