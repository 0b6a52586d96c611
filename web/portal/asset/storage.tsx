/** Where the bytes of an asset are: tier by tier, each object with its state and its check. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatMoment, formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { placementsQuery } from "../api/queries";
import type { Asset, Placement, Tier } from "../api/types";
import { Badge } from "../parts/badge";
import { Unloaded } from "../parts/notes";
import { signOfPlacement } from "../parts/states";

const TIERS: readonly Tier[] = ["edge", "archive", "editing"];

export function StoragePlaces({ asset }: { readonly asset: Asset }): ReactNode {
  const found = useQuery(placementsQuery(asset.id));
  if (found.data === undefined)
    return <Unloaded found={found} title={words.asset.storage_failed} rows={5} />;
  const { items } = found.data;
  return (
    <div className="panel">
      {TIERS.map((tier) => (
        <TierSection
          key={tier}
          tier={tier}
          placements={items.filter((each) => each.tier === tier)}
        />
      ))}
    </div>
  );
}

interface TierSectionProps {
  readonly tier: Tier;
  readonly placements: readonly Placement[];
}

function TierSection({ tier, placements }: TierSectionProps): ReactNode {
  const bytes = placements
    .filter(({ state }) => state === "present")
    .reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  return (
    <section className={`tier-section tier-${tier}`}>
      <h2 className="small">
        <i aria-hidden="true" />
        {words.tiers[tier]}
        <span className="figures">{bytes > 0 ? formatSize(bytes, 1) : ""}</span>
      </h2>
      {placements.length === 0 ? (
        <p className="dim">{words.asset.storage_none}</p>
      ) : (
        <ul className="rows">
          {placements.map((placement) => (
            <li key={placement.object_id}>
              <div className="line">
                <span className="name" title={placement.object_id}>
                  {placement.name}
                </span>
                <Badge sign={signOfPlacement(placement.state)} />
              </div>
              <p className="figures">{figuresOf(placement)}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function figuresOf({ size_bytes: size, verified_at: verified }: Placement): string {
  return [
    formatSize(size, 1),
    verified === null
      ? words.asset.not_verified
      : fill(words.asset.verified, { when: formatMoment(verified) }),
  ]
    .filter(Boolean)
    .join(" · ");
}
