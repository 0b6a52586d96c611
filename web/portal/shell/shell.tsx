/** The frame round every screen: rail or bottom bar, keys, the upload tray. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { listen } from "../api/live";
import { Icon, type Glyph } from "../parts/glyphs";
import { useRights, type Rights } from "../parts/role";
import { openUploads, useUploads } from "../uploads/desk";
import { isTyping, takeKey, type Place } from "./keys";

const Tray = lazy(() => import("../uploads/tray").then(({ Tray }) => ({ default: Tray })));
const Chooser = lazy(() =>
  import("../uploads/chooser").then(({ Chooser }) => ({ default: Chooser })),
);
const Help = lazy(() => import("./help").then(({ Help }) => ({ default: Help })));

interface Stop {
  readonly to: Place;
  readonly glyph: Glyph;
  /** Who has any business there; none: everybody. */
  readonly for?: keyof Rights;
}

const PLACES: readonly Stop[] = [
  { to: "library", glyph: "library" },
  { to: "links", glyph: "links", for: "mayChange" },
  { to: "shares", glyph: "shares", for: "mayChange" },
  { to: "jobs", glyph: "jobs" },
  { to: "storage", glyph: "storage", for: "isAdmin" },
  { to: "settings", glyph: "settings" },
];

export function Shell(): ReactNode {
  const uploads = useUploads();
  const rights = useRights();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys(() => {
    setHelpOpen(true);
  });
  useFinishedUploads(uploads.received);
  useLive();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {words.skip}
      </a>
      <nav className="rail" aria-label={words.navigation}>
        <Link to="/library" search={{}} className="mark" aria-label={words.places.library}>
          <svg width={24} height={24} aria-hidden="true">
            <use href="#i-mark" />
          </svg>
          <span>{words.product}</span>
        </Link>
        {PLACES.filter(({ for: whom }) => whom === undefined || rights[whom]).map(
          ({ to, glyph }) => (
            <Link
              key={to}
              to={`/${to}`}
              search={{}}
              className="place"
              title={words.places[to]}
              aria-label={words.places[to]}
            >
              <Icon of={glyph} />
              <span className="long">{words.places[to]}</span>
              <span className="short">{words.short_places[to]}</span>
            </Link>
          ),
        )}
        <button
          type="button"
          className="place help"
          title={words.help.title}
          onClick={() => {
            setHelpOpen(true);
          }}
        >
          <Icon of="help" />
          <span className="long">{words.help.title}</span>
        </button>
      </nav>
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        {uploads.isStarted && <Tray />}
        {uploads.isChoosing && <Chooser />}
        {isHelpOpen && (
          <Help
            onClose={() => {
              setHelpOpen(false);
            }}
          />
        )}
      </Suspense>
    </div>
  );
}

/** What others do is shown while it happens. */
function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => listen(queries), [queries]);
}

/** The library shows what has just arrived without being asked. */
function useFinishedUploads(received: number): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (received > 0) void queries.invalidateQueries({ queryKey: ["assets"] });
  }, [queries, received]);
}

function useKeys(onHelp: () => void): void {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    let isPending = false;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const taken = takeKey(event.key, isPending);
      const wasPending = isPending;
      isPending = taken.isPending;
      if (taken.deed === null && !wasPending && !isPending) return;
      // The second key of a pair must not reach the player, where l and j mean the shuttle.
      event.stopImmediatePropagation();
      event.preventDefault();
      if (taken.deed?.kind === "go") void navigate({ to: `/${taken.deed.to}`, search: {} });
      if (taken.deed?.kind === "help") onHelp();
      if (taken.deed?.kind === "upload") openUploads();
      if (taken.deed?.kind === "search")
        void toSearch(path, () => navigate({ to: "/library", search: {} }));
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => {
      window.removeEventListener("keydown", onKey, { capture: true });
    };
  }, [navigate, onHelp, path]);
}

async function toSearch(path: string, goToLibrary: () => Promise<void>): Promise<void> {
  if (!path.endsWith("/library")) await goToLibrary();
  document.getElementById("search")?.focus();
}
