/** The bar of what is chosen in the grid: as one ZIP, as a share, with a tag, away. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import type { Asset, SignedUrl } from "../api/types";
import { Act } from "../parts/act";
import { Icon } from "../parts/glyphs";
import { FailureBar } from "../parts/notes";

const DeleteMany = lazy(() =>
  import("./delete_many").then(({ DeleteMany }) => ({ default: DeleteMany })),
);
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
  readonly assets: readonly Asset[];
  /** Whether originals may be had, and assets be shared, tagged and deleted. */
  readonly mayChange: boolean;
  readonly onClear: () => void;
}

type Deed = "share" | "tag" | "delete";

export function Selection({ assets, mayChange, onClear }: SelectionProps): ReactNode {
  const [deed, setDeed] = useState<Deed>();
  const ids = assets.map(({ id }) => id);
  const close = (): void => {
    setDeed(undefined);
  };
  useEscape(onClear, deed === undefined);
  return (
    <section className="selection" aria-label={texts.title}>
      <Act glyph="close" label={texts.clear} onClick={onClear} />
      <span className="selection-count" role="status">
        {count(texts.chosen, assets.length)}
        <span className="meta figures">
          {formatSize(
            assets.reduce((sum, { size_bytes: size }) => sum + size, 0),
            1,
          )}
        </span>
      </span>
      <Packing ids={ids} mayTakeOriginals={mayChange} />
      {mayChange && <Deeds open={deed} onOpen={setDeed} />}
      {deed === "tag" && <Tags ids={ids} />}
      <Suspense>
        {deed === "share" && <ShareDrawer assetIds={ids} onClose={close} />}
        {deed === "delete" && <DeleteMany assets={assets} onClose={close} onDone={onClear} />}
      </Suspense>
    </section>
  );
}

/** Escape chooses none, unless it closes something that stands above. */
function useEscape(onClear: () => void, isOn: boolean): void {
  useEffect(() => {
    const onKey = ({ key, target }: KeyboardEvent): void => {
      const isTyping = target instanceof HTMLInputElement && target.type !== "checkbox";
      if (key === "Escape" && isOn && !isTyping) onClear();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [onClear, isOn]);
}

interface DeedsProps {
  readonly open: Deed | undefined;
  readonly onOpen: (deed: Deed | undefined) => void;
}

function Deeds({ open, onOpen }: DeedsProps): ReactNode {
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon of="shares" size={16} />}
        onClick={() => {
          onOpen("share");
        }}
      >
        {words.shares.share}
      </Button>
      <Button
        variant="default"
        leftSection={<Icon of="tag" size={16} />}
        aria-expanded={open === "tag"}
        onClick={() => {
          onOpen(open === "tag" ? undefined : "tag");
        }}
      >
        {texts.tags}
      </Button>
      <Button
        variant="default"
        leftSection={<Icon of="bin" size={16} />}
        onClick={() => {
          onOpen("delete");
        }}
      >
        {words.asset.delete}
      </Button>
    </>
  );
}

interface PackingProps {
  readonly ids: readonly string[];
  readonly mayTakeOriginals: boolean;
}

function Packing({ ids, mayTakeOriginals }: PackingProps): ReactNode {
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
      aria-label={fill(texts.zip, { what: label })}
      title={fill(texts.zip, { what: label })}
      onClick={() => {
        packing.mutate(quality);
      }}
    >
      {label}
    </Button>
  );
  return (
    <>
      {mayTakeOriginals && pack("original", texts.originals)}
      {pack("best", texts.best)}
      {packing.error !== null && <FailureBar error={packing.error} title={texts.not_packed} />}
    </>
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
        autoFocus
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
