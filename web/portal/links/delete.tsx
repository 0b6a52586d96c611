/** The question before an upload link is deleted. */
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
import type { UploadLink } from "../api/types";
import { Confirm } from "../parts/confirm";

export interface DeleteLinkProps {
  readonly link: UploadLink;
  readonly name: string;
  readonly onClose: () => void;
}

export function DeleteLink({ link, name, onClose }: DeleteLinkProps): ReactNode {
  const queries = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => call<unknown>(`/links/${link.id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["links"] });
    },
  });
  return (
    <Confirm
      title={words.links.delete_title}
      question={fill(words.links.delete_question, { name })}
      action={words.links.delete_action}
      isBusy={deletion.isPending}
      error={deletion.error}
      onClose={onClose}
      onConfirm={() => {
        deletion.mutate();
      }}
    />
  );
}
