/** The question before a plan is carried out: how much leaves the edge, and what that means. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import type { EvictionPlan } from "../api/types";
import { Confirm } from "../parts/confirm";

export interface EvictDialogProps {
  readonly plan: EvictionPlan;
  readonly onClose: () => void;
}

export function EvictDialog({ plan, onClose }: EvictDialogProps): ReactNode {
  const queries = useQueryClient();
  const deed = useMutation({
    mutationFn: () =>
      call<unknown>("/tiers/edge/evict", { method: "POST", body: { objects: plan.objects } }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["tiers"] });
    },
  });
  return (
    <Confirm
      title={words.storage.carry_out}
      question={fill(words.storage.question, {
        n: plan.objects.toLocaleString(),
        size: formatSize(plan.size_bytes, 1),
      })}
      action={words.storage.carry_out}
      isBusy={deed.isPending}
      error={deed.error}
      onClose={onClose}
      onConfirm={() => {
        deed.mutate();
      }}
    >
      <p className="dim">{words.storage.consequence}</p>
    </Confirm>
  );
}
