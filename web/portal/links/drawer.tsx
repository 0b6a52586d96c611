/** The drawer that makes an upload link, and then shows its address. */
import "@mantine/core/styles/Drawer.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/PasswordInput.layer.css";

import { Button, Drawer, NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { ApiProblem, call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { UploadLink } from "../api/types";
import { CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";
import { EMPTY_FORM, linkOfForm, wrongFields, type LinkForm } from "./link";

const DAYS = ["1", "7", "14", "30", "90", ""] as const;

export function LinkDrawer({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const [form, setForm] = useState(EMPTY_FORM);
  const [isChecked, setChecked] = useState(false);
  const making = useMutation({
    mutationFn: () =>
      call<UploadLink>("/links", { method: "POST", body: linkOfForm(form, new Date()) }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["links"] });
      await queries.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  const wrong = wrongFields(form);
  return (
    <Drawer
      opened
      position="right"
      onClose={onClose}
      title={making.data === undefined ? words.links.make : words.links.made}
      closeButtonProps={{ "aria-label": words.close }}
    >
      {making.data === undefined ? (
        <form
          className="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            setChecked(true);
            if (wrong.size === 0) making.mutate();
          }}
        >
          <Fields
            form={form}
            wrong={isChecked ? wrong : new Set()}
            onChange={(part) => {
              setForm((before) => ({ ...before, ...part }));
            }}
          />
          {making.error !== null && (
            <FailureBar error={withFields(making.error)} title={words.links.not_made} />
          )}
          <div className="actions end">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={making.isPending}>
              {words.links.make}
            </Button>
          </div>
        </form>
      ) : (
        <Made link={making.data} onClose={onClose} />
      )}
    </Drawer>
  );
}

interface FieldsProps {
  readonly form: LinkForm;
  readonly wrong: ReadonlySet<keyof LinkForm>;
  readonly onChange: (part: Partial<LinkForm>) => void;
}

function Fields({ form, wrong, onChange }: FieldsProps): ReactNode {
  const { fields } = words.links;
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const clients = [...new Set(projects.map((each) => each.client_name))];
  const ofClient = projects.filter((each) => each.client_name === form.client);
  const bind = (name: keyof LinkForm) => ({
    label: fields[name].label,
    description: fields[name].hint || undefined,
    value: form[name],
    error: wrong.has(name) ? fields[name].wrong : undefined,
    onChange: (event: { readonly currentTarget: { readonly value: string } }): void => {
      onChange({ [name]: event.currentTarget.value });
    },
  });
  return (
    <>
      <TextInput {...bind("client")} list="clients" withAsterisk maxLength={100} data-autofocus />
      <TextInput {...bind("project")} list="projects" withAsterisk maxLength={100} />
      <datalist id="clients">
        {clients.map((client) => (
          <option key={client} value={client} />
        ))}
      </datalist>
      <datalist id="projects">
        {ofClient.map((each) => (
          <option key={each.id} value={each.name} />
        ))}
      </datalist>
      <TextInput {...bind("title")} maxLength={200} />
      <Textarea {...bind("message")} rows={3} maxLength={2000} />
      <NativeSelect {...bind("days")}>
        {DAYS.map((days) => (
          <option key={days} value={days}>
            {words.links.days[days === "" ? "never" : days]}
          </option>
        ))}
      </NativeSelect>
      <PasswordInput {...bind("password")} autoComplete="new-password" maxLength={200} />
      <div className="pair">
        <TextInput {...bind("maxFiles")} inputMode="numeric" />
        <TextInput {...bind("maxGigabytes")} inputMode="decimal" />
      </div>
    </>
  );
}

function Made({
  link,
  onClose,
}: {
  readonly link: UploadLink;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div className="stack">
      <p>{words.links.made_detail}</p>
      {link.url !== null && <CopyText text={link.url} label={words.links.copy_address} />}
      <div className="actions end">
        <Button onClick={onClose}>{words.done}</Button>
      </div>
    </div>
  );
}

/** Name the fields that the server refused; the form's own words would only repeat them. */
function withFields(error: Error): Error {
  if (!(error instanceof ApiProblem) || error.fields.length === 0) return error;
  const told = error.fields.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; ");
  const { code, words, requestId } = error.problem;
  return new ApiProblem(error.status, { code, words: `${words} ${told}`, requestId }, error.fields);
}
