/** Webhooks of this installation: where events go, how that goes, and what to do about it. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { webhooksQuery } from "../api/queries";
import type { NewWebhook, Webhook } from "../api/types";
import { Badge } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { Icon } from "../parts/glyphs";
import { FailureBar, Unloaded } from "../parts/notes";
import type { Sign } from "../parts/states";

const WebhookDialog = lazy(() =>
  import("./webhook").then(({ WebhookDialog }) => ({ default: WebhookDialog })),
);
const SecretDialog = lazy(() =>
  import("./webhook").then(({ SecretDialog }) => ({ default: SecretDialog })),
);
const Log = lazy(() => import("./deliveries").then(({ Log }) => ({ default: Log })));

export function Webhooks(): ReactNode {
  const [isMaking, setMaking] = useState(false);
  return (
    <section className="section">
      <div className="line">
        <div className="who">
          <h2>{words.webhooks.title}</h2>
          <span className="meta">{words.webhooks.detail}</span>
        </div>
        <Button
          variant="default"
          leftSection={<Icon of="plus" size={16} />}
          onClick={() => {
            setMaking(true);
          }}
        >
          {words.webhooks.make}
        </Button>
      </div>
      <List />
      {isMaking && (
        <Suspense>
          <WebhookDialog
            onClose={() => {
              setMaking(false);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}

function List(): ReactNode {
  const found = useQuery(webhooksQuery);
  if (found.data === undefined)
    return <Unloaded found={found} title={words.webhooks.failed} rows={1} />;
  if (found.data.items.length === 0) return <p className="dim">{words.webhooks.none}</p>;
  return (
    <ul className="rows boxed">
      {found.data.items.map((webhook) => (
        <Row key={webhook.id} webhook={webhook} />
      ))}
    </ul>
  );
}

type Open = "log" | "removing" | null;

function Row({ webhook }: { readonly webhook: Webhook }): ReactNode {
  const queries = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const path = `/webhooks/${webhook.id}`;
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const deed = useMutation({
    mutationFn: (ask: () => Promise<unknown>) => ask(),
    onSettled: refresh,
  });
  const close = (): void => {
    setOpen(null);
  };
  return (
    <li className="webhook">
      <div className="who">
        <span className="name" title={webhook.url}>
          {webhook.url}
        </span>
        <span className="meta figures">{webhook.events.join(" ")}</span>
        <span className="meta">
          {webhook.description !== "" && `${webhook.description} · `}
          {fill(words.webhooks.counts, {
            delivered: String(webhook.delivered),
            waiting: String(webhook.waiting),
            failed: String(webhook.failed),
          })}
        </span>
        {webhook.paused_because !== null && <span className="meta">{webhook.paused_because}</span>}
      </div>
      <Badge sign={signOf(webhook)} />
      <div className="actions">
        <Small
          word={words.webhooks.log}
          onClick={() => {
            setOpen("log");
          }}
        />
        <Small
          word={webhook.is_active ? words.webhooks.pause : words.webhooks.resume}
          onClick={() => {
            const body = { is_active: !webhook.is_active };
            deed.mutate(() => call<unknown>(path, { method: "PATCH", body }));
          }}
        />
        <Small
          word={words.webhooks.renew}
          onClick={() => {
            deed.mutate(async () => {
              const made = await call<NewWebhook>(`${path}/rotate`, { method: "POST" });
              setSecret(made.secret);
            });
          }}
        />
        <Small
          word={words.webhooks.remove}
          onClick={() => {
            setOpen("removing");
          }}
        />
      </div>
      {deed.error !== null && open === null && (
        <FailureBar error={deed.error} title={words.not_done} />
      )}
      <Suspense>
        {open === "log" && <Log webhook={webhook} onClose={close} />}
        {secret !== null && (
          <SecretDialog
            title={words.webhooks.renewed}
            detail={words.webhooks.overlap}
            secret={secret}
            onClose={() => {
              setSecret(null);
            }}
          />
        )}
      </Suspense>
      {open === "removing" && (
        <Confirm
          title={words.webhooks.remove_title}
          question={fill(words.webhooks.remove_question, { url: webhook.url })}
          action={words.webhooks.remove}
          isBusy={deed.isPending}
          error={deed.error}
          onClose={close}
          onConfirm={() => {
            deed.mutate(() => call<unknown>(path, { method: "DELETE" }));
          }}
        />
      )}
    </li>
  );
}

function signOf(webhook: Webhook): Sign {
  return webhook.is_active
    ? { word: words.webhooks.active, tone: "ok", glyph: "check" }
    : { word: words.webhooks.paused, tone: "warn", glyph: "pause" };
}

interface SmallProps {
  readonly word: string;
  readonly onClick: () => void;
}

function Small({ word, onClick }: SmallProps): ReactNode {
  return (
    <Button size="compact-sm" variant="default" onClick={onClick}>
      {word}
    </Button>
  );
}
