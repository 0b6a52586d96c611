/** The facts of an asset, and the few that people may change: title and tags. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { formatDuration, formatMoment, formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { assetQuery } from "../api/queries";
import type { Asset } from "../api/types";
import { CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";
import { labelOfPlace } from "../parts/places";
import { Color } from "./color";
import { rowsOf } from "./facts";

export function Details({ asset }: { readonly asset: Asset }): ReactNode {
  const { details } = words.asset;
  return (
    <div className="panel">
      <dl className="facts">
        <Fact name={details.file_name}>
          <span className="break">{asset.file_name}</span>
        </Fact>
        <Fact name={details.kind}>{kindOf(asset.kind)}</Fact>
        <Fact name={details.size} isFigure>
          {formatSize(asset.size_bytes)}
        </Fact>
        <Fact name={details.duration} isFigure>
          {asset.duration === null ? null : formatDuration(asset.duration)}
        </Fact>
        <Fact name={details.resolution} isFigure>
          {asset.width === null || asset.height === null
            ? null
            : `${String(asset.width)} x ${String(asset.height)}`}
        </Fact>
        {rowsOf(asset.facts).map(({ name, value }, place) => (
          <Fact key={`${name} ${String(place)}`} name={name}>
            <span className="break">{value}</span>
          </Fact>
        ))}
        <Fact name={details.place}>{labelOfPlace(asset)}</Fact>
        <Fact name={details.created}>{formatMoment(asset.created_at)}</Fact>
        <Fact name={details.scan}>{words.scans[asset.scan]}</Fact>
        <Fact name={details.digest}>
          {asset.digest === null ? (
            <span className="dim">{details.digest_later}</span>
          ) : (
            <CopyText text={asset.digest.replace(/^sha-256:/, "")} label={details.copy_digest} />
          )}
        </Fact>
        {Object.entries(asset.metadata).map(([name, value]) => (
          <Fact key={name} name={name}>
            <span className="break">
              {typeof value === "string" ? value : JSON.stringify(value)}
            </span>
          </Fact>
        ))}
      </dl>
      {asset.kind === "video" && asset.facts && <Color key={`${asset.id} color`} asset={asset} />}
      <Edit key={asset.id} asset={asset} />
    </div>
  );
}

interface FactProps {
  readonly name: string;
  readonly isFigure?: boolean;
  readonly children: ReactNode;
}

function Fact({ name, isFigure = false, children }: FactProps): ReactNode {
  if (children === null || children === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className={isFigure ? "figures" : undefined}>{children}</dd>
    </div>
  );
}

function kindOf(kind: string): string {
  const kinds: Readonly<Record<string, string | undefined>> = words.kinds;
  return kinds[kind] ?? kind;
}

function Edit({ asset }: { readonly asset: Asset }): ReactNode {
  const { details } = words.asset;
  const queries = useQueryClient();
  const [title, setTitle] = useState(asset.title);
  const [tags, setTags] = useState(asset.tags.join(", "));
  const wanted = { title: title.trim(), tags: splitTags(tags) };
  const isChanged = wanted.title !== asset.title || wanted.tags.join() !== asset.tags.join();
  const change = useMutation({
    mutationFn: () => call<unknown>(`/assets/${asset.id}`, { method: "PATCH", body: wanted }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: assetQuery(asset.id).queryKey, exact: true });
      await queries.invalidateQueries({ queryKey: ["assets"] });
    },
  });
  return (
    <form
      className="stack edit"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <TextInput
        label={details.title}
        placeholder={asset.file_name}
        value={title}
        maxLength={300}
        onChange={(event) => {
          setTitle(event.currentTarget.value);
        }}
      />
      <TextInput
        label={details.tags}
        description={details.tags_hint}
        value={tags}
        maxLength={1000}
        onChange={(event) => {
          setTags(event.currentTarget.value);
        }}
      />
      {change.error !== null && <FailureBar error={change.error} title={words.not_saved} />}
      {isChanged && (
        <div className="actions">
          <Button type="submit" loading={change.isPending}>
            {words.save}
          </Button>
        </div>
      )}
    </form>
  );
}

function splitTags(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
