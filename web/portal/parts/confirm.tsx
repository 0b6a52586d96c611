/** A question before a deed that cannot be undone; the safe answer has the focus. */
import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { FailureBar } from "./notes";

export interface ConfirmProps {
  readonly title: string;
  readonly question: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
  readonly children?: ReactNode;
}

export function Confirm({
  title,
  question,
  action,
  isBusy,
  error,
  onClose,
  onConfirm,
  children,
}: ConfirmProps): ReactNode {
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": words.close }}>
      <div className="stack">
        <p className="question">{question}</p>
        {children}
        {error !== null && <FailureBar error={error} title={words.not_done} />}
        <div className="actions end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {words.cancel}
          </Button>
          <Button className="danger" loading={isBusy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
