/** The tray: what is being sent, on every screen, with pause, cancel and another try. */
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { formatSize, formatSpeed, middleEllipsis } from "../../shared/format";
import { portal as words, states } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { formatTimeLeft } from "../../shared/uploads/estimator";
import { percentOf, type Item } from "../../shared/uploads/item";
import { Act } from "../parts/act";
import { Badge } from "../parts/badge";
import type { Glyph } from "../parts/glyphs";
import type { Sign, Tone } from "../parts/states";
import { allItems, clearDone, openUploads, useUploads, type Lane } from "./desk";

const LONGEST_NAME = 34;

export function Tray(): ReactNode {
  const { lanes, open, moving } = useUploads();
  const [isOpen, setOpen] = useState(true);
  const entries = allItems(lanes);
  if (entries.length === 0) return null;
  const head = headOf(lanes, open);
  return (
    <section className="tray" aria-label={words.uploads.tray}>
      <header>
        <i className={moving > 0 ? "tally is-lit" : "tally"} aria-hidden="true" />
        <h2>{head}</h2>
        {open === 0 && (
          <Button size="compact-sm" variant="default" onClick={clearDone}>
            {words.uploads.clear}
          </Button>
        )}
        <Act
          glyph="plus"
          label={words.uploads.more}
          onClick={() => {
            openUploads();
          }}
        />
        <Act
          glyph={isOpen ? "down" : "up"}
          label={isOpen ? words.uploads.fold : words.uploads.unfold}
          onClick={() => {
            setOpen(!isOpen);
          }}
        />
      </header>
      <Note lanes={lanes} />
      {isOpen && open > 0 && <ForAll lanes={lanes} />}
      {isOpen && (
        <ul>
          {entries.map(({ lane, item }) => (
            <Row key={`${lane.place}/${item.id}`} lane={lane} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Why nothing moves, where that is nobody's wish. */
function Note({ lanes }: { readonly lanes: readonly Lane[] }): ReactNode {
  const isElsewhere = lanes.some(({ queue }) => queue.isElsewhere);
  const isAway = !navigator.onLine && lanes.some(({ queue }) => queue.totals().open > 0);
  if (!isAway && !isElsewhere) return null;
  return (
    <p className="note" role="status">
      {isAway ? words.uploads.offline : words.uploads.elsewhere}
    </p>
  );
}

/** One thing done to every file that allows it, and how much there is in all. */
function ForAll({ lanes }: { readonly lanes: readonly Lane[] }): ReactNode {
  const items = lanes.flatMap(({ queue }) => queue.items);
  const isPausable = items.some(({ state }) => state === "sending" || state === "waiting");
  const isPaused = items.some(({ state }) => state === "paused");
  const totals = lanes.map(({ queue }) => queue.totals());
  const sum = (of: "sent" | "bytes"): number => totals.reduce((whole, each) => whole + each[of], 0);
  const forAll = (deed: (queue: Lane["queue"], item: Item) => unknown) => (): void => {
    for (const { queue } of lanes) queue.forAll((item) => deed(queue, item));
  };
  const button = (label: string, press: () => void): ReactNode => (
    <Button size="compact-sm" variant="default" onClick={press}>
      {label}
    </Button>
  );
  const { pause_all, resume_all, cancel_all, sent_of } = words.uploads;
  return (
    <div className="for-all">
      <span className="figures">
        {fill(sent_of, { sent: formatSize(sum("sent")), size: formatSize(sum("bytes")) })}
      </span>
      {isPausable &&
        button(
          pause_all,
          forAll((queue, item) => {
            queue.pause(item);
          }),
        )}
      {!isPausable &&
        isPaused &&
        button(
          resume_all,
          forAll((queue, item) => {
            if (item.state === "paused") queue.resume(item);
          }),
        )}
      {(isPausable || isPaused) && <CancelAll lanes={lanes} label={cancel_all} />}
    </div>
  );
}

/** Asks once more: what was sent is thrown away. */
function CancelAll(props: { readonly lanes: readonly Lane[]; readonly label: string }): ReactNode {
  const [isSure, setSure] = useState(false);
  const cancel = (): void => {
    for (const { queue } of props.lanes) {
      queue.forAll((item) => {
        if (["waiting", "sending", "paused"].includes(item.state)) void queue.cancel(item);
      });
    }
  };
  return (
    <Button
      size="compact-sm"
      variant={isSure ? "filled" : "default"}
      onBlur={() => {
        setSure(false);
      }}
      onClick={() => {
        if (isSure) cancel();
        setSure(!isSure);
      }}
    >
      {isSure ? words.uploads.cancel_sure : props.label}
    </Button>
  );
}

function headOf(lanes: readonly Lane[], open: number): string {
  if (open === 0) return words.uploads.all_done;
  const files = count(words.uploads.sending, open);
  const isChecking = lanes.every(({ queue }) =>
    queue.items.every(({ state }) => state === "checking" || state === "received"),
  );
  if (isChecking) return fill(words.uploads.head_checking, { files });
  const totals = lanes.map(({ queue }) => queue.totals());
  const sent = totals.reduce((sum, each) => sum + each.sent, 0);
  const bytes = totals.reduce((sum, each) => sum + each.bytes, 0);
  const percent = bytes > 0 ? Math.min(99, Math.floor((100 * sent) / bytes)) : 0;
  return fill(words.uploads.head, { files, percent });
}

function Row({ lane, item }: { readonly lane: Lane; readonly item: Item }): ReactNode {
  const percent = percentOf(item);
  return (
    <li>
      <div className="line">
        <span className="name" title={item.path}>
          {middleEllipsis(item.file.name, LONGEST_NAME)}
        </span>
        <Badge sign={signOfUpload(item)} />
        <Acts lane={lane} item={item} />
      </div>
      {item.state === "sending" && (
        <progress max={100} value={percent} aria-label={item.file.name} />
      )}
      <p className="figures">{figuresOf(lane, item, percent)}</p>
      {item.problem !== null && <p className="problem">{item.problem.words}</p>}
    </li>
  );
}

function figuresOf({ label, queue }: Lane, item: Item, percent: number): string {
  const size = formatSize(item.file.size);
  if (item.state !== "sending") return `${size} · ${label}`;
  const speed = queue.speedOf(item);
  const left = queue.estimatorOf(item)?.timeLeft(performance.now(), item.file.size - item.sent);
  const time =
    left?.kind === "left"
      ? fill(words.uploads.left, { time: formatTimeLeft(left.seconds) ?? "" })
      : left?.kind === "stalled"
        ? words.uploads.stalled
        : words.uploads.calculating;
  return [
    `${String(percent)} %`,
    fill(words.uploads.sent_of, { sent: formatSize(item.sent), size }),
    speed === null ? "" : formatSpeed(speed),
    time,
  ]
    .filter(Boolean)
    .join(" · ");
}

function Acts({ lane: { queue }, item }: { readonly lane: Lane; readonly item: Item }): ReactNode {
  const act = (glyph: Glyph, label: string, deed: () => unknown): ReactNode => (
    <Act
      glyph={glyph}
      label={`${label}: ${item.file.name}`}
      onClick={() => {
        deed();
      }}
    />
  );
  const { pause, go_on, cancel, again, remove } = words.uploads;
  switch (item.state) {
    case "waiting":
    case "sending":
      return (
        <>
          {act("pause", pause, () => {
            queue.pause(item);
          })}
          {act("close", cancel, () => queue.cancel(item))}
        </>
      );
    case "paused":
      return (
        <>
          {act("play", go_on, () => {
            queue.resume(item);
          })}
          {act("close", cancel, () => queue.cancel(item))}
        </>
      );
    case "refused":
    case "expired":
      return (
        <>
          {act("retry", again, () => {
            queue.resume(item);
          })}
          {act("close", remove, () => {
            queue.remove(item);
          })}
        </>
      );
    default:
      return null;
  }
}

const SIGNS: Readonly<Record<Item["state"], readonly [Tone, Glyph]>> = {
  waiting: ["quiet", "waiting"],
  sending: ["edge", "upload"],
  paused: ["quiet", "pause"],
  checking: ["busy", "making"],
  received: ["ok", "check"],
  refused: ["error", "failed"],
  cancelled: ["quiet", "none"],
  expired: ["error", "failed"],
};

function signOfUpload({ state }: Item): Sign {
  const [tone, glyph] = SIGNS[state];
  return { word: states.upload[state], tone, glyph };
}
