/** The drawer in which something that is handed out is made or changed: links and shares alike. */
import { PasswordInput, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { FormDrawer } from "./form_drawer";

/** What the fields of a form get. */
export interface FieldsOf<F> {
  readonly form: F;
  /** Fields that cannot be sent, once sending was tried. */
  readonly wrong: ReadonlySet<keyof F>;
  readonly onChange: (part: Partial<F>) => void;
}

export interface HandedDrawerProps<T, F> {
  /** What is changed; none: a new one is made. */
  readonly of: T | undefined;
  readonly begin: () => F;
  readonly title: string;
  readonly action: string;
  /** What was not done, where it fails. */
  readonly failed: string;
  readonly wrongIn: (form: F) => ReadonlySet<keyof F>;
  readonly save: (form: F) => Promise<T>;
  /** The first words of the queries that are old then. */
  readonly stale: readonly string[];
  /** What is said of a new one. */
  readonly made: (one: T) => ReactNode;
  readonly fields: (of: FieldsOf<F>) => ReactNode;
  readonly onClose: () => void;
}

export function HandedDrawer<T, F>(props: HandedDrawerProps<T, F>): ReactNode {
  const { of: one, title, action, failed, made, fields, onClose } = props;
  const queries = useQueryClient();
  const [form, setForm] = useState(props.begin);
  const [isChecked, setChecked] = useState(false);
  const saving = useMutation({
    mutationFn: () => props.save(form),
    onSuccess: async () => {
      if (one !== undefined) onClose();
      for (const name of props.stale) await queries.invalidateQueries({ queryKey: [name] });
    },
  });
  if (one === undefined && saving.data !== undefined) return made(saving.data);
  const wrong = props.wrongIn(form);
  return (
    <FormDrawer
      title={title}
      action={action}
      isBusy={saving.isPending}
      error={saving.error}
      failed={failed}
      onClose={onClose}
      onSubmit={() => {
        setChecked(true);
        if (wrong.size === 0) saving.mutate();
      }}
    >
      {fields({
        form,
        wrong: isChecked ? wrong : new Set<keyof F>(),
        onChange: (part) => {
          setForm((before) => ({ ...before, ...part }));
        },
      })}
    </FormDrawer>
  );
}

/** A field that is typed as text, as Mantine's inputs take it. */
export interface Bound {
  readonly label: string;
  readonly description: string | undefined;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
}

interface Said {
  readonly label: string;
  readonly hint: string;
  readonly wrong: string;
}

/** Return what binds a field of a form to an input, with the words of the form. */
export function binder<Name extends string, F extends Readonly<Record<Name, string>>>(
  { form, wrong, onChange }: FieldsOf<F>,
  said: Readonly<Record<Name, Said>>,
): (name: Name) => Bound {
  return (name) => ({
    label: said[name].label,
    description: said[name].hint || undefined,
    value: form[name],
    error: wrong.has(name) ? said[name].wrong : undefined,
    onChange: ({ currentTarget }) => {
      onChange({ [name]: currentTarget.value } as unknown as Partial<F>);
    },
  });
}

interface SecretForm {
  readonly password: string;
  /** Whether the password that it has is taken off. */
  readonly isOpened: boolean;
}

export interface SecretProps {
  readonly bound: Bound;
  readonly isOpened: boolean;
  /** Whether it has one now. */
  readonly hasPassword: boolean;
  readonly onChange: (part: Partial<SecretForm>) => void;
}

/** The password; one that is there stays until another is typed or it is taken off. */
export function Secret({ bound, isOpened, hasPassword, onChange }: SecretProps): ReactNode {
  return (
    <>
      <PasswordInput
        {...bound}
        placeholder={hasPassword && !isOpened ? words.handed.password_kept : undefined}
        disabled={isOpened}
        autoComplete="new-password"
        maxLength={200}
      />
      {hasPassword && (
        <Switch
          withThumbIndicator={false}
          label={words.handed.no_password}
          checked={isOpened}
          onChange={({ currentTarget }) => {
            onChange({ isOpened: currentTarget.checked, password: "" });
          }}
        />
      )}
    </>
  );
}
