/** The question before an asset is deleted: what goes, from where. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { placementsQuery } from "../api/queries";
import type { Asset, Tier } from "../api/types";
import { Confirm } from "../parts/confirm";

export interface DeleteProps {
  readonly asset: Asset;
  readonly onClose: () => void;
}

export function Delete({ asset, onClose }: DeleteProps): ReactNode {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const placements = useQuery(placementsQuery(asset.id));
  const deletion = useMutation({
    mutationFn: () => call<unknown>(`/assets/${asset.id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onClose();
      await navigate({ to: "/library", search: {} });
      await queries.invalidateQueries({ queryKey: ["assets"] });
      queries.removeQueries({ queryKey: ["asset", asset.id] });
    },
  });
  const present = (placements.data?.items ?? []).filter(({ state }) => state !== "absent");
  const lines = (["edge", "archive", "former", "editing"] satisfies Tier[]).flatMap((tier) => {
    const here = present.filter((placement) => placement.tier === tier);
    if (here.length === 0) return [];
    const bytes = here.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    const objects = count(words.asset.objects, here.length);
    return [`${words.tiers[tier]}: ${objects}, ${formatSize(bytes, 1)}`];
  });
  return (
    <Confirm
      title={words.asset.delete_title}
      question={fill(words.asset.delete_question, { name: asset.file_name })}
      action={words.asset.delete_action}
      isBusy={deletion.isPending}
      error={deletion.error}
      onClose={onClose}
      onConfirm={() => {
        deletion.mutate();
      }}
    >
      {lines.length > 0 && (
        <ul className="what-goes figures">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </Confirm>
  );
}
