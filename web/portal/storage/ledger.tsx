/** The ledger: what tiers and projects cost, what moved by month, what is to come, by which prices. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatMoment, formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { ledgerQuery } from "../api/queries";
import type { Ledger, LedgerPrice, MonthMoved, ProjectCost, TierCost } from "../api/types";
import { Unloaded } from "../parts/notes";

const said = words.storage.ledger;
const tiers: Readonly<Record<string, string | undefined>> = words.tiers;
const SHOWN_PROJECTS = 10;

/** Return dollars as people read them: cents, and what is less as such. */
function dollars(amount: number): string {
  if (amount > 0 && amount < 0.005) return said.below_a_cent;
  return `$${amount.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function tierName(tier: string): string {
  return tiers[tier] ?? tier;
}

export function LedgerSection(): ReactNode {
  const found = useQuery(ledgerQuery);
  if (found.data === undefined) return <Unloaded found={found} title={said.failed} rows={3} />;
  const ledger = found.data;
  return (
    <section className="section">
      <h2>{said.title}</h2>
      {ledger.until === null ? (
        <p className="dim">{said.not_yet}</p>
      ) : (
        <>
          <Headline ledger={ledger} />
          <Costs items={ledger.tiers} />
          <Projects items={ledger.projects} />
          <MovedByMonth items={ledger.movements} />
          <p className="dim">{fill(said.until, { when: formatMoment(ledger.until) })}</p>
        </>
      )}
      <Prices items={ledger.prices} />
    </section>
  );
}

function Headline({ ledger }: { readonly ledger: Ledger }): ReactNode {
  const month = ledger.tiers.reduce((sum, tier) => sum + tier.month, 0);
  const soon = ledger.forecast.filter(({ days }) => days === 30);
  const ahead = soon.reduce((sum, each) => sum + each.cost_per_month, 0);
  const bytes = soon.reduce((sum, each) => sum + each.size_bytes, 0);
  const figures = [
    { name: said.so_far, value: dollars(ledger.total) },
    { name: said.whole_month, value: dollars(month) },
    { name: said.saved, value: dollars(ledger.saving) },
    { name: said.in_30_days, value: `${formatSize(bytes, 1)} · ${dollars(ahead)}` },
  ];
  return (
    <dl className="money">
      {figures.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="figures">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Costs({ items }: { readonly items: readonly TierCost[] }): ReactNode {
  return (
    <table className="costs">
      <caption>{said.by_tier}</caption>
      <thead>
        <tr>
          <th scope="col">{said.tier}</th>
          <th scope="col">{said.held}</th>
          <th scope="col" className="wide">
            {said.storage}
          </th>
          <th scope="col" className="wide">
            {said.requests}
          </th>
          <th scope="col" className="wide">
            {said.egress}
          </th>
          <th scope="col">{said.total}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((each) => (
          <tr key={each.tier}>
            <th scope="row">{tierName(each.tier)}</th>
            <td>{formatSize(each.size_bytes, 1)}</td>
            <td className="wide">{dollars(each.storage)}</td>
            <td className="wide">{dollars(each.requests)}</td>
            <td className="wide">{dollars(each.egress)}</td>
            <td>{dollars(each.total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Projects({ items }: { readonly items: readonly ProjectCost[] }): ReactNode {
  if (items.length === 0) return null;
  const rest = items.length - SHOWN_PROJECTS;
  return (
    <table className="costs">
      <caption>{said.by_project}</caption>
      <thead>
        <tr>
          <th scope="col">{said.project}</th>
          <th scope="col" className="wide">
            {words.tiers.edge}
          </th>
          <th scope="col">{words.tiers.archive}</th>
          <th scope="col">{said.total}</th>
        </tr>
      </thead>
      <tbody>
        {items.slice(0, SHOWN_PROJECTS).map((each) => (
          <tr key={each.project_id ?? ""}>
            <th scope="row">{each.name ?? said.no_project}</th>
            <td className="wide">{formatSize(each.size_bytes["edge"] ?? 0, 1)}</td>
            <td>{formatSize(each.size_bytes["archive"] ?? 0, 1)}</td>
            <td>{dollars(each.total)}</td>
          </tr>
        ))}
      </tbody>
      {rest > 0 && (
        <tfoot>
          <tr>
            <td colSpan={4}>{fill(said.more_projects, { n: rest })}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function MovedByMonth({ items }: { readonly items: readonly MonthMoved[] }): ReactNode {
  if (items.length === 0) return null;
  return (
    <table className="costs">
      <caption>{said.by_month}</caption>
      <thead>
        <tr>
          <th scope="col">{said.month}</th>
          <th scope="col" className="text">
            {said.tier}
          </th>
          <th scope="col">{said.came}</th>
          <th scope="col">{said.gone}</th>
          <th scope="col" className="wide">
            {said.fetched}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((each) => (
          <tr key={`${each.month} ${each.tier}`}>
            <th scope="row">{each.month}</th>
            <td className="text">{tierName(each.tier)}</td>
            <td>{formatSize(each.came_bytes, 1)}</td>
            <td>{formatSize(each.gone_bytes, 1)}</td>
            <td className="wide">{formatSize(each.fetched_bytes, 1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Prices({ items }: { readonly items: readonly LedgerPrice[] }): ReactNode {
  return (
    <details className="prices">
      <summary>{said.prices}</summary>
      <ul>
        {items.map((each) => (
          <li key={each.tier}>
            <span className="name">{`${tierName(each.tier)} (${each.store})`}</span>{" "}
            {each.provider === null && each.storage === 0 && each.egress === 0
              ? said.free
              : fill(said.price, {
                  storage: String(each.storage),
                  writes: String(each.writes),
                  reads: String(each.reads),
                  egress: String(each.egress),
                })}{" "}
            {each.source?.startsWith("https://") === true && (
              <a href={each.source} rel="noreferrer" target="_blank">
                {said.source}
              </a>
            )}{" "}
            {each.as_of !== null && fill(said.as_of, { date: each.as_of })}{" "}
            {each.is_own && said.own}
          </li>
        ))}
      </ul>
      <p className="dim">{said.prices_detail}</p>
    </details>
  );
}
