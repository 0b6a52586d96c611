/** Text with a button that copies it, and says so. */
import { ActionIcon } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { Icon } from "./glyphs";

export interface CopyTextProps {
  readonly text: string;
  readonly label: string;
}

export function CopyText({ text, label }: CopyTextProps): ReactNode {
  return (
    <span className="copy">
      <code className="figures">{text}</code>
      <CopyButton text={text} label={label} />
    </span>
  );
}

/** The button alone; where the browser forbids it, the text stays to be marked by hand. */
export function CopyButton({ text, label }: CopyTextProps): ReactNode {
  const clipboard = useClipboard({ timeout: 2000 });
  const shown = clipboard.copied ? words.copied : label;
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={shown}
        title={shown}
        onClick={() => {
          clipboard.copy(text);
        }}
      >
        <Icon of={clipboard.copied ? "check" : "copy"} size={16} />
      </ActionIcon>
      <span role="status" className="only-read-aloud">
        {clipboard.copied ? words.copied : ""}
      </span>
    </>
  );
}
