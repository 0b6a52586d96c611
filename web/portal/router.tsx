/** The routes under `/app`: filters and the open tab live in the address. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";

import { queryString, type Query } from "./api/call";
import type { LibraryFilter } from "./api/queries";
import { sessionQuery } from "./api/queries";
import { Broken, Missing } from "./shell/broken";
import { Shell } from "./shell/shell";

export interface RouteContext {
  readonly queries: QueryClient;
}

const root = createRootRouteWithContext<RouteContext>()({
  component: Shell,
  errorComponent: Broken,
  notFoundComponent: Missing,
  loader: ({ context }) => context.queries.query({ ...sessionQuery, staleTime: "static" }),
  staleTime: Infinity,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/library", replace: true, throw: true });
  },
});

const library = createRoute({
  getParentRoute: () => root,
  path: "/library",
  validateSearch: (search): LibraryFilter => ({
    q: textOf(search.q),
    kind: textOf(search.kind),
    state: textOf(search.state),
    project: textOf(search.project),
    tag: textOf(search.tag),
    search: textOf(search.search),
  }),
  component: lazyRouteComponent(() => import("./routes/library"), "Library"),
});

export interface AssetSearch {
  readonly tab?: string | undefined;
  readonly t?: string | undefined;
}

const asset = createRoute({
  getParentRoute: () => root,
  path: "/assets/$assetId",
  validateSearch: (search): AssetSearch => ({
    tab: textOf(search.tab),
    t: textOf(search.t),
  }),
  component: lazyRouteComponent(() => import("./routes/asset"), "AssetPage"),
});

const links = createRoute({
  getParentRoute: () => root,
  path: "/links",
  component: lazyRouteComponent(() => import("./routes/links"), "Links"),
});

const shares = createRoute({
  getParentRoute: () => root,
  path: "/shares",
  component: lazyRouteComponent(() => import("./routes/shares"), "Shares"),
});

export interface JobsSearch {
  readonly state?: string | undefined;
}

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  validateSearch: (search): JobsSearch => ({ state: textOf(search.state) }),
  component: lazyRouteComponent(() => import("./routes/jobs"), "Jobs"),
});

const storage = createRoute({
  getParentRoute: () => root,
  path: "/storage",
  component: lazyRouteComponent(() => import("./routes/storage"), "Storage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("./routes/settings"), "Settings"),
});

const tree = root.addChildren([home, library, asset, links, shares, jobs, storage, settings]);

/** Make the router; `queries` is where routes keep what the server said. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/app",
    // Every search value is a word: `?t=3`, never the quoted JSON that is the router's default.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => queryString(search as Query),
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: Missing,
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
