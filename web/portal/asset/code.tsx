/** The same by program: the asset's id, and calls ready to be pasted. */
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import type { Asset } from "../api/types";
import { CopyButton, CopyText } from "../parts/copy";

export function Code({ asset }: { readonly asset: Asset }): ReactNode {
  const base = `${location.origin}/api/v1/assets/${asset.id}`;
  const bearer = '-H "Authorization: Bearer $RUSHES_TOKEN"';
  const calls = [
    { title: words.asset.api.read, text: `curl ${bearer} ${base}` },
    { title: words.asset.api.playback, text: `curl -X POST ${bearer} ${base}/playback` },
    { title: words.asset.api.download, text: `curl ${bearer} "${base}/download?quality=original"` },
  ];
  return (
    <div className="panel stack">
      <p className="dim">
        {words.asset.api.intro} <a href="/docs">{words.asset.api.reference}</a>
      </p>
      <div>
        <h2 className="small">{words.asset.api.id}</h2>
        <CopyText text={asset.id} label={words.copy} />
      </div>
      {calls.map(({ title, text }) => (
        <div key={title}>
          <h2 className="small">{title}</h2>
          <div className="snippet">
            <pre className="figures" tabIndex={0}>
              {text}
            </pre>
            <CopyButton text={text} label={words.copy} />
          </div>
        </div>
      ))}
    </div>
  );
}
