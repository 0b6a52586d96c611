/** The library: every asset one may see, newest first, found by name and by filters. */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type DragEvent, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { gatherDropped } from "../../shared/uploads/gather";
import { libraryQuery, type LibraryFilter } from "../api/queries";
import { Card } from "../grid/card";
import { Filters } from "../grid/filters";
import { keepFilter } from "../grid/last";
import { More } from "../grid/more";
import { Icon } from "../parts/glyphs";
import { Empty, Failure, FailureBar, Waiting } from "../parts/notes";
import { useRights } from "../parts/role";
import { useTitle } from "../parts/title";
import { openUploads } from "../uploads/desk";

const Selection = lazy(() =>
  import("../grid/selection").then(({ Selection }) => ({ default: Selection })),
);
const route = getRouteApi("/library");
const GUESSED_CARDS = 12;

export function Library(): ReactNode {
  useTitle(words.places.library);
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const { mayChange } = useRights();
  useEffect(() => {
    keepFilter(filter);
  }, [filter]);
  const setFilter = (next: LibraryFilter): void => {
    void navigate({ search: next, replace: true });
  };
  return (
    <DropArea>
      <div className="screen-head">
        <h1>{words.places.library}</h1>
        <Filters filter={filter} onChange={setFilter} />
        {mayChange && (
          <Button
            className="primary"
            leftSection={<Icon of="upload" size={18} />}
            onClick={() => {
              openUploads();
            }}
          >
            {words.upload}
          </Button>
        )}
      </div>
      <Results
        filter={filter}
        onClear={() => {
          setFilter({});
        }}
      />
    </DropArea>
  );
}

interface ResultsProps {
  readonly filter: LibraryFilter;
  readonly onClear: () => void;
}

function Results({ filter, onClear }: ResultsProps): ReactNode {
  const found = useInfiniteQuery(libraryQuery(filter));
  const { mayChange } = useRights();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<string>();
  const retry = (): void => {
    void found.refetch();
  };
  if (found.data === undefined) {
    if (found.error !== null) {
      return <Failure error={found.error} title={words.library.failed} onRetry={retry} />;
    }
    return <Waiting kind="card" count={GUESSED_CARDS} />;
  }
  const assets = found.data.pages.flatMap((page) => page.items);
  const shownChosen = assets.filter(({ id }) => chosen.has(id)); // never more than one sees
  const choose = (id: string, isChosen: boolean, isRange: boolean): void => {
    const ids = isRange ? between(assets, last, id) : [id];
    setChosen(
      isChosen
        ? new Set([...chosen, ...ids])
        : new Set([...chosen].filter((one) => !ids.includes(one))),
    );
    setLast(id);
  };
  return (
    <>
      {found.error !== null && (
        <FailureBar error={found.error} title={words.library.failed_newer} onRetry={retry} />
      )}
      {assets.length === 0 ? (
        <Nothing isFiltered={Object.values(filter).some(Boolean)} onClear={onClear} />
      ) : (
        <ul className={shownChosen.length > 0 ? "cards is-choosing" : "cards"}>
          {assets.map((asset) => (
            <Card
              key={asset.id}
              asset={asset}
              isChosen={chosen.has(asset.id)}
              onChoose={(isChosen, isRange) => {
                choose(asset.id, isChosen, isRange);
              }}
            />
          ))}
        </ul>
      )}
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={assets.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
      {shownChosen.length > 0 && (
        <Suspense>
          <Selection
            assets={shownChosen}
            mayChange={mayChange}
            onClear={() => {
              setChosen(new Set());
            }}
          />
        </Suspense>
      )}
    </>
  );
}

/** Return the ids from one asset to another, in the order of the grid. */
function between(
  assets: readonly { readonly id: string }[],
  from: string | undefined,
  to: string,
): readonly string[] {
  const ids = assets.map(({ id }) => id);
  const ends = [from === undefined ? -1 : ids.indexOf(from), ids.indexOf(to)];
  if (ends.includes(-1)) return [to];
  return ids.slice(Math.min(...ends), Math.max(...ends) + 1);
}

function Nothing({
  isFiltered,
  onClear,
}: {
  readonly isFiltered: boolean;
  readonly onClear: () => void;
}): ReactNode {
  const navigate = route.useNavigate();
  const { mayChange } = useRights();
  if (isFiltered) {
    return (
      <Empty glyph="search" title={words.library.no_match} detail={words.library.no_match_detail}>
        <Button variant="default" onClick={onClear}>
          {words.library.clear}
        </Button>
      </Empty>
    );
  }
  if (!mayChange) {
    return (
      <Empty glyph="library" title={words.library.empty} detail={words.library.empty_viewer} />
    );
  }
  return (
    <Empty glyph="library" title={words.library.empty} detail={words.library.empty_detail}>
      <Button
        onClick={() => {
          openUploads();
        }}
      >
        {words.upload}
      </Button>
      <Button
        variant="default"
        onClick={() => {
          void navigate({ to: "/links" });
        }}
      >
        {words.library.make_link}
      </Button>
    </Empty>
  );
}

/** Files may be dropped anywhere on the library. */
function DropArea({ children }: { readonly children: ReactNode }): ReactNode {
  const [isOver, setOver] = useState(false);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");
  return (
    <div
      className={isOver ? "screen drop-area is-over" : "screen drop-area"}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setOver(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        void gatherDropped(event.dataTransfer).then(openUploads);
      }}
    >
      {children}
    </div>
  );
}
