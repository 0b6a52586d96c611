/**
 * Sentences with holes: `fill("{done} of {all}", { done: 3, all: 4 })`.
 *
 * Every text stands in `en.json`, one top-level section per page; import the section by name
 * (`import { upload } from "../shared/text/en.json"`), so that a page carries only its own words.
 * Plurals are an object of `Intl.PluralRules` categories: `{ "one": "{n} file", "other": "{n} files" }`.
 */
export type Plural = { readonly one?: string; readonly other: string };

/** Put values into the holes of a text; a hole without a value stays as it is. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** Choose the form that fits `n`, and fill it; `{n}` is the number itself. */
export function count(
  forms: Plural,
  n: number,
  values: Readonly<Record<string, string | number>> = {},
  locale = "en",
): string {
  const form = new Intl.PluralRules(locale).select(n) === "one" ? forms.one : undefined;
  return fill(form ?? forms.other, { n, ...values });
}
