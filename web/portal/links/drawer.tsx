/** The drawer that makes an upload link, or changes one; a new one shows its address. */
import { NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { UploadLink } from "../api/types";
import { Brand } from "../parts/brand";
import { Fold } from "../parts/fold";
import { Made } from "../parts/form_drawer";
import { binder, HandedDrawer, Secret, type Bound, type FieldsOf } from "../parts/handed_drawer";
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
const LIMITS = ["maxFiles", "maxGigabytes", "totalGigabytes", "keepDays"] as const;

export interface LinkDrawerProps {
  /** What is changed; none: a new one is made. */
  readonly of?: UploadLink;
  readonly onClose: () => void;
}

export function LinkDrawer({ of: link, onClose }: LinkDrawerProps): ReactNode {
  const isNew = link === undefined;
  return (
    <HandedDrawer
      of={link}
      begin={() => (isNew ? EMPTY_FORM : formOfLink(link))}
      title={isNew ? texts.make : texts.change}
      action={isNew ? texts.make : words.save}
      failed={isNew ? texts.not_made : words.not_saved}
      wrongIn={wrongFields}
      save={(form) => save(link, form)}
      stale={["links", "projects"]}
      made={(one) => (
        <Made
          title={texts.made}
          detail={texts.made_detail}
          address={one.url}
          code={`/api/v1/links/${one.id}/qr`}
          onClose={onClose}
        />
      )}
      fields={(of) => <Fields {...of} link={link} />}
      onClose={onClose}
    />
  );
}

function save(link: UploadLink | undefined, form: LinkForm): Promise<UploadLink> {
  const now = new Date();
  if (link === undefined) return call("/links", { method: "POST", body: linkOfForm(form, now) });
  return call(`/links/${link.id}`, { method: "PATCH", body: changesOf(form, now) });
}

type FieldsProps = FieldsOf<LinkForm> & { readonly link: UploadLink | undefined };
type Bind = (name: Typed) => Bound;

function Fields(props: FieldsProps): ReactNode {
  const { form, link, wrong, onChange } = props;
  const bind = binder<Typed, LinkForm>(props, texts.fields);
  const has = (...names: (keyof LinkForm)[]): boolean => names.some((name) => wrong.has(name));
  return (
    <>
      {link === undefined && <Place form={form} bind={bind} />}
      <TextInput {...bind("title")} maxLength={200} data-autofocus={link !== undefined} />
      <Textarea {...bind("message")} rows={3} maxLength={2000} />
      <Life bound={bind("days")} before={link?.expires_at} />
      <Secret
        bound={bind("password")}
        isOpened={form.isOpened}
        hasPassword={link?.has_password === true}
        onChange={onChange}
      />
      <Limits bind={bind} isOpen={has(...LIMITS)} />
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

function Limits({ bind, isOpen }: { readonly bind: Bind; readonly isOpen: boolean }): ReactNode {
  return (
    <Fold title={texts.folds.limits} isOpen={isOpen}>
      <div className="pair">
        <TextInput {...bind("maxFiles")} inputMode="numeric" />
        <TextInput {...bind("maxGigabytes")} inputMode="decimal" />
        <TextInput {...bind("totalGigabytes")} inputMode="decimal" />
        <TextInput {...bind("keepDays")} inputMode="numeric" />
      </div>
      <TextInput {...bind("types")} maxLength={1000} />
    </Fold>
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
