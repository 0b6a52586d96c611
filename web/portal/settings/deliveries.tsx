/** The log of one webhook: what was sent, what came of it, and sending it again. */
import "@mantine/core/styles/Drawer.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatMoment } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { deliveriesQuery } from "../api/queries";
import type { Delivery, DeliveryState, Webhook } from "../api/types";
import { Badge } from "../parts/badge";
import { FailureBar, Unloaded } from "../parts/notes";
import type { Sign } from "../parts/states";

const SINCE_MS = 30 * 24 * 3_600_000; // the log keeps thirty days

export interface LogProps {
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

export function Log({ webhook, onClose }: LogProps): ReactNode {
  const queries = useQueryClient();
  const path = `/webhooks/${webhook.id}`;
  const deed = useMutation({
    mutationFn: ({ to, body }: { readonly to: string; readonly body?: unknown }) =>
      call<unknown>(`${path}${to}`, { method: "POST", body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      title={fill(words.webhooks.log_of, { url: webhook.url })}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <div className="stack">
        <div className="actions">
          <Button
            variant="default"
            loading={deed.isPending}
            disabled={!webhook.is_active}
            onClick={() => {
              deed.mutate({ to: "/ping" });
            }}
          >
            {words.webhooks.ping}
          </Button>
          {webhook.failed > 0 && (
            <Button
              variant="default"
              loading={deed.isPending}
              onClick={() => {
                const since = new Date(Date.now() - SINCE_MS).toISOString();
                deed.mutate({ to: "/replay", body: { since } });
              }}
            >
              {words.webhooks.replay_failed}
            </Button>
          )}
        </div>
        {deed.error !== null && <FailureBar error={deed.error} title={words.not_done} />}
        <List
          webhook={webhook}
          onReplay={(id) => {
            deed.mutate({ to: `/deliveries/${id}/replay` });
          }}
        />
      </div>
    </Drawer>
  );
}

interface ListProps {
  readonly webhook: Webhook;
  readonly onReplay: (id: string) => void;
}

function List({ webhook, onReplay }: ListProps): ReactNode {
  const found = useInfiniteQuery(deliveriesQuery(webhook.id));
  if (found.data === undefined)
    return <Unloaded found={found} title={words.webhooks.log_failed} rows={3} />;
  const items = found.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className="dim">{words.webhooks.log_empty}</p>;
  return (
    <>
      <ul className="rows boxed">
        {items.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} onReplay={onReplay} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => {
            void found.fetchNextPage();
          }}
        >
          {words.more}
        </Button>
      )}
    </>
  );
}

interface RowProps {
  readonly delivery: Delivery;
  readonly onReplay: (id: string) => void;
}

function Row({ delivery, onReplay }: RowProps): ReactNode {
  return (
    <li className="webhook">
      <div className="who">
        <span className="name figures">{delivery.event_type}</span>
        <span className="meta">{tellOf(delivery)}</span>
        {delivery.error !== null && <span className="meta">{delivery.error}</span>}
      </div>
      <Badge sign={SIGNS[delivery.state]} />
      <div className="actions">
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            onReplay(delivery.id);
          }}
        >
          {words.webhooks.replay}
        </Button>
      </div>
    </li>
  );
}

const SIGNS: Readonly<Record<DeliveryState, Sign>> = {
  waiting: { word: words.webhooks.states.waiting, tone: "busy", glyph: "waiting" },
  delivered: { word: words.webhooks.states.delivered, tone: "ok", glyph: "check" },
  failed: { word: words.webhooks.states.failed, tone: "error", glyph: "failed" },
};

function tellOf({ created_at, attempts, status, state, next_at }: Delivery): string {
  const told = [formatMoment(created_at)];
  if (attempts > 0) told.push(count(words.webhooks.attempts, attempts));
  if (status !== null) told.push(String(status));
  if (state === "waiting" && next_at !== null && attempts > 0) {
    told.push(fill(words.webhooks.next, { when: formatMoment(next_at) }));
  }
  return told.join(" · ");
}
