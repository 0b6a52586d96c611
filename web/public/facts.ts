/** What the server tells the upload page about its link, in `data-facts` of the page's root. */
import type { Limits } from "../shared/uploads/limits";

export interface Facts {
  readonly endpoint: string;
  /** Where uploads begin that go straight into the archive's bucket; null: none do. */
  readonly direct: string | null;
  readonly token: string;
  readonly linkId: string;
  readonly name: string;
  readonly limits: Limits;
  readonly appendBytes: number | null;
  readonly parallel: number;
  /** Whether senders may watch what they sent. */
  readonly preview: boolean;
  /** The colour of the page's main buttons, as `#ffb020`. */
  readonly color: string | null;
  /** What the keys of answers begin with. */
  readonly answerPrefix: string;
  /** The key of metadata for the sender's mail address; null: it is not asked for. */
  readonly senderKey: string | null;
}

/** Read the facts; the page and the server are of one version, so their form is trusted. */
export function readFacts(root: HTMLElement): Facts {
  return JSON.parse(root.dataset["facts"] ?? "") as Facts;
}
