/** The dialog that takes files: into which project, and which files or folders. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Combobox.layer.css";

import { Autocomplete, Button, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type DragEvent, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { count } from "../../shared/text/fill";
import { gatherDropped, gatherPicked } from "../../shared/uploads/gather";
import type { Chosen } from "../../shared/uploads/item";
import { call } from "../api/call";
import { projectsQuery } from "../api/queries";
import type { Project } from "../api/types";
import { Icon } from "../parts/glyphs";
import { FailureBar } from "../parts/notes";
import { labelOfProject } from "../parts/places";
import { closeChooser, takeFiles, useUploads } from "./desk";
import { readPlace, type Place } from "./place";

const LAST = "rushes.upload.place";

export function Chooser(): ReactNode {
  const { dropped } = useUploads();
  const projects = useQuery(projectsQuery);
  const [place, setPlace] = useState(() => localStorage.getItem(LAST) ?? "");
  const [chosen, setChosen] = useState<readonly Chosen[]>(dropped);
  const known = (projects.data?.items ?? []).map((project) => ({
    value: project.id,
    label: labelOfProject(project),
  }));
  const read = readPlace(place, known);
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: async ({ project, label, fresh }: Place) => {
      const id = fresh === null ? project : (await makeProject(fresh)).id;
      await takeFiles(id ?? "", label || words.uploads.inbox, chosen);
    },
    onSuccess: async () => {
      localStorage.setItem(LAST, place);
      closeChooser();
      await queries.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  const send = (): void => {
    if (read !== null && chosen.length > 0) sending.mutate(read);
  };
  return (
    <Modal
      opened
      onClose={closeChooser}
      title={words.uploads.title}
      size="lg"
      closeButtonProps={{ "aria-label": words.close }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Autocomplete
          label={words.uploads.place}
          description={words.uploads.place_hint}
          placeholder={words.uploads.inbox}
          error={read === null ? words.uploads.place_wrong : undefined}
          data={[...new Set(known.map(({ label }) => label))]}
          value={place}
          onChange={setPlace}
          maxLength={200}
        />
        <Drop chosen={chosen} onChoose={setChosen} />
        {sending.error !== null && (
          <FailureBar error={sending.error} title={words.uploads.not_begun} />
        )}
        <div className="actions end">
          <Button variant="default" onClick={closeChooser}>
            {words.cancel}
          </Button>
          <Button
            type="submit"
            loading={sending.isPending}
            disabled={chosen.length === 0 || read === null}
          >
            {chosen.length === 0
              ? words.uploads.send_none
              : count(words.uploads.send, chosen.length)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function makeProject(names: NonNullable<Place["fresh"]>): Promise<Project> {
  return call<Project>("/projects", { method: "POST", body: names });
}

interface DropProps {
  readonly chosen: readonly Chosen[];
  readonly onChoose: (chosen: readonly Chosen[]) => void;
}

function Drop({ chosen, onChoose }: DropProps): ReactNode {
  const [isOver, setOver] = useState(false);
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void gatherDropped(event.dataTransfer).then((more) => {
      onChoose([...chosen, ...more]);
    });
  };
  return (
    <div
      className={isOver ? "drop is-over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={onDrop}
    >
      <Icon of="upload" size={32} />
      <p>{chosen.length === 0 ? words.uploads.drop : count(words.uploads.chosen, chosen.length)}</p>
      <div className="actions">
        <Pick
          label={words.uploads.files}
          onPick={(files) => {
            onChoose([...chosen, ...gatherPicked(files)]);
          }}
        />
        <Pick
          isFolder
          label={words.uploads.folder}
          onPick={(files) => {
            onChoose([...chosen, ...gatherPicked(files)]);
          }}
        />
      </div>
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly isFolder?: boolean;
  readonly onPick: (files: FileList) => void;
}

function Pick({ label, isFolder = false, onPick }: PickProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label={label}
        {...(isFolder ? { webkitdirectory: "" } : {})}
        onChange={(event) => {
          if (event.target.files !== null) onPick(event.target.files);
          event.target.value = "";
        }}
      />
      <Button variant="default" onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}
