/** Kept searches: one is chosen from a list, and the filters that are set are kept under a name. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { call } from "../api/call";
import { searchesQuery, type LibraryFilter } from "../api/queries";
import { Act } from "../parts/act";
import { Choice } from "./choice";

const Keep = lazy(() => import("./keep").then(({ Keep }) => ({ default: Keep })));
const { searches: texts } = words;

export interface SearchesProps {
  readonly filter: LibraryFilter;
  readonly onChange: (filter: LibraryFilter) => void;
}

export function Searches({ filter, onChange }: SearchesProps): ReactNode {
  const found = useQuery(searchesQuery).data?.items ?? [];
  const [isKeeping, setKeeping] = useState(false);
  const isSet = Object.values(filter).some(Boolean);
  return (
    <>
      {found.length > 0 && (
        <Choice
          label={texts.title}
          value={filter.search}
          options={found.map(({ id, name }) => [id, name] as const)}
          onChange={(search) => {
            onChange(search === undefined ? {} : { search });
          }}
        />
      )}
      {isSet && filter.search === undefined && (
        <Act
          glyph="plus"
          label={texts.keep}
          onClick={() => {
            setKeeping(true);
          }}
        />
      )}
      {filter.search !== undefined &&
        found.some((one) => one.id === filter.search && one.is_own) && (
          <Forget
            id={filter.search}
            onDone={() => {
              onChange({});
            }}
          />
        )}
      {isKeeping && (
        <Suspense>
          <Keep
            filter={filter}
            onClose={() => {
              setKeeping(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function Forget({ id, onDone }: { readonly id: string; readonly onDone: () => void }): ReactNode {
  const queries = useQueryClient();
  const forgetting = useMutation({
    mutationFn: () => call<unknown>(`/searches/${id}`, { method: "DELETE" }),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ["searches"] });
    },
  });
  return (
    <Act
      glyph="bin"
      label={texts.forget}
      onClick={() => {
        forgetting.mutate();
      }}
    />
  );
}
