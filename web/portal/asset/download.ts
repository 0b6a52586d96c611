/** Downloads: a signed address from the server, which the browser then fetches by itself. */
import { useMutation, type UseMutationResult } from "@tanstack/react-query";

import { call } from "../api/call";
import type { Asset, SignedUrl } from "../api/types";

/** Download a quality: `original`, or a rung by its name. */
export function useDownload(asset: Asset): UseMutationResult<SignedUrl, Error, string> {
  return useMutation({
    mutationFn: (quality: string) =>
      call<SignedUrl>(`/assets/${asset.id}/download`, { query: { quality } }),
    onSuccess: ({ url }) => {
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = "";
      anchor.click();
    },
  });
}
