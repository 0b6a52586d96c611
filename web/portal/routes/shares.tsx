/** Shares: what others watch and download without an account, and how often they did. */
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import { Button, Switch } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatDate } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { sharesQuery } from "../api/queries";
import type { Share } from "../api/types";
import { More } from "../grid/more";
import { Badge } from "../parts/badge";
import { CopyButton } from "../parts/copy";
import { Icon } from "../parts/glyphs";
import { Empty, FailureBar, Unloaded } from "../parts/notes";
import { useTitle } from "../parts/title";
import { signOfShare } from "../shares/share";

const ShareDrawer = lazy(() =>
  import("../shares/drawer").then(({ ShareDrawer }) => ({ default: ShareDrawer })),
);
const DeleteShare = lazy(() =>
  import("../shares/delete").then(({ DeleteShare }) => ({ default: DeleteShare })),
);

const NO_ASSETS: readonly string[] = [];

export function Shares(): ReactNode {
  useTitle(words.places.shares);
  const [isMaking, setMaking] = useState(false);
  const make = (): void => {
    setMaking(true);
  };
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>{words.places.shares}</h1>
        <Button className="primary" leftSection={<Icon of="plus" size={18} />} onClick={make}>
          {words.shares.make}
        </Button>
      </div>
      <List />
      {isMaking && (
        <Suspense>
          <ShareDrawer
            assetIds={NO_ASSETS}
            onClose={() => {
              setMaking(false);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

function List(): ReactNode {
  const found = useInfiniteQuery(sharesQuery);
  if (found.data === undefined) {
    return <Unloaded found={found} title={words.shares.failed} rows={6} />;
  }
  const shares = found.data.pages.flatMap((page) => page.items);
  if (shares.length === 0) {
    return <Empty glyph="shares" title={words.shares.empty} detail={words.shares.empty_detail} />;
  }
  return (
    <>
      {found.error !== null && (
        <FailureBar
          error={found.error}
          title={words.shares.failed}
          onRetry={() => {
            void found.refetch();
          }}
        />
      )}
      <ul className="rows boxed">
        {shares.map((share) => (
          <Row key={share.id} share={share} />
        ))}
      </ul>
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={shares.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
    </>
  );
}

function Row({ share }: { readonly share: Share }): ReactNode {
  const queries = useQueryClient();
  const [isDeleting, setDeleting] = useState(false);
  const toggle = useMutation({
    mutationFn: () =>
      call<unknown>(`/shares/${share.id}`, {
        method: "PATCH",
        body: { is_active: !share.is_active },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["shares"] }),
  });
  const sign = signOfShare(share, new Date());
  const place = `${share.client} / ${share.project}`;
  const name = share.title === "" ? place : share.title;
  return (
    <li className={sign.glyph === "none" ? "link is-over" : "link"}>
      <div className="who">
        <span className="name">{name}</span>
        <span className="meta">{whatOf(share, name === place ? "" : place)}</span>
      </div>
      <Badge sign={sign} />
      <span className="meta when">{expiryOf(share)}</span>
      <span className="meta figures uses">{usesOf(share)}</span>
      <span className="acts">
        {share.url !== null && (
          <CopyButton text={share.url} label={fill(words.shares.copy, { name })} />
        )}
        <Switch
          size="sm"
          withThumbIndicator={false}
          aria-label={fill(words.shares.toggle, { name })}
          checked={toggle.isPending ? !share.is_active : share.is_active}
          disabled={toggle.isPending}
          onChange={() => {
            toggle.mutate();
          }}
        />
        <Button
          variant="subtle"
          color="gray"
          size="compact-md"
          aria-label={fill(words.shares.delete, { name })}
          title={fill(words.shares.delete, { name })}
          onClick={() => {
            setDeleting(true);
          }}
        >
          <Icon of="bin" size={16} />
        </Button>
      </span>
      {toggle.error !== null && <FailureBar error={toggle.error} title={words.not_done} />}
      {isDeleting && (
        <Suspense>
          <DeleteShare
            id={share.id}
            name={name}
            onClose={() => {
              setDeleting(false);
            }}
          />
        </Suspense>
      )}
    </li>
  );
}

function whatOf(share: Share, place: string): string {
  const what =
    share.asset_count === null ? words.shares.whole : count(words.shares.assets, share.asset_count);
  const lock = share.has_password ? words.shares.locked : "";
  return [place, what, lock].filter(Boolean).join(" · ");
}

function expiryOf({ expires_at: expires }: Share): string {
  if (expires === null) return words.links.never;
  return fill(words.links.until, { date: formatDate(expires) });
}

function usesOf({ view_count: views, max_views: most, download_count: downloads }: Share): string {
  const seen =
    most === null
      ? count(words.shares.views, views)
      : fill(words.shares.views_of, { n: views, all: most });
  return downloads === 0 ? seen : `${seen} · ${count(words.shares.downloads, downloads)}`;
}
