/** One asset: what it looks like, what there is of it, where that is, and what happened. */
import "@mantine/core/styles/Tabs.layer.css";

import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { ApiProblem } from "../api/call";
import { assetQuery, renditionsQuery } from "../api/queries";
import type { Asset, Rendition } from "../api/types";
import { Actions } from "../asset/actions";
import { Activity } from "../asset/activity";
import { Code } from "../asset/code";
import { Details } from "../asset/details";
import { Partners } from "../asset/partners";
import { Renditions } from "../asset/renditions";
import { StoragePlaces } from "../asset/storage";
import { Viewer } from "../asset/viewer";
import { lastFilter } from "../grid/last";
import { Badge, TierStrip } from "../parts/badge";
import { Icon } from "../parts/glyphs";
import { Failure, FailureBar, Waiting } from "../parts/notes";
import { labelOfPlace, nameOf } from "../parts/places";
import { progressOf, signOfAsset } from "../parts/states";
import { useTitle } from "../parts/title";

const route = getRouteApi("/assets/$assetId");
const TABS = ["details", "renditions", "storage", "activity", "api"] as const;
type Tab = (typeof TABS)[number];

export function AssetPage(): ReactNode {
  const { assetId } = route.useParams();
  const found = useQuery(assetQuery(assetId));
  useTitle(found.data === undefined ? words.places.library : nameOf(found.data));
  const retry = (): void => {
    void found.refetch();
  };
  if (found.data === undefined) {
    if (found.error === null) return <AssetWaiting />;
    const isMissing = found.error instanceof ApiProblem && found.error.status === 404;
    const title = isMissing ? words.asset.missing : words.asset.failed;
    return (
      <div className="screen">
        <Back />
        <Failure error={found.error} title={title} onRetry={retry} />
      </div>
    );
  }
  return (
    <div className="screen asset">
      {found.error !== null && (
        <FailureBar error={found.error} title={words.asset.failed_newer} onRetry={retry} />
      )}
      <Loaded asset={found.data} />
    </div>
  );
}

function Loaded({ asset }: { readonly asset: Asset }): ReactNode {
  const renditions = useQuery(renditionsQuery(asset.id));
  const rows = renditions.data?.items ?? [];
  return (
    <>
      <Head asset={asset} renditions={rows} />
      <div className="desk">
        <div className="stage">
          <Viewer asset={asset} />
        </div>
        <Inspector asset={asset} />
      </div>
    </>
  );
}

interface HeadProps {
  readonly asset: Asset;
  readonly renditions: readonly Rendition[];
}

function Head({ asset, renditions }: HeadProps): ReactNode {
  const progress = progressOf(renditions);
  const isMaking = renditions.some(({ state }) => state === "making" || state === "wanted");
  return (
    <header className="asset-head">
      <div className="crumbs">
        <Back />
        <span>{labelOfPlace(asset)}</span>
      </div>
      <h1>{nameOf(asset)}</h1>
      <div className="signs">
        <Badge sign={signOfAsset(asset, asset.state === "filed" ? progress : null)} />
        {asset.state === "playable" && isMaking && progress !== null && (
          <Badge sign={signOfAsset({ ...asset, state: "filed" }, progress)} />
        )}
        <TierStrip placements={asset.placements} />
      </div>
      <Actions asset={asset} renditions={renditions} />
    </header>
  );
}

function Back(): ReactNode {
  return (
    <Link to="/library" search={lastFilter()} className="back">
      <Icon of="left" size={16} />
      {words.places.library}
    </Link>
  );
}

function Inspector({ asset }: { readonly asset: Asset }): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const open = TABS.find((name) => name === tab) ?? "details";
  const panels: Readonly<Record<Tab, () => ReactNode>> = {
    details: () => <Details asset={asset} />,
    renditions: () => <Renditions asset={asset} />,
    storage: () => (
      <>
        <StoragePlaces asset={asset} />
        <Partners asset={asset} />
      </>
    ),
    activity: () => <Activity asset={asset} />,
    api: () => <Code asset={asset} />,
  };
  return (
    <Tabs
      className="inspector"
      value={open}
      onChange={(next) => {
        void navigate({
          search: (before) => ({
            ...before,
            tab: next === "details" ? undefined : (next ?? undefined),
          }),
          replace: true,
          resetScroll: false,
        });
      }}
    >
      <Tabs.List aria-label={words.asset.tabs_label}>
        {TABS.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {words.asset.tabs[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={open}>{panels[open]()}</Tabs.Panel>
    </Tabs>
  );
}

function AssetWaiting(): ReactNode {
  return (
    <div className="screen asset">
      <Back />
      <div className="desk">
        <div className="stage">
          <Waiting kind="card" count={1} />
        </div>
        <div className="inspector">
          <Waiting kind="line" count={8} />
        </div>
      </div>
    </div>
  );
}
