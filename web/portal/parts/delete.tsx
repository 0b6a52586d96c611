/** The question before a link or a share is deleted. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { Confirm } from "./confirm";

export interface DeleteProps {
  /** The part of the API, which is also the key of its queries. */
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly texts: {
    readonly delete_title: string;
    readonly delete_question: string;
    readonly delete_action: string;
  };
  readonly onClose: () => void;
}

export function Delete({ kind, id, name, texts, onClose }: DeleteProps): ReactNode {
  const queries = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => call<unknown>(`/${kind}/${id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: [kind] });
    },
  });
  return (
    <Confirm
      title={texts.delete_title}
      question={fill(texts.delete_question, { name })}
      action={texts.delete_action}
      isBusy={deletion.isPending}
      error={deletion.error}
      onClose={onClose}
      onConfirm={() => {
        deletion.mutate();
      }}
    />
  );
}
