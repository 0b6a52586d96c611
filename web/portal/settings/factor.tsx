/** The second factor of one's own log-in: added, its recovery codes renewed, taken away. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatDate } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { factorQuery } from "../api/queries";
import type { SecondFactor } from "../api/types";
import { Unloaded } from "../parts/notes";

const AddDialog = lazy(() =>
  import("./factor_dialogs").then(({ AddDialog }) => ({ default: AddDialog })),
);
const CodeDialog = lazy(() =>
  import("./factor_dialogs").then(({ CodeDialog }) => ({ default: CodeDialog })),
);

type Deed = "add" | "renew" | "remove";

export function FactorSection({ isNeeded }: { readonly isNeeded: boolean }): ReactNode {
  const found = useQuery(factorQuery);
  const [deed, setDeed] = useState<Deed | null>(null);
  const close = (): void => {
    setDeed(null);
  };
  if (found.data === undefined)
    return <Unloaded found={found} title={words.settings.factor_failed} rows={1} />;
  const { is_on: isOn } = found.data;
  return (
    <section className="section">
      <div className="line">
        <div className="who">
          <h2>{words.settings.factor}</h2>
          <span className="meta" role={isNeeded ? "alert" : undefined}>
            {describe(found.data, isNeeded)}
          </span>
        </div>
        {(isOn ? (["renew", "remove"] as const) : (["add"] as const)).map((each) => (
          <Button
            key={each}
            variant={each === "add" && isNeeded ? "filled" : "default"}
            onClick={() => {
              setDeed(each);
            }}
          >
            {words.settings[`factor_${each}`]}
          </Button>
        ))}
      </div>
      <Suspense>
        {deed === "add" && <AddDialog onClose={close} />}
        {(deed === "renew" || deed === "remove") && <CodeDialog deed={deed} onClose={close} />}
      </Suspense>
    </section>
  );
}

function describe(factor: SecondFactor, isNeeded: boolean): string {
  if (factor.confirmed_at !== null)
    return fill(words.settings.factor_on, {
      date: formatDate(factor.confirmed_at),
      n: factor.recovery_codes_left,
    });
  return isNeeded ? words.settings.factor_needed : words.settings.factor_off;
}
