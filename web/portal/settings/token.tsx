/** The dialog that makes an API token and shows it this once. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import { Button, Checkbox, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import type { NewToken } from "../api/types";
import { CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";

const SCOPES = ["read", "write", "links", "webhooks", "editing", "admin"] as const;

export function NewTokenDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: (body: { readonly name: string; readonly scopes: readonly string[] }) =>
      call<NewToken>("/tokens", { method: "POST", body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={making.data === undefined}
      title={making.data === undefined ? words.settings.make_token : words.settings.token_made}
      closeButtonProps={{ "aria-label": words.close }}
    >
      {making.data === undefined ? (
        <Form
          isBusy={making.isPending}
          error={making.error}
          onClose={onClose}
          onMake={(name, scopes) => {
            making.mutate({ name, scopes });
          }}
        />
      ) : (
        <div className="stack">
          <p>{words.settings.token_once}</p>
          <CopyText text={making.data.token} label={words.copy} />
          <div className="actions end">
            <Button onClick={onClose}>{words.done}</Button>
          </div>
        </div>
      )}
    </Modal>
  );
}

interface FormProps {
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onMake: (name: string, scopes: readonly string[]) => void;
}

function Form({ isBusy, error, onClose, onMake }: FormProps): ReactNode {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onMake(name.trim(), scopes);
      }}
    >
      <TextInput
        label={words.settings.token_name}
        description={words.settings.token_name_hint}
        value={name}
        maxLength={100}
        data-autofocus
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <Checkbox.Group label={words.settings.scopes} value={scopes} onChange={setScopes}>
        <div className="scopes">
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} label={words.scope_words[scope]} />
          ))}
        </div>
      </Checkbox.Group>
      {error !== null && <FailureBar error={error} title={words.settings.token_not_made} />}
      <div className="actions end">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={isBusy} disabled={name.trim() === "" || scopes.length === 0}>
          {words.settings.make_token}
        </Button>
      </div>
    </form>
  );
}
