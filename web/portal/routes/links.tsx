/** Upload links: addresses by which others send files without an account. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, type ReactNode } from "react";

import { formatSize } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { count, fill } from "../../shared/text/fill";
import { linksQuery } from "../api/queries";
import type { UploadLink } from "../api/types";
import { HandedScreen, nameOf, placeOf, type Facts } from "../parts/handed";
import { signOfLink } from "../links/link";

const LinkDrawer = lazy(() =>
  import("../links/drawer").then(({ LinkDrawer }) => ({ default: LinkDrawer })),
);

export function Links(): ReactNode {
  return (
    <HandedScreen
      kind="links"
      glyph="links"
      texts={words.links}
      found={useInfiniteQuery(linksQuery)}
      factsOf={factsOf}
      drawer={(props) => <LinkDrawer {...props} />}
    />
  );
}

function factsOf(link: UploadLink): Facts {
  const place = nameOf(link) === placeOf(link) ? "" : placeOf(link);
  const lock = link.has_password ? words.handed.locked : "";
  return {
    sign: signOfLink(link, new Date()),
    detail: [place, lock].filter(Boolean).join(" · "),
    uses: usesOf(link),
  };
}

function usesOf(link: UploadLink): string {
  const used =
    link.max_files === null
      ? count(words.links.files, link.upload_count)
      : fill(words.links.files_of, { n: link.upload_count, all: link.max_files });
  const most = link.max_total_bytes ?? link.max_file_bytes;
  return most === null ? used : `${used} · ${fill(words.links.most, { size: formatSize(most) })}`;
}
