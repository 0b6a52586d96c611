/** A small deed as an icon; its name is read aloud and shown when pointed at. */
import { ActionIcon } from "@mantine/core";
import type { ReactNode } from "react";

import { Icon, type Glyph } from "./glyphs";

export interface ActProps {
  readonly glyph: Glyph;
  readonly label: string;
  readonly onClick: () => void;
}

export function Act({ glyph, label, onClick }: ActProps): ReactNode {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      className="act"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon of={glyph} size={16} />
    </ActionIcon>
  );
}
