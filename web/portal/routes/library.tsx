/** The library: every asset one may see, newest first, found by name and by filters. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type DragEvent, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { gatherDropped } from "../../shared/uploads/gather";
import { libraryQuery, sessionQuery, type LibraryFilter } from "../api/queries";
import { Card } from "../grid/card";
import { Filters } from "../grid/filters";
import { More } from "../grid/more";
import { Selection } from "../grid/selection";
import { Icon } from "../parts/glyphs";
import { Empty, Failure, FailureBar, Waiting } from "../parts/notes";
import { useTitle } from "../parts/title";
import { openUploads } from "../uploads/desk";

const route = getRouteApi("/library");
const GUESSED_CARDS = 12;

export function Library(): ReactNode {
  useTitle(words.places.library);
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const setFilter = (next: LibraryFilter): void => {
    void navigate({ search: next, replace: true });
  };
  return (
    <DropArea>
      <div className="screen-head">
        <h1>{words.places.library}</h1>
        <Filters filter={filter} onChange={setFilter} />
        <Button
          className="primary"
          leftSection={<Icon of="upload" size={18} />}
          onClick={() => {
            openUploads();
          }}
        >
          {words.upload}
        </Button>
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
  const role = useQuery(sessionQuery).data?.account.role ?? "viewer";
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
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
  return (
    <>
      {found.error !== null && (
        <FailureBar error={found.error} title={words.library.failed_newer} onRetry={retry} />
      )}
      {assets.length === 0 ? (
        <Nothing isFiltered={Object.values(filter).some(Boolean)} onClear={onClear} />
      ) : (
        <ul className="cards">
          {assets.map((asset) => (
            <Card
              key={asset.id}
              asset={asset}
              isChosen={chosen.has(asset.id)}
              onChoose={(isChosen) => {
                const next = new Set(chosen);
                if (isChosen) next.add(asset.id);
                else next.delete(asset.id);
                setChosen(next);
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
      {chosen.size > 0 && (
        <Selection
          ids={[...chosen]}
          mayTakeOriginals={role !== "viewer"}
          mayChange={role !== "viewer"}
          onClear={() => {
            setChosen(new Set());
          }}
        />
      )}
    </>
  );
}

function Nothing({
  isFiltered,
  onClear,
}: {
  readonly isFiltered: boolean;
  readonly onClear: () => void;
}): ReactNode {
  const navigate = route.useNavigate();
  if (isFiltered) {
    return (
      <Empty glyph="search" title={words.library.no_match} detail={words.library.no_match_detail}>
        <Button variant="default" onClick={onClear}>
          {words.library.clear}
        </Button>
      </Empty>
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
