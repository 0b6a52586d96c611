/** One filter: a native list, good on every phone; the label stands where nothing is chosen. */
import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";

export interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string | undefined) => void;
}

export function Choice({ label: title, value, options, onChange }: ChoiceProps): ReactNode {
  return (
    <NativeSelect
      aria-label={title}
      className={value === undefined ? "choice" : "choice is-set"}
      value={value ?? ""}
      onChange={(event) => {
        onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value);
      }}
    >
      <option value="">{title}</option>
      {options.map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </NativeSelect>
  );
}
