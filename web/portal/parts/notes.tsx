/** What a screen says when it has nothing, waits, or fails: words, a next step, the id. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";

import { ApiProblem } from "../api/call";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { Icon, type Glyph } from "./glyphs";

export interface EmptyProps {
  readonly glyph: Glyph;
  readonly title: string;
  readonly detail: string;
  readonly children?: ReactNode;
}

/** An empty screen: why it is empty, and what to do about it. */
export function Empty({ glyph, title, detail, children }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <Icon of={glyph} size={32} />
      <h2>{title}</h2>
      <p>{detail}</p>
      {children !== undefined && <div className="actions">{children}</div>}
    </div>
  );
}

export interface FailureProps {
  readonly error: Error;
  readonly title: string;
  readonly onRetry?: () => void;
}

/** A failure that took the whole screen. */
export function Failure({ error, title, onRetry }: FailureProps): ReactNode {
  return (
    <div className="failure" role="alert">
      <h2>{title}</h2>
      <p>{error.message}</p>
      <Identity error={error} />
      {onRetry !== undefined && (
        <Button variant="default" onClick={onRetry} leftSection={<Icon of="retry" size={16} />}>
          {words.retry}
        </Button>
      )}
    </div>
  );
}

export interface UnloadedProps {
  readonly found: { readonly error: Error | null; readonly refetch: () => Promise<unknown> };
  readonly title: string;
  readonly rows: number;
}

/** What stands where rows will be: grey ones until they come, or why they do not. */
export function Unloaded({ found, title, rows }: UnloadedProps): ReactNode {
  if (found.error === null) return <Waiting kind="row" count={rows} />;
  return (
    <Failure
      error={found.error}
      title={title}
      onRetry={() => {
        void found.refetch();
      }}
    />
  );
}

/** A failure beside what is already shown: the screen stays. */
export function FailureBar({ error, title, onRetry }: FailureProps): ReactNode {
  return (
    <div className="failure-bar" role="alert">
      <Icon of="failed" size={16} />
      <span>
        {title} {error.message}
      </span>
      <Identity error={error} />
      {onRetry !== undefined && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          {words.retry}
        </Button>
      )}
    </div>
  );
}

/** The code and the request's id, for whoever has to look it up. */
export function Identity({ error }: { readonly error: Error }): ReactNode {
  if (!(error instanceof ApiProblem) || error.problem.requestId === null) return null;
  const { code, requestId } = error.problem;
  return <p className="identity figures">{fill(words.code_id, { code, id: requestId })}</p>;
}

/** Grey boxes in the shape of what comes; readers hear that it is loading. */
export function Waiting({
  count,
  kind,
}: {
  readonly count: number;
  readonly kind: "card" | "row" | "line";
}): ReactNode {
  return (
    <div className={`waiting waiting-${kind}`} role="status" aria-label={words.loading}>
      {Array.from({ length: count }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}
