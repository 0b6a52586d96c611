/** The end of a paged list: how many are shown, and the next page as it comes near. */
import { Button } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { count } from "../../shared/text/fill";

const AHEAD = "600px"; // of scrolling before the end, the next page is asked for

export interface MoreProps {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly shown: number;
  readonly onMore: () => void;
}

export function More({ hasMore, isLoading, shown, onMore }: MoreProps): ReactNode {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (element === null || !hasMore || isLoading) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) onMore();
      },
      { rootMargin: AHEAD },
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
    };
  }, [hasMore, isLoading, onMore]);
  if (shown === 0) return null;
  return (
    <div ref={end} className="more">
      {hasMore ? (
        <Button variant="default" loading={isLoading} onClick={onMore}>
          {words.more}
        </Button>
      ) : (
        <span>{count(words.shown, shown)}</span>
      )}
    </div>
  );
}
