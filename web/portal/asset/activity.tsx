/** What happened to an asset, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatMoment } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { activityQuery } from "../api/queries";
import type { Asset, Occurrence } from "../api/types";
import { More } from "../grid/more";
import { Unloaded } from "../parts/notes";

const TOLD = ["quality", "name", "tier", "reason", "code", "actor"]; // of the data, in this order

export function Activity({ asset }: { readonly asset: Asset }): ReactNode {
  const found = useInfiniteQuery(activityQuery(asset.id));
  if (found.data === undefined)
    return <Unloaded found={found} title={words.asset.activity_failed} rows={5} />;
  const events = found.data.pages.flatMap((page) => page.items);
  if (events.length === 0) return <p className="panel dim">{words.asset.activity_none}</p>;
  return (
    <div className="panel">
      <ol className="timeline">
        {events.map((event) => (
          <li key={event.id}>
            <span className="what">{wordsOf(event)}</span>
            <span className="told">{toldOf(event)}</span>
            <time className="figures" dateTime={event.created_at}>
              {formatMoment(event.created_at)}
            </time>
          </li>
        ))}
      </ol>
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={events.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
    </div>
  );
}

function wordsOf({ type }: Occurrence): string {
  const known: Readonly<Record<string, string | undefined>> = words.events;
  return known[type] ?? type;
}

function toldOf({ data }: Occurrence): string {
  return TOLD.map((name) => data[name])
    .filter((value): value is string => typeof value === "string" && value !== "")
    .join(" · ");
}
