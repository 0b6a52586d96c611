/** The drawer that makes a share, of assets or of a project, or changes one. */
import { NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { Share } from "../api/types";
import { Brand } from "../parts/brand";
import { CopyText } from "../parts/copy";
import { Fold } from "../parts/fold";
import { Made } from "../parts/form_drawer";
import { binder, HandedDrawer, Secret, type FieldsOf } from "../parts/handed_drawer";
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
  const isNew = share === undefined;
  const makes = assetIds.length === 0 ? texts.make : texts.share;
  return (
    <HandedDrawer
      of={share}
      begin={() => (isNew ? EMPTY_SHARE : formOfShare(share))}
      title={isNew ? makes : texts.change}
      action={isNew ? texts.share : words.save}
      failed={isNew ? texts.not_made : words.not_saved}
      wrongIn={(form) => wrongInShare(form, assetIds, isNew)}
      save={(form) => save(share, form, assetIds)}
      stale={["shares"]}
      made={(one) => <MadeShare share={one} onClose={onClose} />}
      fields={(of) => <Fields {...of} share={share} isOfProject={isNew && assetIds.length === 0} />}
      onClose={onClose}
    />
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

type FieldsProps = FieldsOf<ShareForm> & {
  readonly share: Share | undefined;
  readonly isOfProject: boolean;
};

function Fields(props: FieldsProps): ReactNode {
  const { form, share, isOfProject, wrong, onChange } = props;
  const bind = binder<Typed, ShareForm>(props, texts.fields);
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
      <Secret
        bound={bind("password")}
        isOpened={form.isOpened}
        hasPassword={share?.has_password === true}
        onChange={onChange}
      />
      <Fold title={words.brand.title} isOpen={false}>
        <Brand form={form} onChange={onChange} />
      </Fold>
      <Fold title={texts.embed} isOpen={wrong.has("origins")}>
        <Textarea {...bind("origins")} rows={2} maxLength={4000} />
      </Fold>
    </>
  );
}

interface RightProps {
  readonly name: "mayPlay" | "mayGetOriginal";
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
