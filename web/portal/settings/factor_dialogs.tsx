/** The dialogs of the second factor: the key as a picture, codes to type, codes to keep. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import type { FactorDraft, RecoveryCodes } from "../api/types";
import { CopyButton, CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";

const PLACE = "/session/second-factor";

interface DialogProps {
  readonly onClose: () => void;
}

/** The key as a picture and as text; then the first code; then the recovery codes, once. */
export function AddDialog({ onClose }: DialogProps): ReactNode {
  const queries = useQueryClient();
  const { mutate: begin, ...begun } = useMutation({
    mutationFn: () => call<FactorDraft>(PLACE, { method: "POST" }),
  });
  const confirming = useMutation({
    mutationFn: (code: string) =>
      call<RecoveryCodes>(`${PLACE}/confirm`, { method: "POST", body: { code } }),
  });
  useEffect(() => {
    begin();
  }, [begin]);
  const close = (): void => {
    onClose();
    void queries.invalidateQueries({ queryKey: ["session"] });
  };
  if (confirming.data !== undefined) return <Codes codes={confirming.data} onClose={close} />;
  return (
    <Frame title={words.settings.factor_add_title} onClose={onClose}>
      {begun.error !== null && <FailureBar error={begun.error} title={words.not_done} />}
      {begun.data !== undefined && (
        <>
          <p>{words.settings.factor_scan}</p>
          <img
            className="qr"
            src={`/api/v1${PLACE}/code`}
            alt={words.settings.factor_drawn}
            width={176}
            height={176}
          />
          <CopyText text={begun.data.secret} label={words.copy} />
          <CodeForm
            action={words.settings.factor_confirm}
            isBusy={confirming.isPending}
            error={confirming.error}
            onClose={onClose}
            onSend={confirming.mutate}
          />
        </>
      )}
    </Frame>
  );
}

interface CodeDialogProps extends DialogProps {
  readonly deed: "renew" | "remove";
}

/** A code of the app, before something is taken away. */
export function CodeDialog({ deed, onClose }: CodeDialogProps): ReactNode {
  const queries = useQueryClient();
  const path = deed === "renew" ? "recovery-codes" : "remove";
  const doing = useMutation({
    mutationFn: (code: string) =>
      call<RecoveryCodes | null>(`${PLACE}/${path}`, { method: "POST", body: { code } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["session"] });
      if (deed === "remove") onClose();
    },
  });
  if (doing.data !== undefined && doing.data !== null)
    return <Codes codes={doing.data} onClose={onClose} />;
  const isRenewing = deed === "renew";
  return (
    <Frame
      title={isRenewing ? words.settings.factor_renew : words.settings.factor_remove_title}
      onClose={onClose}
    >
      <p>{isRenewing ? words.settings.factor_renew_detail : words.settings.factor_remove_detail}</p>
      <CodeForm
        action={isRenewing ? words.settings.factor_renew : words.settings.factor_remove}
        hint={words.settings.factor_code_hint}
        isBusy={doing.isPending}
        error={doing.error}
        onClose={onClose}
        onSend={doing.mutate}
      />
    </Frame>
  );
}

interface FrameProps extends DialogProps {
  readonly title: string;
  readonly children: ReactNode;
}

function Frame({ title, onClose, children }: FrameProps): ReactNode {
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      title={title}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <div className="stack">{children}</div>
    </Modal>
  );
}

interface CodeFormProps extends DialogProps {
  readonly action: string;
  readonly hint?: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onSend: (code: string) => void;
}

function CodeForm({ action, hint, isBusy, error, onClose, onSend }: CodeFormProps): ReactNode {
  const [code, setCode] = useState("");
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(code.trim());
      }}
    >
      <TextInput
        label={words.settings.factor_code}
        description={hint}
        value={code}
        maxLength={30}
        autoComplete="one-time-code"
        data-autofocus
        onChange={(event) => {
          setCode(event.currentTarget.value);
        }}
      />
      {error !== null && <FailureBar error={error} title={words.not_done} />}
      <div className="actions end">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={isBusy} disabled={code.trim() === ""}>
          {action}
        </Button>
      </div>
    </form>
  );
}

function Codes({ codes, onClose }: DialogProps & { readonly codes: RecoveryCodes }): ReactNode {
  return (
    <Frame title={words.settings.factor_codes_title} onClose={onClose}>
      <p>{words.settings.factor_codes_detail}</p>
      <ul className="recovery figures">
        {codes.recovery_codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="actions end">
        <CopyButton text={codes.recovery_codes.join("\n")} label={words.copy} />
        <Button onClick={onClose}>{words.done}</Button>
      </div>
    </Frame>
  );
}
