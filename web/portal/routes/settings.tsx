/** One's own account: who one is, how it looks, tokens for programs, the way out. */
import "@mantine/core/styles/SegmentedControl.layer.css";

import { Button, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatDate, formatMoment } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { logOut } from "../api/call";
import { sessionQuery, tokensQuery } from "../api/queries";
import type { Token } from "../api/types";
import { Icon } from "../parts/glyphs";
import { FailureBar, Unloaded } from "../parts/notes";
import { useTitle } from "../parts/title";

const NewTokenDialog = lazy(() =>
  import("../settings/token").then(({ NewTokenDialog }) => ({ default: NewTokenDialog })),
);
const Webhooks = lazy(() =>
  import("../settings/webhooks").then(({ Webhooks }) => ({ default: Webhooks })),
);
const FactorSection = lazy(() =>
  import("../settings/factor").then(({ FactorSection }) => ({ default: FactorSection })),
);
const ADMINS: readonly (string | undefined)[] = ["admin", "superadmin"];
const RevokeDialog = lazy(() =>
  import("../settings/revoke").then(({ RevokeDialog }) => ({ default: RevokeDialog })),
);

export function Settings(): ReactNode {
  useTitle(words.places.settings);
  const { data } = useQuery(sessionQuery);
  const isHalfOpen = data?.needs_factor === true;
  return (
    <div className="screen narrow">
      <div className="screen-head">
        <h1>{words.places.settings}</h1>
      </div>
      <AccountSection />
      <Suspense>
        <FactorSection isNeeded={isHalfOpen} />
      </Suspense>
      <Look />
      {!isHalfOpen && <Tokens />}
      {!isHalfOpen && ADMINS.includes(data?.account.role) && (
        <Suspense>
          <Webhooks />
        </Suspense>
      )}
    </div>
  );
}

function AccountSection(): ReactNode {
  const queries = useQueryClient();
  const { data } = useQuery(sessionQuery);
  const leaving = useMutation({
    mutationFn: logOut,
    onSuccess: () => {
      queries.clear();
    },
  });
  const roles: Readonly<Record<string, string | undefined>> = words.roles;
  return (
    <section className="section">
      <h2>{words.settings.account}</h2>
      <div className="line">
        <div className="who">
          <span className="name">{data?.account.email}</span>
          <span className="meta">{roles[data?.account.role ?? ""] ?? data?.account.role}</span>
        </div>
        <Button
          variant="default"
          leftSection={<Icon of="out" size={16} />}
          loading={leaving.isPending}
          onClick={() => {
            leaving.mutate();
          }}
        >
          {words.settings.log_out}
        </Button>
      </div>
      {leaving.error !== null && <FailureBar error={leaving.error} title={words.not_done} />}
    </section>
  );
}

function Look(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <section className="section">
      <h2 id="look">{words.settings.look}</h2>
      <SegmentedControl
        aria-labelledby="look"
        value={colorScheme}
        data={[
          { value: "auto", label: words.settings.looks.auto },
          { value: "dark", label: words.settings.looks.dark },
          { value: "light", label: words.settings.looks.light },
        ]}
        onChange={(value) => {
          setColorScheme(value);
        }}
      />
    </section>
  );
}

function Tokens(): ReactNode {
  const [isMaking, setMaking] = useState(false);
  return (
    <section className="section">
      <div className="line">
        <div className="who">
          <h2>{words.settings.tokens}</h2>
          <span className="meta">{words.settings.tokens_detail}</span>
        </div>
        <Button
          variant="default"
          leftSection={<Icon of="plus" size={16} />}
          onClick={() => {
            setMaking(true);
          }}
        >
          {words.settings.make_token}
        </Button>
      </div>
      <TokenList />
      {isMaking && (
        <Suspense>
          <NewTokenDialog
            onClose={() => {
              setMaking(false);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}

function TokenList(): ReactNode {
  const found = useQuery(tokensQuery);
  if (found.data === undefined)
    return <Unloaded found={found} title={words.settings.tokens_failed} rows={2} />;
  if (found.data.items.length === 0) return <p className="dim">{words.settings.tokens_none}</p>;
  return (
    <ul className="rows boxed">
      {found.data.items.map((token) => (
        <Row key={token.id} token={token} />
      ))}
    </ul>
  );
}

function Row({ token }: { readonly token: Token }): ReactNode {
  const [isRevoking, setRevoking] = useState(false);
  const used = token.last_used_at;
  return (
    <li className="token">
      <Icon of="key" size={16} />
      <div className="who">
        <span className="name">{token.name}</span>
        <span className="meta figures">{token.scopes.join(" ")}</span>
      </div>
      <span className="meta when">
        {used === null
          ? words.settings.never_used
          : fill(words.settings.used, { when: formatMoment(used) })}
        {token.expires_at !== null &&
          ` · ${fill(words.handed.until, { date: formatDate(token.expires_at) })}`}
      </span>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          setRevoking(true);
        }}
      >
        {words.settings.revoke}
      </Button>
      {isRevoking && (
        <Suspense>
          <RevokeDialog
            token={token}
            onClose={() => {
              setRevoking(false);
            }}
          />
        </Suspense>
      )}
    </li>
  );
}
