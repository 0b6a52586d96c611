/** The field that says until when a link or a share is open. */
import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";

import { formatDate } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { AS_IT_IS, LIVES } from "./expiry";

export interface LifeProps {
  /** What the field shows, and what is told of a choice. */
  readonly bound: object;
  /** The end that was set before; undefined: it is new. */
  readonly before: string | null | undefined;
}

export function Life({ bound, before }: LifeProps): ReactNode {
  return (
    <NativeSelect {...bound}>
      {before !== undefined && (
        <option value={AS_IT_IS}>
          {before === null
            ? words.handed.never
            : fill(words.handed.until, { date: formatDate(before) })}
        </option>
      )}
      {LIVES.map((days) => (
        <option key={days} value={days}>
          {words.handed.days[days === "" ? "never" : days]}
        </option>
      ))}
    </NativeSelect>
  );
}
