/** Shares: what others watch and download without an account, and how often they did. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { sharesQuery } from "../api/queries";
import type { Share } from "../api/types";
import { HandedScreen, nameOf, placeOf, type Facts } from "../parts/handed";
import { signOfShare } from "../shares/share";

const ShareDrawer = lazy(() =>
  import("../shares/drawer").then(({ ShareDrawer }) => ({ default: ShareDrawer })),
);

const NO_ASSETS: readonly string[] = [];

export function Shares(): ReactNode {
  return (
    <HandedScreen
      kind="shares"
      glyph="shares"
      texts={words.shares}
      found={useInfiniteQuery(sharesQuery)}
      factsOf={factsOf}
      drawer={(props) => <ShareDrawer {...props} assetIds={NO_ASSETS} />}
    />
  );
}

function factsOf(share: Share): Facts {
  const place = nameOf(share) === placeOf(share) ? "" : placeOf(share);
  const what =
    share.asset_count === null ? words.shares.whole : count(words.shares.assets, share.asset_count);
  const lock = share.has_password ? words.handed.locked : "";
  return {
    sign: signOfShare(share, new Date()),
    detail: [place, what, lock].filter(Boolean).join(" · "),
    uses: usesOf(share),
  };
}

function usesOf({ view_count: views, max_views: most, download_count: downloads }: Share): string {
  const seen =
    most === null
      ? count(words.shares.views, views)
      : fill(words.shares.views_of, { n: views, all: most });
  return downloads === 0 ? seen : `${seen} · ${count(words.shares.downloads, downloads)}`;
}
