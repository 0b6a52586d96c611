/** Has made anew what an older version of Rushes made of an asset. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { renditionsQuery } from "../api/queries";
import type { Asset, Remade } from "../api/types";
import { FailureBar } from "../parts/notes";

export function Remake({ asset }: { readonly asset: Asset }): ReactNode {
  const queries = useQueryClient();
  const remake = useMutation({
    mutationFn: () => call<Remade>(`/assets/${asset.id}/remake`, { method: "POST" }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: renditionsQuery(asset.id).queryKey });
    },
  });
  return (
    <div className="stack edit">
      <p className="dim" role="status">
        {remake.data === undefined ? words.asset.remake_hint : outcomeOf(remake.data)}
      </p>
      {remake.error !== null && (
        <FailureBar error={remake.error} title={words.asset.remake_failed} />
      )}
      <div className="actions">
        <Button
          variant="default"
          loading={remake.isPending}
          onClick={() => {
            remake.mutate();
          }}
        >
          {words.asset.remake}
        </Button>
      </div>
    </div>
  );
}

function outcomeOf({ qualities, busy }: Remade): string {
  if (busy) return words.asset.remake_busy;
  if (qualities.length === 0) return words.asset.remake_none;
  return fill(words.asset.remade, { names: qualities.join(", ") });
}
