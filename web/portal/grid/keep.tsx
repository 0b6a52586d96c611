/** The question under which name the filters that are set are kept. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { filterOf, type LibraryFilter } from "../api/queries";
import type { SavedSearch } from "../api/types";
import { FailureBar } from "../parts/notes";

const { searches: texts } = words;

export function Keep({
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
