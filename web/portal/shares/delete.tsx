/** The question before a share is deleted. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { Confirm } from "../parts/confirm";

export interface DeleteShareProps {
  readonly id: string;
  readonly name: string;
  readonly onClose: () => void;
}

export function DeleteShare({ id, name, onClose }: DeleteShareProps): ReactNode {
  const queries = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => call<unknown>(`/shares/${id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["shares"] });
    },
  });
  return (
    <Confirm
      title={words.shares.delete_title}
      question={fill(words.shares.delete_question, { name })}
      action={words.shares.delete_action}
      isBusy={deletion.isPending}
      error={deletion.error}
      onClose={onClose}
      onConfirm={() => {
        deletion.mutate();
      }}
    />
  );
}
