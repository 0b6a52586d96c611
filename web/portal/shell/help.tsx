/** The keys, as a list: those of the portal and those of the player. */
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/Paper.layer.css";

import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

import { player, portal as words } from "../../shared/text/en.json";

export function Help({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.help.title}
      size="lg"
      closeButtonProps={{ "aria-label": words.close }}
    >
      <KeyTable title={words.help.portal} rows={words.help.rows} />
      <KeyTable title={player.help.title} rows={player.help.rows} />
    </Modal>
  );
}

interface KeyTableProps {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

function KeyTable({ title, rows }: KeyTableProps): ReactNode {
  return (
    <section className="keys">
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, meaning]) => (
          <div key={keys}>
            <dt className="figures">{keys}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
