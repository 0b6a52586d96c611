/** The storage: what each tier holds and costs, what would leave the edge, and what moved. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { formatMoment, formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { movementsQuery, planQuery, tiersQuery } from "../api/queries";
import type { EvictionPlan, Movement, TierUse } from "../api/types";
import { Icon } from "../parts/glyphs";
import { Empty, Unloaded } from "../parts/notes";
import { useTitle } from "../parts/title";
import { Alarms } from "../storage/alarms";
import { LedgerSection } from "../storage/ledger";

const EvictDialog = lazy(() =>
  import("../storage/evict").then(({ EvictDialog }) => ({ default: EvictDialog })),
);

const said = words.storage;

export function Storage(): ReactNode {
  useTitle(words.places.storage);
  return (
    <div className="screen narrow">
      <div className="screen-head">
        <h1>{words.places.storage}</h1>
      </div>
      <Alarms />
      <Tiers />
      <LedgerSection />
      <Plan />
      <Movements />
    </div>
  );
}

function Tiers(): ReactNode {
  const found = useQuery(tiersQuery);
  if (found.data === undefined) return <Unloaded found={found} title={said.failed} rows={2} />;
  const rate = found.data.hit_rate;
  return (
    <section className="section">
      <h2>{said.tiers}</h2>
      <ul className="rows boxed">
        {found.data.items.map((use) => (
          <Tier key={use.tier} use={use} />
        ))}
      </ul>
      <p className="dim">
        {rate === null ? said.no_reads : fill(said.hit_rate, { percent: Math.round(rate * 100) })}
      </p>
    </section>
  );
}

function Tier({ use }: { readonly use: TierUse }): ReactNode {
  const limit = use.limit_bytes;
  const used = use.present.size_bytes + use.moving.size_bytes + use.leaving.size_bytes;
  const figures = [
    fill(said.objects, { n: use.present.objects.toLocaleString() }),
    limit === null
      ? formatSize(used, 1)
      : fill(said.of_limit, { used: formatSize(used, 1), limit: formatSize(limit, 1) }),
    use.moving.objects > 0 ? fill(said.moving, { n: use.moving.objects }) : "",
    use.leaving.objects > 0 ? fill(said.leaving, { n: use.leaving.objects }) : "",
    use.lost.objects > 0 ? fill(said.lost, { n: use.lost.objects }) : "",
  ];
  return (
    <li className={`vault tier-${use.tier}`}>
      <div className="who">
        <span className="name">{words.tiers[use.tier]}</span>
        <span className="meta">{use.store}</span>
      </div>
      <p className="figures">{figures.filter(Boolean).join(" · ")}</p>
      <span className="figures cost">
        {fill(said.cost, { dollars: use.cost_per_month.toFixed(2) })}
      </span>
      {limit !== null && (
        <progress
          max={limit}
          value={Math.min(used, limit)}
          aria-label={fill(said.share, { tier: words.tiers[use.tier] })}
        />
      )}
    </li>
  );
}

function Plan(): ReactNode {
  const found = useQuery(planQuery);
  const [isAsked, setAsked] = useState(false);
  if (found.data === undefined) return <Unloaded found={found} title={said.plan_failed} rows={1} />;
  const plan = found.data;
  const isEmpty = plan.objects === 0;
  return (
    <section className="section">
      <h2>{said.plan}</h2>
      <div className="line">
        <p className="figures">
          {isEmpty
            ? fill(said.plan_empty, { n: plan.held_objects.toLocaleString() })
            : fill(said.plan_told, {
                n: plan.objects.toLocaleString(),
                all: plan.held_objects.toLocaleString(),
                size: formatSize(plan.size_bytes, 1),
                dollars: plan.saving.toFixed(2),
              })}
        </p>
        <Button
          variant="default"
          disabled={isEmpty}
          onClick={() => {
            setAsked(true);
          }}
        >
          {said.carry_out}
        </Button>
      </div>
      <Reasons plan={plan} />
      {plan.doubts.length > 0 && !isEmpty && (
        <p className="problem">{fill(said.waits, { why: plan.doubts.join(", ") })}</p>
      )}
      <Suspense>
        {isAsked && (
          <EvictDialog
            plan={plan}
            onClose={() => {
              setAsked(false);
            }}
          />
        )}
      </Suspense>
    </section>
  );
}

function Reasons({ plan }: { readonly plan: EvictionPlan }): ReactNode {
  const reasons: Readonly<Record<string, string | undefined>> = said.reasons;
  const kept: Readonly<Record<string, string | undefined>> = said.kept;
  return (
    <dl className="reasons">
      {Object.entries(plan.reasons).map(([reason, { objects, size_bytes: size }]) => (
        <div key={reason}>
          <dt>{reasons[reason] ?? reason}</dt>
          <dd className="figures">{`${objects.toLocaleString()} · ${formatSize(size, 1)}`}</dd>
        </div>
      ))}
      {Object.entries(plan.kept).map(([why, count]) => (
        <div key={why} className="dim">
          <dt>{kept[why] ?? why}</dt>
          <dd className="figures">{count.toLocaleString()}</dd>
        </div>
      ))}
    </dl>
  );
}

function Movements(): ReactNode {
  const found = useQuery(movementsQuery);
  if (found.data === undefined)
    return <Unloaded found={found} title={said.movements_failed} rows={4} />;
  const { items } = found.data;
  return (
    <section className="section">
      <h2>{said.movements}</h2>
      {items.length === 0 ? (
        <Empty glyph="storage" title={said.still} detail={said.still_detail} />
      ) : (
        <ul className="rows boxed">
          {items.map((each) => (
            <Moved key={`${each.object_id} ${each.created_at} ${each.type}`} movement={each} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Moved({ movement }: { readonly movement: Movement }): ReactNode {
  const hasLeft = movement.type === "placement.evicted";
  const name = movement.name ?? movement.object_id;
  return (
    <li className="moved">
      <Icon of={hasLeft ? "down" : "up"} size={16} />
      <span className="name">{hasLeft ? said.left : said.came}</span>
      {movement.asset_id === null ? (
        <span className="meta">{name}</span>
      ) : (
        <Link
          to="/assets/$assetId"
          params={{ assetId: movement.asset_id }}
          search={{ tab: "storage" }}
          className="meta subject"
        >
          {name}
        </Link>
      )}
      <span className="figures">{formatSize(movement.size_bytes, 1)}</span>
      <time className="meta figures when" dateTime={movement.created_at}>
        {formatMoment(movement.created_at)}
      </time>
    </li>
  );
}
