/** What is handed out by an address: upload links and shares look and act alike in their lists. */
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import { ActionIcon, Button, Switch } from "@mantine/core";
import {
  useMutation,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatDate } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import type { Page } from "../api/types";
import { More } from "../grid/more";
import { Act } from "./act";
import { Badge } from "./badge";
import { CopyButton } from "./copy";
import { Icon, type Glyph } from "./glyphs";
import { Empty, FailureBar, Unloaded } from "./notes";
import type { Sign } from "./states";
import { useTitle } from "./title";

const Delete = lazy(() => import("./delete").then(({ Delete }) => ({ default: Delete })));

export interface Handed {
  readonly id: string;
  readonly url: string | null;
  readonly client: string;
  readonly project: string;
  readonly title: string;
  readonly is_active: boolean;
  readonly expires_at: string | null;
}

/** What a list says in its own words. */
export interface HandedTexts {
  readonly make: string;
  readonly failed: string;
  readonly empty: string;
  readonly empty_detail: string;
  readonly copy: string;
  readonly edit: string;
  readonly toggle: string;
  readonly delete: string;
  readonly delete_title: string;
  readonly delete_question: string;
  readonly delete_action: string;
}

/** What one row says beside its name and its expiry. */
export interface Facts {
  readonly sign: Sign;
  readonly detail: string;
  readonly uses: string;
}

export interface DrawerProps<T> {
  /** What is changed; none: a new one is made. */
  readonly of?: T;
  readonly onClose: () => void;
}

export interface HandedProps<T extends Handed> {
  /** The part of the API, which is also the key of its queries. */
  readonly kind: "links" | "shares";
  readonly glyph: Glyph;
  readonly texts: HandedTexts;
  readonly found: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  readonly factsOf: (one: T) => Facts;
  readonly drawer: (props: DrawerProps<T>) => ReactNode;
}

/** The whole screen: its head, its rows, and the drawer that makes one. */
export function HandedScreen<T extends Handed>(props: HandedProps<T>): ReactNode {
  const { kind, texts, drawer } = props;
  const title = words.places[kind];
  useTitle(title);
  const [isMaking, setMaking] = useState(false);
  const make = (): void => {
    setMaking(true);
  };
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>{title}</h1>
        <Button className="primary" leftSection={<Icon of="plus" size={18} />} onClick={make}>
          {texts.make}
        </Button>
      </div>
      <List {...props} onMake={make} />
      {isMaking && (
        <Suspense>
          {drawer({
            onClose: () => {
              setMaking(false);
            },
          })}
        </Suspense>
      )}
    </div>
  );
}

function List<T extends Handed>(
  props: HandedProps<T> & { readonly onMake: () => void },
): ReactNode {
  const { found, texts, glyph, onMake } = props;
  if (found.data === undefined) return <Unloaded found={found} title={texts.failed} rows={6} />;
  const shown = found.data.pages.flatMap((page) => page.items);
  if (shown.length === 0) {
    return (
      <Empty glyph={glyph} title={texts.empty} detail={texts.empty_detail}>
        <Button onClick={onMake}>{texts.make}</Button>
      </Empty>
    );
  }
  return (
    <>
      {found.error !== null && (
        <FailureBar
          error={found.error}
          title={texts.failed}
          onRetry={() => {
            void found.refetch();
          }}
        />
      )}
      <ul className="rows boxed">
        {shown.map((one) => (
          <Row key={one.id} one={one} {...props} />
        ))}
      </ul>
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={shown.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
    </>
  );
}

function Row<T extends Handed>(props: HandedProps<T> & { readonly one: T }): ReactNode {
  const { one, kind, texts, factsOf, drawer } = props;
  const queries = useQueryClient();
  const [opened, setOpened] = useState<"edit" | "delete" | null>(null);
  const close = (): void => {
    setOpened(null);
  };
  const toggle = useMutation({
    mutationFn: () =>
      call<unknown>(`/${kind}/${one.id}`, {
        method: "PATCH",
        body: { is_active: !one.is_active },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: [kind] }),
  });
  const { sign, detail, uses } = factsOf(one);
  const name = nameOf(one);
  return (
    <li className={sign.glyph === "none" ? "link is-over" : "link"}>
      <div className="who">
        <span className="name">{name}</span>
        {detail !== "" && <span className="meta">{detail}</span>}
      </div>
      <Badge sign={sign} />
      <span className="meta when">{expiryOf(one)}</span>
      <span className="meta figures uses">{uses}</span>
      <span className="acts">
        {one.url !== null && <Visit address={one.url} label={fill(words.handed.visit, { name })} />}
        {one.url !== null && <CopyButton text={one.url} label={fill(texts.copy, { name })} />}
        <Act
          glyph="settings"
          label={fill(texts.edit, { name })}
          onClick={() => {
            setOpened("edit");
          }}
        />
        <Switch
          size="sm"
          withThumbIndicator={false}
          aria-label={fill(texts.toggle, { name })}
          checked={toggle.isPending ? !one.is_active : one.is_active}
          disabled={toggle.isPending}
          onChange={() => {
            toggle.mutate();
          }}
        />
        <Act
          glyph="bin"
          label={fill(texts.delete, { name })}
          onClick={() => {
            setOpened("delete");
          }}
        />
      </span>
      {toggle.error !== null && <FailureBar error={toggle.error} title={words.not_done} />}
      <Suspense>
        {opened === "edit" && drawer({ of: one, onClose: close })}
        {opened === "delete" && (
          <Delete kind={kind} id={one.id} name={name} texts={texts} onClose={close} />
        )}
      </Suspense>
    </li>
  );
}

/** Leads to the page as its receivers see it. */
function Visit({
  address,
  label,
}: {
  readonly address: string;
  readonly label: string;
}): ReactNode {
  return (
    <ActionIcon
      component="a"
      href={address}
      target="_blank"
      rel="noreferrer"
      variant="subtle"
      color="gray"
      className="act"
      aria-label={label}
      title={label}
    >
      <Icon of="visit" size={16} />
    </ActionIcon>
  );
}

/** Return where it belongs, as people know it. */
export function placeOf({ client, project }: Handed): string {
  return `${client} / ${project}`;
}

/** Return what it is called: its title, else where it belongs. */
export function nameOf(one: Handed): string {
  return one.title === "" ? placeOf(one) : one.title;
}

function expiryOf({ expires_at: expires }: Handed): string {
  if (expires === null) return words.handed.never;
  return fill(words.handed.until, { date: formatDate(expires) });
}
