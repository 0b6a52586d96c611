/** What the colours of a film are taken for, and the choice of another. */
import { Button, FileButton, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { assetQuery, colorQuery } from "../api/queries";
import type { Asset, Colors } from "../api/types";
import { FailureBar } from "../parts/notes";
import { lutNameOf } from "./lut";

const { color: names } = words.asset;

const AS_RECORDED = "rec709"; // no table: what the camera wrote

export function Color({ asset }: { readonly asset: Asset }): ReactNode {
  const queries = useQueryClient();
  const found = useQuery(colorQuery(asset.id));
  const change = useMutation({
    mutationFn: (color: string) =>
      call<Colors>(`/assets/${asset.id}/color`, { method: "PUT", body: { color } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: assetQuery(asset.id).queryKey });
    },
  });
  const send = useMutation({
    mutationFn: async (file: File) => {
      const name = lutNameOf(file.name);
      await call<unknown>(`/luts/${name}`, { method: "PUT", text: file });
      await change.mutateAsync(`log:${name}`);
    },
  });
  const [before, setBefore] = useState("auto");
  const colors = found.data;
  if (colors === undefined) return null;
  const isPlain = colors.choice === AS_RECORDED;
  const hasOther = isPlain ? before !== AS_RECORDED : colors.applied !== AS_RECORDED;
  return (
    <div className="stack edit">
      <NativeSelect
        label={names.label}
        description={hintOf(colors)}
        value={change.isPending ? change.variables : colors.choice}
        disabled={change.isPending}
        onChange={(event) => {
          change.mutate(event.currentTarget.value);
        }}
      >
        {colors.choices.map((choice) => (
          <option key={choice} value={choice}>
            {nameOf(choice)}
          </option>
        ))}
      </NativeSelect>
      {hasOther && (
        <Button
          variant="default"
          aria-pressed={isPlain}
          loading={change.isPending}
          onClick={() => {
            if (!isPlain) setBefore(colors.choice);
            change.mutate(isPlain ? before : AS_RECORDED);
          }}
        >
          {names.as_recorded}
        </Button>
      )}
      {change.error !== null && <FailureBar error={change.error} title={words.not_saved} />}
      <FileButton
        accept=".cube"
        onChange={(file) => {
          if (file !== null) send.mutate(file);
        }}
      >
        {(props) => (
          <Button {...props} variant="default" loading={send.isPending}>
            {names.send_lut}
          </Button>
        )}
      </FileButton>
      {send.error !== null && change.error === null && (
        <FailureBar error={send.error} title={names.lut_failed} />
      )}
    </div>
  );
}

/** A choice in words: a LUT that somebody has sent is called by its own name. */
function nameOf(choice: string): string {
  const known: Readonly<Record<string, string | undefined>> = names.choices;
  return known[choice] ?? fill(names.lut, { name: choice.replace(/^log:/, "") });
}

function hintOf({ applied, camera }: Colors): string {
  const shown = fill(names.shown_as, { name: nameOf(applied) });
  if (camera === null) return shown;
  return `${shown} ${fill(names.camera_says, { name: nameOf(`log:${camera}`) })}`;
}
