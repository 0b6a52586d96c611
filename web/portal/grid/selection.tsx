/** The bar of what is chosen in the grid: as one ZIP, as a share, with a tag. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import type { SignedUrl } from "../api/types";
import { Icon } from "../parts/glyphs";
import { FailureBar } from "../parts/notes";

const ShareDrawer = lazy(() =>
  import("../shares/drawer").then(({ ShareDrawer }) => ({ default: ShareDrawer })),
);

const { selection: texts } = words;

/** What a change of many came to. */
interface Changed {
  readonly changed: number;
  readonly refused: readonly { readonly id: string; readonly detail: string }[];
}

export interface SelectionProps {
  readonly ids: readonly string[];
  /** Whether originals may be had. */
  readonly mayTakeOriginals: boolean;
  /** Whether it may be shared and tagged. */
  readonly mayChange: boolean;
  readonly onClear: () => void;
}

export function Selection(props: SelectionProps): ReactNode {
  const { ids, mayTakeOriginals, mayChange, onClear } = props;
  const [isSharing, setSharing] = useState(false);
  const packing = useMutation({
    mutationFn: (quality: string) =>
      call<SignedUrl>("/downloads", { method: "POST", body: { asset_ids: ids, quality } }),
    onSuccess: ({ url }) => {
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = "";
      anchor.click();
    },
  });
  const pack = (quality: string, label: string): ReactNode => (
    <Button
      variant="default"
      leftSection={<Icon of="download" size={16} />}
      loading={packing.isPending && packing.variables === quality}
      onClick={() => {
        packing.mutate(quality);
      }}
    >
      {label}
    </Button>
  );
  return (
    <section className="selection" aria-label={texts.title}>
      <span className="selection-count" role="status">
        {count(texts.chosen, ids.length)}
      </span>
      {mayTakeOriginals && pack("original", texts.originals)}
      {pack("best", texts.best)}
      {mayChange && (
        <Button
          variant="default"
          leftSection={<Icon of="shares" size={16} />}
          onClick={() => {
            setSharing(true);
          }}
        >
          {words.shares.share}
        </Button>
      )}
      {mayChange && <Tags ids={ids} />}
      <Button variant="subtle" color="gray" onClick={onClear}>
        {texts.clear}
      </Button>
      {packing.error !== null && <FailureBar error={packing.error} title={texts.not_packed} />}
      {isSharing && (
        <Suspense>
          <ShareDrawer
            assetIds={ids}
            onClose={() => {
              setSharing(false);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}

function Tags({ ids }: { readonly ids: readonly string[] }): ReactNode {
  const queries = useQueryClient();
  const [tag, setTag] = useState("");
  const tagging = useMutation({
    mutationFn: (change: "add_tags" | "remove_tags") =>
      call<Changed>("/assets/bulk", { method: "POST", body: { ids, [change]: [tag.trim()] } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["assets"] }),
  });
  const isEmpty = tag.trim() === "";
  return (
    <form
      className="selection-tags"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) tagging.mutate("add_tags");
      }}
    >
      <TextInput
        aria-label={texts.tag}
        placeholder={texts.tag}
        maxLength={200}
        value={tag}
        onChange={(event) => {
          setTag(event.currentTarget.value);
        }}
      />
      <Button type="submit" variant="default" disabled={isEmpty} loading={tagging.isPending}>
        {texts.add_tag}
      </Button>
      <Button
        variant="default"
        disabled={isEmpty || tagging.isPending}
        onClick={() => {
          tagging.mutate("remove_tags");
        }}
      >
        {texts.remove_tag}
      </Button>
      <span role="status" className="meta">
        {tagging.data === undefined ? "" : outcomeOf(tagging.data)}
      </span>
      {tagging.error !== null && <FailureBar error={tagging.error} title={words.not_done} />}
    </form>
  );
}

function outcomeOf({ changed, refused }: Changed): string {
  const done = count(texts.tagged, changed);
  const why = refused[0]?.detail;
  if (why === undefined) return done;
  return `${done} ${fill(texts.refused, { n: refused.length, why })}`;
}
