/** `<rushes-player>` inside React: attributes down, events up. */
import "../../player/rushes-player";

import { createElement, useEffect, useRef, type ReactNode } from "react";

import { goToLogin } from "../api/call";
import type { Asset } from "../api/types";
import { nameOf } from "../parts/places";
import { useDownload } from "./download";

export interface PlayerProps {
  readonly asset: Asset;
  readonly start: string | undefined;
}

export function Player({ asset, start }: PlayerProps): ReactNode {
  const player = useRef<HTMLElement>(null);
  const { mutate: download } = useDownload(asset);
  useEffect(() => {
    const element = player.current;
    const onDownload = (): void => {
      download("original");
    };
    element?.addEventListener("rushes-download", onDownload);
    element?.addEventListener("rushes-signed-out", goToLogin);
    return () => {
      element?.removeEventListener("rushes-download", onDownload);
      element?.removeEventListener("rushes-signed-out", goToLogin);
    };
  }, [download]);
  return createElement("rushes-player", {
    ref: player,
    asset: asset.id,
    name: nameOf(asset),
    poster: asset.poster_url ?? undefined,
    t: start,
    audio: asset.kind === "audio" ? "" : undefined,
    "page-keys": "",
    "may-download": "",
  });
}
