/** What stands in place of a route that failed, or of one that does not exist. */
import { Button } from "@mantine/core";
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { Empty, Failure } from "../parts/notes";

/** A route that failed: its words, and another try. */
export function Broken({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <Failure
      error={error instanceof Error ? error : new Error(String(error))}
      title={words.broken_title}
      onRetry={() => {
        reset();
        location.reload();
      }}
    />
  );
}

/** An address under `/app` that leads nowhere. */
export function Missing(): ReactNode {
  return (
    <Empty glyph="search" title={words.missing_title} detail={words.missing_detail}>
      <Button renderRoot={(props) => <Link to="/library" search={{}} {...props} />}>
        {words.missing_home}
      </Button>
    </Empty>
  );
}
