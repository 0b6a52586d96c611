/** What the portal asks for, as query options: keys, calls, and how often to look again. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { call } from "./call";
import { pause } from "./live";
import type {
  Alarm,
  Asset,
  Colors,
  Delivery,
  EvictionPlan,
  Field,
  Filter,
  Job,
  Ledger,
  Movement,
  Occurrence,
  Page,
  PartnerCopies,
  Placement,
  Project,
  Share,
  Rendition,
  SavedSearch,
  SecondFactor,
  Session,
  TierList,
  Token,
  UnfinishedUpload,
  UploadLink,
  Webhook,
} from "./types";

const PAGE = 60;
const MANY_PAGES = 2; // more than these are not asked for again every two seconds

export interface LibraryFilter {
  readonly q?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: string | undefined;
  /** The two slugs, as `client/project`. */
  readonly project?: string | undefined;
  readonly tag?: string | undefined;
  /** A kept search, by its id: it stands for all other filters. */
  readonly search?: string | undefined;
}

/** Return the filters as the API takes and keeps them. */
export function filterOf({ q, kind, state, project, tag }: LibraryFilter): Filter {
  const [client, ofClient] = project?.split("/") ?? [];
  const all = { q, kind, state, client, project: ofClient, tag: tag ? [tag] : undefined };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Boolean(value))) as Filter;
}

async function findFilter(filter: LibraryFilter, signal: AbortSignal): Promise<Filter> {
  if (filter.search === undefined) return filterOf(filter);
  const kept = await call<SavedSearch>(`/searches/${encodeURIComponent(filter.search)}`, {
    signal,
  });
  return Object.fromEntries(
    Object.entries(kept.filter).filter(([, value]) => value !== null),
  ) as Filter;
}

/** The address of an asset; an id typed by hand may hold anything. */
export function assetPath(id: string): string {
  return `/assets/${encodeURIComponent(id)}`;
}

/** Say whether an asset will change by itself soon. */
export function isInProgress(asset: Asset): boolean {
  const isMoving = asset.placements.some(({ state }) => state === "copying");
  return ["arriving", "filed", "playable", "deleting"].includes(asset.state) || isMoving;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call<Session>("/session", { signal }),
  staleTime: Infinity,
});

export const factorQuery = queryOptions({
  queryKey: ["session", "factor"],
  queryFn: ({ signal }) => call<SecondFactor>("/session/second-factor", { signal }),
});

export const libraryQuery = (filter: LibraryFilter) =>
  infiniteQueryOptions({
    queryKey: ["assets", filter],
    queryFn: async ({ pageParam, signal }) =>
      call<Page<Asset>>("/assets", {
        query: { ...(await findFilter(filter, signal)), limit: PAGE, cursor: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? [];
      const isBusy = pages.some((page) => page.items.some(isInProgress));
      return pause(isBusy && pages.length <= MANY_PAGES);
    },
  });

export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id],
    queryFn: ({ signal }) => call<Asset>(assetPath(id), { signal }),
    refetchInterval: ({ state }) => pause(state.data !== undefined && isInProgress(state.data)),
  });

export const renditionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id, "renditions"],
    queryFn: ({ signal }) => call<Page<Rendition>>(`${assetPath(id)}/renditions`, { signal }),
    refetchInterval: ({ state }) => {
      const isBusy = state.data?.items.some(
        ({ state: now }) => now === "making" || now === "wanted",
      );
      return pause(isBusy === true);
    },
  });

/** Asked again with the asset: its key stands below that of the asset. */
export const colorQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id, "color"],
    queryFn: ({ signal }) => call<Colors>(`${assetPath(id)}/color`, { signal }),
    refetchInterval: () => pause(false),
  });

export const partnersQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id, "partners"],
    queryFn: ({ signal }) => call<PartnerCopies>(`${assetPath(id)}/partners`, { signal }),
    refetchInterval: ({ state }) => {
      const isBusy = state.data?.items.some(
        ({ state: now }) => !["ready", "failed", "removed"].includes(now),
      );
      return pause(isBusy === true);
    },
  });

export const placementsQuery = (id: string) =>
  queryOptions({
    queryKey: ["asset", id, "placements"],
    queryFn: ({ signal }) => call<Page<Placement>>(`${assetPath(id)}/placements`, { signal }),
    refetchInterval: () => pause(false),
  });

export const activityQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["asset", id, "activity"],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Occurrence>>(`${assetPath(id)}/activity`, { query: { cursor: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: () => pause(false),
  });

export const linksQuery = infiniteQueryOptions({
  queryKey: ["links"],
  queryFn: ({ pageParam, signal }) =>
    call<Page<UploadLink>>("/links", { query: { cursor: pageParam }, signal }),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
  refetchInterval: () => pause(false),
});

export const sharesQuery = infiniteQueryOptions({
  queryKey: ["shares"],
  queryFn: ({ pageParam, signal }) =>
    call<Page<Share>>("/shares", { query: { cursor: pageParam }, signal }),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
  refetchInterval: () => pause(false),
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => call<Page<Project>>("/projects", { query: { limit: 500 }, signal }),
  staleTime: 30_000,
});

export const searchesQuery = queryOptions({
  queryKey: ["searches"],
  queryFn: ({ signal }) => call<Page<SavedSearch>>("/searches", { query: { limit: 200 }, signal }),
  staleTime: 30_000,
});

export const fieldsQuery = queryOptions({
  queryKey: ["fields"],
  queryFn: ({ signal }) => call<{ readonly items: readonly Field[] }>("/fields", { signal }),
  staleTime: 30_000,
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call<Page<Token>>("/tokens", { signal }),
});

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) => call<Page<Webhook>>("/webhooks", { query: { limit: 100 }, signal }),
  refetchInterval: () => pause(false),
});

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Delivery>>(`/webhooks/${id}/deliveries`, {
        query: { limit: 20, cursor: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => {
      const isWaiting = state.data?.pages[0]?.items.some((one) => one.state === "waiting");
      return pause(isWaiting === true);
    },
  });

export const unfinishedQuery = queryOptions({
  queryKey: ["unfinished"],
  queryFn: ({ signal }) =>
    call<{ readonly items: readonly UnfinishedUpload[] }>("/uploads/unfinished", { signal }),
  refetchInterval: ({ state }) => pause((state.data?.items.length ?? 0) > 0),
});

export const tiersQuery = queryOptions({
  queryKey: ["tiers"],
  queryFn: ({ signal }) => call<TierList>("/tiers", { signal }),
  refetchInterval: () => pause(false),
});

export const alarmsQuery = queryOptions({
  queryKey: ["tiers", "alarms"],
  queryFn: ({ signal }) => call<Page<Alarm>>("/tiers/alarms", { signal }),
  refetchInterval: () => pause(false),
});

export const ledgerQuery = queryOptions({
  queryKey: ["tiers", "ledger"],
  queryFn: ({ signal }) => call<Ledger>("/tiers/ledger", { signal }),
});

export const planQuery = queryOptions({
  queryKey: ["tiers", "plan"],
  queryFn: ({ signal }) => call<EvictionPlan>("/tiers/edge/plan", { signal }),
});

export const movementsQuery = queryOptions({
  queryKey: ["tiers", "movements"],
  queryFn: ({ signal }) => call<Page<Movement>>("/tiers/edge/movements", { signal }),
  refetchInterval: () => pause(false),
});

export const jobsQuery = (jobState: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["jobs", jobState],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Job>>("/jobs", {
        query: { limit: PAGE, cursor: pageParam, state: jobState },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => {
      const isBusy = state.data?.pages.some((page) =>
        page.items.some((job) => job.state === "running" || job.state === "waiting"),
      );
      return pause(isBusy === true);
    },
  });
