/** The dialogs that make a webhook, and that show a secret this once. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import type { NewWebhook } from "../api/types";
import { CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";

interface Wish {
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string;
}

export function WebhookDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: (body: Wish) => call<NewWebhook>("/webhooks", { method: "POST", body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  if (making.data !== undefined) {
    return (
      <SecretDialog title={words.webhooks.made} secret={making.data.secret} onClose={onClose} />
    );
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.webhooks.make}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <Form
        isBusy={making.isPending}
        error={making.error}
        onClose={onClose}
        onMake={(wish) => {
          making.mutate(wish);
        }}
      />
    </Modal>
  );
}

export interface SecretDialogProps {
  readonly title: string;
  readonly detail?: string;
  readonly secret: string;
  readonly onClose: () => void;
}

export function SecretDialog({ title, detail, secret, onClose }: SecretDialogProps): ReactNode {
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      title={title}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <div className="stack">
        <p>
          {words.webhooks.once} {detail}
        </p>
        <CopyText text={secret} label={words.copy} />
        <div className="actions end">
          <Button onClick={onClose}>{words.done}</Button>
        </div>
      </div>
    </Modal>
  );
}

interface FormProps {
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onMake: (wish: Wish) => void;
}

function Form({ isBusy, error, onClose, onMake }: FormProps): ReactNode {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState("asset.ready");
  const [description, setDescription] = useState("");
  const chosen = events.split(/[\s,]+/u).filter((name) => name !== "");
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onMake({ url: url.trim(), events: chosen, description: description.trim() });
      }}
    >
      <TextInput
        label={words.webhooks.url}
        description={words.webhooks.url_hint}
        placeholder={words.webhooks.url_example}
        type="url"
        value={url}
        data-autofocus
        onChange={(event) => {
          setUrl(event.currentTarget.value);
        }}
      />
      <TextInput
        label={words.webhooks.events}
        description={words.webhooks.events_hint}
        value={events}
        onChange={(event) => {
          setEvents(event.currentTarget.value);
        }}
      />
      <TextInput
        label={words.webhooks.description}
        value={description}
        maxLength={500}
        onChange={(event) => {
          setDescription(event.currentTarget.value);
        }}
      />
      {error !== null && <FailureBar error={error} title={words.webhooks.not_made} />}
      <div className="actions end">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={isBusy} disabled={url.trim() === "" || chosen.length === 0}>
          {words.webhooks.make}
        </Button>
      </div>
    </form>
  );
}
