/** The filters over the grid; they live in the address, so Back and a copied link work. */
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { projectsQuery, type LibraryFilter } from "../api/queries";
import { Icon } from "../parts/glyphs";
import { labelOfProject } from "../parts/places";
import { Choice } from "./choice";
import { Searches } from "./searches";

const SETTLE_MS = 250; // after the last key, before the server is asked

export interface FiltersProps {
  readonly filter: LibraryFilter;
  readonly onChange: (filter: LibraryFilter) => void;
}

export function Filters({ filter, onChange }: FiltersProps): ReactNode {
  const projects = useQuery(projectsQuery);
  const set = (part: LibraryFilter): void => {
    onChange({ ...filter, search: undefined, ...part });
  };
  return (
    <div className="filters" role="search">
      <Search
        text={filter.q ?? ""}
        onChange={(q) => {
          set({ q: q === "" ? undefined : q });
        }}
      />
      <Choice
        label={words.library.kind}
        value={filter.kind}
        options={Object.entries(words.kinds)}
        onChange={(kind) => {
          set({ kind });
        }}
      />
      <Choice
        label={words.library.state}
        value={filter.state}
        options={Object.entries(words.library.states)}
        onChange={(state) => {
          set({ state });
        }}
      />
      <Choice
        label={words.library.project}
        value={filter.project}
        options={(projects.data?.items ?? []).map((each) => [
          `${each.client}/${each.project}`,
          labelOfProject(each),
        ])}
        onChange={(project) => {
          set({ project });
        }}
      />
      <Tag
        key={filter.tag ?? ""}
        tag={filter.tag ?? ""}
        onChange={(tag) => {
          set({ tag: tag === "" ? undefined : tag });
        }}
      />
      <Searches filter={filter} onChange={onChange} />
    </div>
  );
}

/** A whole tag, as it is written; asked for when it is entered or left. */
function Tag({
  tag,
  onChange,
}: {
  readonly tag: string;
  readonly onChange: (tag: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState(tag);
  const ask = (): void => {
    if (typed.trim() !== tag) onChange(typed.trim());
  };
  return (
    <TextInput
      className="tag-filter"
      aria-label={words.library.tag}
      placeholder={words.library.tag}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
      }}
      onBlur={ask}
      onKeyDown={(event) => {
        if (event.key === "Enter") ask();
      }}
    />
  );
}

function Search({
  text,
  onChange,
}: {
  readonly text: string;
  readonly onChange: (text: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState(text);
  const settle = useDebouncedCallback(onChange, SETTLE_MS);
  useEffect(() => {
    setTyped(text);
  }, [text]);
  return (
    <TextInput
      id="search"
      type="search"
      className="search"
      aria-label={words.library.search}
      placeholder={words.library.search}
      leftSection={<Icon of="search" size={16} />}
      value={typed}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
