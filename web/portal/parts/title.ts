/** The document's title: the screen first, the product last. */
import { useEffect } from "react";

import { portal as words } from "../../shared/text/en.json";

/** Name the tab after the screen while it is shown. */
export function useTitle(screen: string): void {
  useEffect(() => {
    document.title = `${screen} - ${words.product}`;
  }, [screen]);
}
