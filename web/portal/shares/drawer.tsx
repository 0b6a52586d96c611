/** The drawer that makes a share, of assets or of a project, and then shows its address. */
import "@mantine/core/styles/Drawer.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/PasswordInput.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";

import {
  Button,
  Drawer,
  NativeSelect,
  PasswordInput,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { Share } from "../api/types";
import { CopyText } from "../parts/copy";
import { FailureBar } from "../parts/notes";
import { Code } from "./code";
import { EMPTY_SHARE, embedCode, shareOfForm, wrongInShare, type ShareForm } from "./share";

const DAYS = ["1", "7", "14", "30", "90", ""] as const;
const TAKING = ["none", "360p", "540p", "720p", "1080p", "2160p", "all"] as const;

type Written = Exclude<keyof ShareForm, "mayPlay" | "mayGetOriginal">;

export interface ShareDrawerProps {
  /** What to share; none: a project is chosen in the form. */
  readonly assetIds: readonly string[];
  readonly onClose: () => void;
}

export function ShareDrawer({ assetIds, onClose }: ShareDrawerProps): ReactNode {
  const queries = useQueryClient();
  const [form, setForm] = useState(EMPTY_SHARE);
  const [isChecked, setChecked] = useState(false);
  const making = useMutation({
    mutationFn: () =>
      call<Share>("/shares", { method: "POST", body: shareOfForm(form, assetIds, new Date()) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["shares"] }),
  });
  const wrong = wrongInShare(form, assetIds);
  const isMade = making.data !== undefined;
  const title = assetIds.length === 0 ? words.shares.make : words.shares.share;
  return (
    <Drawer
      opened
      position="right"
      onClose={onClose}
      title={isMade ? words.shares.made : title}
      closeButtonProps={{ "aria-label": words.close }}
    >
      {isMade ? (
        <Made share={making.data} onClose={onClose} />
      ) : (
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
            isOfProject={assetIds.length === 0}
            wrong={isChecked ? wrong : new Set()}
            onChange={(part) => {
              setForm((before) => ({ ...before, ...part }));
            }}
          />
          {making.error !== null && (
            <FailureBar error={making.error} title={words.shares.not_made} />
          )}
          <div className="actions end">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={making.isPending}>
              {words.shares.share}
            </Button>
          </div>
        </form>
      )}
    </Drawer>
  );
}

interface FieldsProps {
  readonly form: ShareForm;
  readonly isOfProject: boolean;
  readonly wrong: ReadonlySet<keyof ShareForm>;
  readonly onChange: (part: Partial<ShareForm>) => void;
}

function Fields({ form, isOfProject, wrong, onChange }: FieldsProps): ReactNode {
  const { fields, rights } = words.shares;
  const bind = (name: Written) => ({
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
      {isOfProject && <Projects bound={bind("project")} />}
      <TextInput {...bind("title")} maxLength={200} data-autofocus />
      <Textarea {...bind("message")} rows={2} maxLength={2000} />
      <Switch
        withThumbIndicator={false}
        label={rights.may_play}
        checked={form.mayPlay}
        onChange={(event) => {
          onChange({ mayPlay: event.currentTarget.checked });
        }}
      />
      <NativeSelect {...bind("download")}>
        {TAKING.map((each) => (
          <option key={each} value={each}>
            {words.shares.qualities[each]}
          </option>
        ))}
      </NativeSelect>
      <Switch
        withThumbIndicator={false}
        label={rights.may_get_original}
        checked={form.mayGetOriginal}
        onChange={(event) => {
          onChange({ mayGetOriginal: event.currentTarget.checked });
        }}
      />
      <div className="pair">
        <NativeSelect {...bind("days")}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {words.links.days[days === "" ? "never" : days]}
            </option>
          ))}
        </NativeSelect>
        <TextInput {...bind("maxViews")} inputMode="numeric" />
      </div>
      <PasswordInput {...bind("password")} autoComplete="new-password" maxLength={200} />
      <Textarea {...bind("origins")} rows={2} maxLength={4000} />
    </>
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

function Made({
  share,
  onClose,
}: {
  readonly share: Share;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div className="stack">
      <p>{words.shares.made_detail}</p>
      {share.url !== null && <CopyText text={share.url} label={words.shares.copy_address} />}
      <Code address={`/api/v1/shares/${share.id}/qr`} />
      {share.embed_url !== null && (
        <>
          <h2 className="small">{words.shares.embed}</h2>
          <CopyText text={embedCode(share.embed_url)} label={words.shares.copy_embed} />
        </>
      )}
      <div className="actions end">
        <Button onClick={onClose}>{words.done}</Button>
      </div>
    </div>
  );
}
