/** The question before many assets are deleted; they go one after the other. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { ApiProblem, call } from "../api/call";
import type { Asset } from "../api/types";
import { Confirm } from "../parts/confirm";
import { nameOf } from "../parts/places";

const { selection: texts } = words;
const SHOWN = 5; // names, before the rest is a number

export interface DeleteManyProps {
  readonly assets: readonly Asset[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function DeleteMany({ assets, onClose, onDone }: DeleteManyProps): ReactNode {
  const queries = useQueryClient();
  const [of] = useState(assets); // what was asked about; the grid behind goes on
  const [gone, setGone] = useState(0);
  const deletion = useMutation({
    mutationFn: () => removeAll(of, setGone),
    onSuccess: () => {
      onClose();
      onDone();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["assets"] }),
  });
  const size = of.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0);
  const rest = of.length - SHOWN;
  return (
    <Confirm
      title={count(texts.delete_title, of.length)}
      question={fill(texts.delete_question, { size: formatSize(size, 1) })}
      action={words.asset.delete_action}
      isBusy={deletion.isPending}
      error={deletion.error}
      onClose={onClose}
      onConfirm={() => {
        deletion.mutate();
      }}
    >
      <ul className="what-goes">
        {of.slice(0, SHOWN).map((asset) => (
          <li key={asset.id}>{nameOf(asset)}</li>
        ))}
        {rest > 0 && <li>{count(texts.and_more, rest)}</li>}
      </ul>
      {deletion.isPending && (
        <progress max={of.length} value={gone} aria-label={words.asset.delete_action} />
      )}
    </Confirm>
  );
}

/** Delete each; one that is gone already is no failure. */
async function removeAll(assets: readonly Asset[], tell: (gone: number) => void): Promise<void> {
  for (const [at, { id }] of assets.entries()) {
    try {
      await call<unknown>(`/assets/${id}`, { method: "DELETE" });
    } catch (failure) {
      if (!(failure instanceof ApiProblem) || failure.status !== 404) throw failure;
    }
    tell(at + 1);
  }
}
