/** Files that are not whole: how much of each is here, how it goes on, and an end for it. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { formatMoment, formatSize, middleEllipsis } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { unfinishedQuery } from "../api/queries";
import type { UnfinishedUpload } from "../api/types";
import { FailureBar } from "../parts/notes";

const LONGEST_NAME = 34;
const FEW = 5; // more than these are shown when somebody asks

/** Nothing at all where nothing is unfinished: that is how it should be. */
export function Unfinished(): ReactNode {
  const found = useQuery(unfinishedQuery);
  const [isWhole, setWhole] = useState(false);
  const items = found.data?.items ?? [];
  if (found.error !== null && found.data === undefined) {
    return (
      <FailureBar
        error={found.error}
        title={words.unfinished.failed}
        onRetry={() => {
          void found.refetch();
        }}
      />
    );
  }
  if (items.length === 0) return null;
  const shown = isWhole ? items : items.slice(0, FEW);
  return (
    <section className="unfinished" aria-labelledby="unfinished-title">
      <h2 id="unfinished-title">{count(words.unfinished.title, items.length)}</h2>
      <p className="meta">{words.unfinished.hint}</p>
      <ul className="rows boxed">
        {shown.map((one) => (
          <Row key={one.ids[0]} one={one} />
        ))}
      </ul>
      {shown.length < items.length && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            setWhole(true);
          }}
        >
          {count(words.unfinished.all, items.length)}
        </Button>
      )}
    </section>
  );
}

function Row({ one }: { readonly one: UnfinishedUpload }): ReactNode {
  const queries = useQueryClient();
  const [isSure, setSure] = useState(false);
  const ending = useMutation({
    mutationFn: async () => {
      for (const id of one.ids) {
        await call<unknown>(`/uploads/${encodeURIComponent(id)}`, { method: "DELETE" });
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: unfinishedQuery.queryKey }),
  });
  const percent = percentOf(one);
  const label = isSure ? words.unfinished.sure : words.cancel;
  return (
    <li className="partial">
      <div className="who">
        <span className="name" title={one.file_name}>
          {middleEllipsis(one.file_name, LONGEST_NAME)}
        </span>
        <span className="meta">{one.place}</span>
      </div>
      <span className="figures">{figuresOf(one, percent)}</span>
      <span className="meta step">{senderOf(one)}</span>
      <time className="meta figures when" dateTime={one.expires_at}>
        {fill(words.unfinished.until, { until: formatMoment(one.expires_at) })}
      </time>
      <span className="acts">
        <Button
          size="compact-sm"
          variant={isSure ? "filled" : "default"}
          loading={ending.isPending}
          aria-label={`${label}: ${one.file_name}`}
          onBlur={() => {
            setSure(false);
          }}
          onClick={() => {
            if (isSure) ending.mutate();
            setSure(!isSure);
          }}
        >
          {label}
        </Button>
      </span>
      {percent !== null && <progress max={100} value={percent} aria-label={one.file_name} />}
      {ending.error !== null && <FailureBar error={ending.error} title={words.not_done} />}
    </li>
  );
}

/** Never 100 while a byte, or the word that all are there, is missing. */
function percentOf({ received_bytes, size_bytes }: UnfinishedUpload): number | null {
  if (received_bytes === null || size_bytes === null || size_bytes === 0) return null;
  return Math.min(99, Math.floor((100 * received_bytes) / size_bytes));
}

function figuresOf(one: UnfinishedUpload, percent: number | null): string {
  const size = one.size_bytes === null ? words.unfinished.size_unknown : formatSize(one.size_bytes);
  if (one.received_bytes === null) return fill(words.unfinished.past_us, { size });
  const sent = fill(words.uploads.sent_of, { sent: formatSize(one.received_bytes), size });
  return percent === null ? sent : `${String(percent)} % · ${sent}`;
}

function senderOf({ is_mine, link_id }: UnfinishedUpload): string {
  if (is_mine) return words.unfinished.mine;
  return link_id === null ? words.unfinished.others : words.unfinished.by_link;
}
