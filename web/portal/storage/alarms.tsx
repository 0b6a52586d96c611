/** What is wrong with the tiers now; nothing where all is well. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatMoment } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { alarmsQuery } from "../api/queries";

const said = words.storage.alarms;

export function Alarms(): ReactNode {
  const found = useQuery(alarmsQuery);
  const lasting = found.data?.items.filter(({ cleared_at: end }) => end === null) ?? [];
  if (lasting.length === 0) return null;
  return (
    <section className="section" role="alert">
      <h2>{said.title}</h2>
      <ul className="rows boxed">
        {lasting.map((each) => (
          <li key={`${each.tier} ${each.trouble}`} className="alarm">
            <p className="problem">{each.words}</p>
            <span className="meta">{fill(said.since, { when: formatMoment(each.raised_at) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
