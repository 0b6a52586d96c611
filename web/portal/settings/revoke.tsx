/** The question before a token is revoked. */
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
import type { Token } from "../api/types";
import { Confirm } from "../parts/confirm";

export interface RevokeDialogProps {
  readonly token: Token;
  readonly onClose: () => void;
}

export function RevokeDialog({ token, onClose }: RevokeDialogProps): ReactNode {
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => call<unknown>(`/tokens/${token.id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  return (
    <Confirm
      title={words.settings.revoke_title}
      question={fill(words.settings.revoke_question, { name: token.name })}
      action={words.settings.revoke}
      isBusy={revoking.isPending}
      error={revoking.error}
      onClose={onClose}
      onConfirm={() => {
        revoking.mutate();
      }}
    />
  );
}
