/** Upload links: addresses by which others send files without an account. */
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import { Button, Switch } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatDate, formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { linksQuery } from "../api/queries";
import type { UploadLink } from "../api/types";
import { More } from "../grid/more";
import { Badge } from "../parts/badge";
import { CopyButton } from "../parts/copy";
import { Icon } from "../parts/glyphs";
import { Empty, FailureBar, Unloaded } from "../parts/notes";
import { useTitle } from "../parts/title";
import { signOfLink } from "../links/link";

const LinkDrawer = lazy(() =>
  import("../links/drawer").then(({ LinkDrawer }) => ({ default: LinkDrawer })),
);
const DeleteLink = lazy(() =>
  import("../links/delete").then(({ DeleteLink }) => ({ default: DeleteLink })),
);

export function Links(): ReactNode {
  useTitle(words.places.links);
  const [isMaking, setMaking] = useState(false);
  const make = (): void => {
    setMaking(true);
  };
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>{words.places.links}</h1>
        <Button className="primary" leftSection={<Icon of="plus" size={18} />} onClick={make}>
          {words.links.make}
        </Button>
      </div>
      <List onMake={make} />
      {isMaking && (
        <Suspense>
          <LinkDrawer
            onClose={() => {
              setMaking(false);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

function List({ onMake }: { readonly onMake: () => void }): ReactNode {
  const found = useInfiniteQuery(linksQuery);
  const retry = (): void => {
    void found.refetch();
  };
  if (found.data === undefined)
    return <Unloaded found={found} title={words.links.failed} rows={6} />;
  const links = found.data.pages.flatMap((page) => page.items);
  if (links.length === 0) {
    return (
      <Empty glyph="links" title={words.links.empty} detail={words.links.empty_detail}>
        <Button onClick={onMake}>{words.links.make}</Button>
      </Empty>
    );
  }
  return (
    <>
      {found.error !== null && (
        <FailureBar error={found.error} title={words.links.failed} onRetry={retry} />
      )}
      <ul className="rows boxed">
        {links.map((link) => (
          <Row key={link.id} link={link} />
        ))}
      </ul>
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={links.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
    </>
  );
}

function Row({ link }: { readonly link: UploadLink }): ReactNode {
  const queries = useQueryClient();
  const [isDeleting, setDeleting] = useState(false);
  const toggle = useMutation({
    mutationFn: () => call<unknown>(`/links/${link.id}/toggle`, { method: "POST" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["links"] }),
  });
  const sign = signOfLink(link, new Date());
  const place = `${link.client} / ${link.project}`;
  const name = link.title === "" ? place : link.title;
  return (
    <li className={sign.glyph === "none" ? "link is-over" : "link"}>
      <div className="who">
        <span className="name">{name}</span>
        {name !== place && <span className="meta">{place}</span>}
      </div>
      <Badge sign={sign} />
      <span className="meta when">{expiryOf(link)}</span>
      <span className="meta figures uses">{usesOf(link)}</span>
      <span className="acts">
        {link.url !== null && (
          <CopyButton text={link.url} label={fill(words.links.copy, { name })} />
        )}
        <Switch
          size="sm"
          withThumbIndicator={false}
          aria-label={fill(words.links.toggle, { name })}
          checked={toggle.isPending ? !link.is_active : link.is_active}
          disabled={toggle.isPending}
          onChange={() => {
            toggle.mutate();
          }}
        />
        <Button
          variant="subtle"
          color="gray"
          size="compact-md"
          aria-label={fill(words.links.delete, { name })}
          title={fill(words.links.delete, { name })}
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
          <DeleteLink
            link={link}
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

function expiryOf({ expires_at: expires }: UploadLink): string {
  if (expires === null) return words.links.never;
  return fill(words.links.until, { date: formatDate(expires) });
}

function usesOf(link: UploadLink): string {
  const used =
    link.max_files === null
      ? count(words.links.files, link.upload_count)
      : fill(words.links.files_of, { n: link.upload_count, all: link.max_files });
  const most = link.max_total_bytes ?? link.max_file_bytes;
  return most === null ? used : `${used} · ${fill(words.links.most, { size: formatSize(most) })}`;
}
