/** A drawer with a form: what is wrong beside its button, one press at a time. */
import "@mantine/core/styles/Drawer.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/PasswordInput.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import { Button, Drawer } from "@mantine/core";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { ApiProblem } from "../api/call";
import { CopyText } from "./copy";
import { Code } from "./code";
import { FailureBar } from "./notes";

export interface FormDrawerProps {
  readonly title: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  /** What was not done. */
  readonly failed: string;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

export function FormDrawer(props: FormDrawerProps): ReactNode {
  const { title, action, isBusy, error, failed, onClose, onSubmit, children } = props;
  return (
    <SideDrawer title={title} onClose={onClose}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
        {error !== null && <FailureBar error={withFields(error)} title={failed} />}
        <div className="actions end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </SideDrawer>
  );
}

export interface SideDrawerProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function SideDrawer({ title, onClose, children }: SideDrawerProps): ReactNode {
  return (
    <Drawer
      opened
      position="right"
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": words.close }}
    >
      {children}
    </Drawer>
  );
}

export interface MadeProps {
  readonly title: string;
  readonly detail: string;
  readonly address: string | null;
  /** Where the server draws the address. */
  readonly code: string;
  readonly children?: ReactNode;
  readonly onClose: () => void;
}

/** What stands in the drawer once it was made: the address, to copy and to point a phone at. */
export function Made({ title, detail, address, code, children, onClose }: MadeProps): ReactNode {
  return (
    <SideDrawer title={title} onClose={onClose}>
      <div className="stack">
        <p>{detail}</p>
        {address !== null && <CopyText text={address} label={words.handed.copy_address} />}
        {address !== null && <Code address={code} />}
        {children}
        <div className="actions end">
          <Button onClick={onClose}>{words.done}</Button>
        </div>
      </div>
    </SideDrawer>
  );
}

/** Name the fields that the server refused; the form's own words would only repeat them. */
function withFields(error: Error): Error {
  if (!(error instanceof ApiProblem) || error.fields.length === 0) return error;
  const told = error.fields.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; ");
  const { code, words: said, requestId } = error.problem;
  return new ApiProblem(error.status, { code, words: `${said} ${told}`, requestId }, error.fields);
}
