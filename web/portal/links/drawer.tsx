/** The drawer that makes an upload link, or changes one; a new one shows its address. */
import { NativeSelect, PasswordInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { UploadLink } from "../api/types";
import { Brand } from "../parts/brand";
import { Fold } from "../parts/fold";
import { FormDrawer, Made } from "../parts/form_drawer";
import { Life } from "../parts/life";
import {
  changesOf,
  EMPTY_FORM,
  formOfLink,
  linkOfForm,
  wrongFields,
  type LinkForm,
  type Typed,
} from "./link";
import { Questions } from "./questions";

const { links: texts } = words;

export interface LinkDrawerProps {
  /** What is changed; none: a new one is made. */
  readonly of?: UploadLink;
  readonly onClose: () => void;
}

export function LinkDrawer({ of: link, onClose }: LinkDrawerProps): ReactNode {
  const queries = useQueryClient();
  const [form, setForm] = useState(() => (link === undefined ? EMPTY_FORM : formOfLink(link)));
  const [isChecked, setChecked] = useState(false);
  const saving = useMutation({
    mutationFn: () => save(link, form),
    onSuccess: async () => {
      if (link !== undefined) onClose();
      await queries.invalidateQueries({ queryKey: ["links"] });
      await queries.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  const wrong = wrongFields(form);
  if (link === undefined && saving.data !== undefined) {
    return (
      <Made
        title={texts.made}
        detail={texts.made_detail}
        address={saving.data.url}
        code={`/api/v1/links/${saving.data.id}/qr`}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDrawer
      title={link === undefined ? texts.make : texts.change}
      action={link === undefined ? texts.make : words.save}
      isBusy={saving.isPending}
      error={saving.error}
      failed={link === undefined ? texts.not_made : words.not_saved}
      onClose={onClose}
      onSubmit={() => {
        setChecked(true);
        if (wrong.size === 0) saving.mutate();
      }}
    >
      <Fields
        form={form}
        link={link}
        wrong={isChecked ? wrong : new Set()}
        onChange={(part) => {
          setForm((before) => ({ ...before, ...part }));
        }}
      />
    </FormDrawer>
  );
}

function save(link: UploadLink | undefined, form: LinkForm): Promise<UploadLink> {
  const now = new Date();
  if (link === undefined) return call("/links", { method: "POST", body: linkOfForm(form, now) });
  return call(`/links/${link.id}`, { method: "PATCH", body: changesOf(form, now) });
}

interface FieldsProps {
  readonly form: LinkForm;
  readonly link: UploadLink | undefined;
  readonly wrong: ReadonlySet<keyof LinkForm>;
  readonly onChange: (part: Partial<LinkForm>) => void;
}

type Bind = (name: Typed) => {
  readonly label: string;
  readonly value: string;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
};

function Fields(props: FieldsProps): ReactNode {
  const { form, link, wrong, onChange } = props;
  const bind = (name: Typed) => {
    const { label, hint, wrong: sentence } = texts.fields[name];
    return {
      label,
      description: hint || undefined,
      value: form[name],
      error: wrong.has(name) ? sentence : undefined,
      onChange: (event: { readonly currentTarget: { readonly value: string } }): void => {
        onChange({ [name]: event.currentTarget.value });
      },
    };
  };
  const has = (...names: (keyof LinkForm)[]): boolean => names.some((name) => wrong.has(name));
  return (
    <>
      {link === undefined && <Place form={form} bind={bind} />}
      <TextInput {...bind("title")} maxLength={200} data-autofocus={link !== undefined} />
      <Textarea {...bind("message")} rows={3} maxLength={2000} />
      <Life bound={bind("days")} before={link?.expires_at} />
      <Secret {...props} bind={bind} />
      <Fold
        title={texts.folds.limits}
        isOpen={has("maxFiles", "maxGigabytes", "totalGigabytes", "keepDays")}
      >
        <div className="pair">
          <TextInput {...bind("maxFiles")} inputMode="numeric" />
          <TextInput {...bind("maxGigabytes")} inputMode="decimal" />
          <TextInput {...bind("totalGigabytes")} inputMode="decimal" />
          <TextInput {...bind("keepDays")} inputMode="numeric" />
        </div>
        <TextInput {...bind("types")} maxLength={1000} />
      </Fold>
      <Fold
        title={texts.folds.questions}
        note={form.questions.length === 0 ? "" : String(form.questions.length)}
        isOpen={has("questions")}
      >
        <Questions
          questions={form.questions}
          isChecked={has("questions")}
          onChange={(questions) => {
            onChange({ questions });
          }}
        />
      </Fold>
      <Fold title={words.brand.title} isOpen={false}>
        <Brand form={form} onChange={onChange} />
      </Fold>
      <Fold title={texts.folds.mail} isOpen={has("clientMail")}>
        <Telling {...props} bind={bind} />
      </Fold>
    </>
  );
}

function Place({ form, bind }: { readonly form: LinkForm; readonly bind: Bind }): ReactNode {
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const clients = [...new Set(projects.map((each) => each.client_name))];
  const ofClient = projects.filter((each) => each.client_name === form.client);
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
    </>
  );
}

/** The password; one that is there stays until another is typed or it is taken off. */
function Secret({ form, link, onChange, bind }: FieldsProps & { readonly bind: Bind }): ReactNode {
  const isKept = link?.has_password === true && !form.isOpened;
  return (
    <>
      <PasswordInput
        {...bind("password")}
        placeholder={isKept ? words.handed.password_kept : undefined}
        disabled={form.isOpened}
        autoComplete="new-password"
        maxLength={200}
      />
      {link?.has_password === true && (
        <Switch
          withThumbIndicator={false}
          label={words.handed.no_password}
          checked={form.isOpened}
          onChange={(event) => {
            onChange({ isOpened: event.currentTarget.checked, password: "" });
          }}
        />
      )}
    </>
  );
}

function Telling({ form, onChange, bind }: FieldsProps & { readonly bind: Bind }): ReactNode {
  return (
    <>
      <TextInput {...bind("clientMail")} type="email" autoComplete="off" maxLength={200} />
      <Switch
        withThumbIndicator={false}
        label={texts.notify}
        checked={form.notify}
        onChange={(event) => {
          onChange({ notify: event.currentTarget.checked });
        }}
      />
      <NativeSelect
        label={texts.preview}
        value={form.mayPreview ? "own" : "off"}
        onChange={(event) => {
          onChange({ mayPreview: event.currentTarget.value === "own" });
        }}
      >
        <option value="off">{texts.previews.off}</option>
        <option value="own">{texts.previews.own}</option>
      </NativeSelect>
      <Textarea {...bind("notes")} rows={2} maxLength={2000} />
    </>
  );
}
