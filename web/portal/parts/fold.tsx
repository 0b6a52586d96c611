/** A part of a form that is seldom needed: folded, and open where something in it is wrong. */
import type { ReactNode } from "react";

import { Icon } from "./glyphs";

export interface FoldProps {
  readonly title: string;
  /** What is chosen inside, in short. */
  readonly note?: string;
  readonly isOpen: boolean;
  readonly children: ReactNode;
}

export function Fold({ title, note = "", isOpen, children }: FoldProps): ReactNode {
  return (
    <details className="fold" open={isOpen || undefined}>
      <summary>
        <Icon of="right" size={16} />
        {title}
        {note !== "" && <span className="meta figures">{note}</span>}
      </summary>
      <div className="stack">{children}</div>
    </details>
  );
}
