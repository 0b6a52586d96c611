/** Kept searches: one is chosen from a list, and the filters that are set are kept under a name. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { filterOf, searchesQuery, type LibraryFilter } from "../api/queries";
import type { SavedSearch } from "../api/types";
import { Act } from "../parts/act";
import { FailureBar } from "../parts/notes";
import { Choice } from "./choice";

const { searches: texts } = words;

export interface SearchesProps {
  readonly filter: LibraryFilter;
  readonly onChange: (filter: LibraryFilter) => void;
}

export function Searches({ filter, onChange }: SearchesProps): ReactNode {
  const found = useQuery(searchesQuery).data?.items ?? [];
  const [isKeeping, setKeeping] = useState(false);
  const isSet = Object.values(filter).some(Boolean);
  return (
    <>
      {found.length > 0 && (
        <Choice
          label={texts.title}
          value={filter.search}
          options={found.map(({ id, name }) => [id, name] as const)}
          onChange={(search) => {
            onChange(search === undefined ? {} : { search });
          }}
        />
      )}
      {isSet && filter.search === undefined && (
        <Act
          glyph="plus"
          label={texts.keep}
          onClick={() => {
            setKeeping(true);
          }}
        />
      )}
      {filter.search !== undefined &&
        found.some((one) => one.id === filter.search && one.is_own) && (
          <Forget
            id={filter.search}
            onDone={() => {
              onChange({});
            }}
          />
        )}
      {isKeeping && (
        <Keep
          filter={filter}
          onClose={() => {
            setKeeping(false);
          }}
        />
      )}
    </>
  );
}

function Forget({ id, onDone }: { readonly id: string; readonly onDone: () => void }): ReactNode {
  const queries = useQueryClient();
  const forgetting = useMutation({
    mutationFn: () => call<unknown>(`/searches/${id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ["searches"] });
    },
  });
  return (
    <Act
      glyph="bin"
      label={texts.forget}
      onClick={() => {
        forgetting.mutate();
      }}
    />
  );
}

function Keep({
  filter,
  onClose,
}: {
  readonly filter: LibraryFilter;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const [name, setName] = useState(filter.q ?? "");
  const keeping = useMutation({
    mutationFn: () =>
      call<SavedSearch>("/searches", {
        method: "POST",
        body: { name: name.trim(), filter: filterOf(filter) },
      }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["searches"] });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={texts.keep}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") keeping.mutate();
        }}
      >
        <TextInput
          label={texts.name}
          description={texts.name_hint}
          maxLength={100}
          value={name}
          data-autofocus
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        {keeping.error !== null && <FailureBar error={keeping.error} title={words.not_saved} />}
        <div className="actions end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" disabled={name.trim() === ""} loading={keeping.isPending}>
            {words.save}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
