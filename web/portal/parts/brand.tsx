/** How a page looks to strangers: a logo, and the colour of its buttons. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useId, useRef, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { Act } from "./act";
import { FailureBar } from "./notes";

const USUAL = "#ffb020"; // what the picker begins with: the house's own

export interface BrandForm {
  /** Empty for none. */
  readonly logoId: string;
  /** As `#ffb020`; empty for the house's own. */
  readonly color: string;
}

export interface BrandProps {
  readonly form: BrandForm;
  readonly onChange: (part: Partial<BrandForm>) => void;
}

export function Brand({ form, onChange }: BrandProps): ReactNode {
  const colorId = useId();
  return (
    <fieldset className="brand-fields">
      <legend>{words.brand.title}</legend>
      <Logo
        id={form.logoId}
        onChange={(logoId) => {
          onChange({ logoId });
        }}
      />
      <div className="brand-row">
        <input
          id={colorId}
          type="color"
          value={form.color === "" ? USUAL : form.color}
          onChange={(event) => {
            onChange({ color: event.currentTarget.value });
          }}
        />
        <label htmlFor={colorId}>
          {words.brand.color}
          <span className="meta figures">{form.color === "" ? words.brand.usual : form.color}</span>
        </label>
        {form.color !== "" && (
          <Act
            glyph="close"
            label={words.brand.no_color}
            onClick={() => {
              onChange({ color: "" });
            }}
          />
        )}
      </div>
    </fieldset>
  );
}

interface LogoProps {
  readonly id: string;
  readonly onChange: (id: string) => void;
}

function Logo({ id, onChange }: LogoProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const keeping = useMutation({
    mutationFn: (file: Blob) =>
      call<{ readonly id: string }>("/logos", { method: "POST", bytes: file }),
    onSuccess: (kept) => {
      onChange(kept.id);
    },
  });
  return (
    <>
      <div className="brand-row">
        {id !== "" && <img className="brand-logo" src={`/logos/${id}`} alt={words.brand.logo} />}
        <Button
          variant="default"
          size="compact-md"
          loading={keeping.isPending}
          onClick={() => {
            input.current?.click();
          }}
        >
          {id === "" ? words.brand.choose : words.brand.other}
        </Button>
        {id === "" && <span className="meta">{words.brand.logo_hint}</span>}
        {id !== "" && (
          <Act
            glyph="bin"
            label={words.brand.no_logo}
            onClick={() => {
              onChange("");
            }}
          />
        )}
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          aria-label={words.brand.choose}
          hidden
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file !== undefined) keeping.mutate(file);
            event.currentTarget.value = "";
          }}
        />
      </div>
      {keeping.error !== null && <FailureBar error={keeping.error} title={words.brand.not_kept} />}
    </>
  );
}
