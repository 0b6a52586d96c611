/** The drawer that makes a share, of assets or of a project, or changes one. */
import { NativeSelect, PasswordInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { Share } from "../api/types";
import { Brand } from "../parts/brand";
import { CopyText } from "../parts/copy";
import { Fold } from "../parts/fold";
import { FormDrawer, Made } from "../parts/form_drawer";
import { Life } from "../parts/life";
import {
  changesOf,
  EMPTY_SHARE,
  embedCode,
  formOfShare,
  shareOfForm,
  wrongInShare,
  type ShareForm,
  type Typed,
} from "./share";

const { shares: texts } = words;
const TAKING = ["none", "360p", "540p", "720p", "1080p", "2160p", "all"] as const;

export interface ShareDrawerProps {
  /** What is changed; none: a new one is made. */
  readonly of?: Share;
  /** What to share; none: a project is chosen in the form. */
  readonly assetIds: readonly string[];
  readonly onClose: () => void;
}

export function ShareDrawer({ of: share, assetIds, onClose }: ShareDrawerProps): ReactNode {
  const queries = useQueryClient();
  const [form, setForm] = useState(() => (share === undefined ? EMPTY_SHARE : formOfShare(share)));
  const [isChecked, setChecked] = useState(false);
  const saving = useMutation({
    mutationFn: () => save(share, form, assetIds),
    onSuccess: async () => {
      if (share !== undefined) onClose();
      await queries.invalidateQueries({ queryKey: ["shares"] });
    },
  });
  if (share === undefined && saving.data !== undefined) {
    return <MadeShare share={saving.data} onClose={onClose} />;
  }
  const wrong = wrongInShare(form, assetIds, share === undefined);
  const makes = assetIds.length === 0 ? texts.make : texts.share;
  return (
    <FormDrawer
      title={share === undefined ? makes : texts.change}
      action={share === undefined ? texts.share : words.save}
      isBusy={saving.isPending}
      error={saving.error}
      failed={share === undefined ? texts.not_made : words.not_saved}
      onClose={onClose}
      onSubmit={() => {
        setChecked(true);
        if (wrong.size === 0) saving.mutate();
      }}
    >
      <Fields
        form={form}
        share={share}
        isOfProject={share === undefined && assetIds.length === 0}
        wrong={isChecked ? wrong : new Set()}
        onChange={(part) => {
          setForm((before) => ({ ...before, ...part }));
        }}
      />
    </FormDrawer>
  );
}

function save(
  share: Share | undefined,
  form: ShareForm,
  assetIds: readonly string[],
): Promise<Share> {
  const now = new Date();
  if (share !== undefined) {
    return call(`/shares/${share.id}`, { method: "PATCH", body: changesOf(form, now) });
  }
  return call("/shares", { method: "POST", body: shareOfForm(form, assetIds, now) });
}

interface FieldsProps {
  readonly form: ShareForm;
  readonly share: Share | undefined;
  readonly isOfProject: boolean;
  readonly wrong: ReadonlySet<keyof ShareForm>;
  readonly onChange: (part: Partial<ShareForm>) => void;
}

function Fields({ form, share, isOfProject, wrong, onChange }: FieldsProps): ReactNode {
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
  const has = (...names: (keyof ShareForm)[]): boolean => names.some((name) => wrong.has(name));
  const isKept = share?.has_password === true && !form.isOpened;
  return (
    <>
      {isOfProject && <Projects bound={bind("project")} />}
      <TextInput {...bind("title")} maxLength={200} data-autofocus />
      <Textarea {...bind("message")} rows={2} maxLength={2000} />
      <Right name="mayPlay" form={form} onChange={onChange} label={texts.rights.may_play} />
      <NativeSelect {...bind("download")}>
        {TAKING.map((each) => (
          <option key={each} value={each}>
            {texts.qualities[each]}
          </option>
        ))}
      </NativeSelect>
      <Right
        name="mayGetOriginal"
        form={form}
        onChange={onChange}
        label={texts.rights.may_get_original}
      />
      <div className="pair">
        <Life bound={bind("days")} before={share?.expires_at} />
        <TextInput {...bind("maxViews")} inputMode="numeric" />
      </div>
      <PasswordInput
        {...bind("password")}
        placeholder={isKept ? words.handed.password_kept : undefined}
        disabled={form.isOpened}
        autoComplete="new-password"
        maxLength={200}
      />
      {share?.has_password === true && (
        <Right name="isOpened" form={form} onChange={onChange} label={words.handed.no_password} />
      )}
      <Fold title={words.brand.title} isOpen={false}>
        <Brand form={form} onChange={onChange} />
      </Fold>
      <Fold title={texts.embed} isOpen={has("origins")}>
        <Textarea {...bind("origins")} rows={2} maxLength={4000} />
      </Fold>
    </>
  );
}

interface RightProps {
  readonly name: "mayPlay" | "mayGetOriginal" | "isOpened";
  readonly label: string;
  readonly form: ShareForm;
  readonly onChange: (part: Partial<ShareForm>) => void;
}

function Right({ name, label, form, onChange }: RightProps): ReactNode {
  return (
    <Switch
      withThumbIndicator={false}
      label={label}
      checked={form[name]}
      onChange={(event) => {
        onChange({ [name]: event.currentTarget.checked });
      }}
    />
  );
}

function Projects({ bound }: { readonly bound: object }): ReactNode {
  const projects = useQuery(projectsQuery).data?.items ?? [];
  return (
    <NativeSelect {...bound} withAsterisk>
      <option value="" />
      {projects.map(({ id, client_name: client, name }) => (
        <option key={id} value={id}>{`${client} / ${name}`}</option>
      ))}
    </NativeSelect>
  );
}

function MadeShare({
  share,
  onClose,
}: {
  readonly share: Share;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Made
      title={texts.made}
      detail={texts.made_detail}
      address={share.url}
      code={`/api/v1/shares/${share.id}/qr`}
      onClose={onClose}
    >
      {share.embed_url !== null && (
        <>
          <h2 className="small">{texts.embed}</h2>
          <CopyText text={embedCode(share.embed_url)} label={texts.copy_embed} />
        </>
      )}
    </Made>
  );
}
