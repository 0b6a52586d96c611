/** Where else an asset is: services that it was handed to, and those that it may be handed to. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { assetPath, partnersQuery } from "../api/queries";
import type { Asset, PartnerCopy, PartnerName } from "../api/types";
import { Act } from "../parts/act";
import { Badge } from "../parts/badge";
import { FailureBar } from "../parts/notes";
import { signOfPartner } from "../parts/states";

const GOING = ["withdrawing", "removed"];
const AGAIN = ["failed", "removed"];

interface Deed {
  readonly partner: PartnerName;
  readonly method: "POST" | "DELETE";
}

/** Nothing at all where no partner is switched on, and none ever had the asset. */
export function Partners({ asset }: { readonly asset: Asset }): ReactNode {
  const found = useQuery(partnersQuery(asset.id));
  const queries = useQueryClient();
  const deed = useMutation({
    mutationFn: ({ partner, method }: Deed) =>
      call<PartnerCopy>(`${assetPath(asset.id)}/partners/${partner}`, { method }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: partnersQuery(asset.id).queryKey });
    },
  });
  const { items, available } = found.data ?? { items: [], available: [] };
  const shown = items.filter(({ state }) => state !== "removed");
  const offered = available.filter((partner) =>
    items.every((copy) => copy.partner !== partner || AGAIN.includes(copy.state)),
  );
  if (shown.length === 0 && offered.length === 0) return null;
  return (
    <section className="group">
      <h2 className="small">{words.asset.partners}</h2>
      {deed.error !== null && <FailureBar error={deed.error} title={words.asset.partner_failed} />}
      <ul className="rows">
        {shown.map((copy) => (
          <Row
            key={copy.partner}
            copy={copy}
            onWithdraw={() => {
              deed.mutate({ partner: copy.partner, method: "DELETE" });
            }}
          />
        ))}
      </ul>
      <div className="actions">
        {offered.map((partner) => (
          <Button
            key={partner}
            variant="default"
            loading={deed.isPending && deed.variables.partner === partner}
            onClick={() => {
              deed.mutate({ partner, method: "POST" });
            }}
          >
            {fill(words.asset.partner_hand, { name: words.partners[partner] })}
          </Button>
        ))}
      </div>
    </section>
  );
}

interface RowProps {
  readonly copy: PartnerCopy;
  readonly onWithdraw: () => void;
}

function Row({ copy, onWithdraw }: RowProps): ReactNode {
  const name = words.partners[copy.partner];
  const share = copy.size_bytes > 0 ? copy.sent_bytes / copy.size_bytes : 0;
  return (
    <li>
      <div className="line">
        <span className="name">{name}</span>
        <Badge sign={signOfPartner(copy.state, share)} />
        {!GOING.includes(copy.state) && (
          <Act
            glyph="bin"
            label={fill(words.asset.partner_withdraw, { name })}
            onClick={onWithdraw}
          />
        )}
      </div>
      {copy.error !== null && <p className="dim">{copy.error}</p>}
      {Object.entries(copy.links).map(([kind, url]) => (
        <p key={kind} className="dim">
          <a href={url} target="_blank" rel="noreferrer">
            {fill(words.asset.partner_link, { kind, name })}
          </a>
        </p>
      ))}
    </li>
  );
}
