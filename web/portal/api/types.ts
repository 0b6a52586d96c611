/** The shapes of the API that the portal reads. */
import type { MediaFacts } from "../asset/facts";

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: string;
}

export interface Session {
  readonly account: Account;
  /** Nothing else is answered before a second factor was added. */
  readonly needs_factor: boolean;
}

export interface SecondFactor {
  readonly is_on: boolean;
  readonly is_required: boolean;
  readonly confirmed_at: string | null;
  readonly recovery_codes_left: number;
}

export interface FactorDraft {
  readonly secret: string;
  readonly address: string;
}

export interface RecoveryCodes {
  readonly recovery_codes: readonly string[];
}

export type Tier = "edge" | "archive" | "editing" | "former";
export type PlacementState = "absent" | "copying" | "present" | "evicting" | "lost";
export type AssetState = "arriving" | "filed" | "playable" | "ready" | "failed" | "deleting";
export type Scan = "pending" | "clean" | "infected" | "not_scanned" | "failed";

export interface TierPlacement {
  readonly tier: Tier;
  readonly state: PlacementState;
}

export interface Fault {
  readonly code: string;
  readonly detail: string;
}

export interface Asset {
  readonly id: string;
  readonly file_name: string;
  /** Empty where nobody has given one. */
  readonly title: string;
  readonly kind: string;
  readonly size_bytes: number;
  readonly digest: string | null;
  readonly state: AssetState;
  readonly scan: Scan;
  readonly client: string;
  readonly project: string;
  readonly client_name: string;
  readonly project_name: string;
  readonly duration: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly created_at: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What looking into the file found; only where one asset is read. */
  readonly facts?: MediaFacts | null;
  readonly error: Fault | null;
  readonly poster_url: string | null;
  readonly thumbnail_url: string | null;
  readonly moving_url: string | null;
  readonly placements: readonly TierPlacement[];
}

export interface Colors {
  readonly choice: string;
  /** As what it is shown now. */
  readonly applied: string;
  /** The LOG that the camera names. */
  readonly camera: string | null;
  readonly choices: readonly string[];
}

/** What a press on *Make anew* comes to. */
export interface Remade {
  readonly qualities: readonly string[];
  readonly busy: boolean;
}

export type RenditionState = "wanted" | "making" | "ready" | "failed";

export interface Rendition {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly state: RenditionState;
  readonly progress: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly size_bytes: number | null;
  readonly error_code: string | null;
  readonly error_detail: string | null;
}

export type PartnerName = "mux" | "stream" | "frameio";

export type PartnerState =
  "waiting" | "sending" | "processing" | "ready" | "failed" | "withdrawing" | "removed";

/** An asset at a service elsewhere; `links` are addresses over there. */
export interface PartnerCopy {
  readonly partner: PartnerName;
  readonly state: PartnerState;
  readonly size_bytes: number;
  readonly sent_bytes: number;
  readonly links: Readonly<Record<string, string>>;
  readonly error: string | null;
}

export interface PartnerCopies {
  readonly items: readonly PartnerCopy[];
  readonly available: readonly PartnerName[];
}

export interface Placement extends TierPlacement {
  readonly object_id: string;
  readonly name: string;
  readonly size_bytes: number;
  readonly verified_at: string | null;
}

export interface Tally {
  readonly objects: number;
  readonly size_bytes: number;
}

export interface TierUse {
  readonly tier: Tier;
  readonly store: string;
  readonly limit_bytes: number | null;
  readonly present: Tally;
  readonly moving: Tally;
  readonly leaving: Tally;
  readonly lost: Tally;
  /** Dollars. */
  readonly cost_per_month: number;
}

export interface TierList {
  readonly items: readonly TierUse[];
  /** The share of reads that the edge answered; null where nothing was read. */
  readonly hit_rate: number | null;
}

/** Something that is wrong with a tier, or was. */
export interface Alarm {
  readonly tier: string;
  readonly trouble: string;
  readonly words: string;
  readonly raised_at: string;
  readonly cleared_at: string | null;
}

/** What a tier cost in the month so far, in dollars; `month` is all of it at this pace. */
export interface TierCost {
  readonly tier: string;
  readonly store: string;
  readonly size_bytes: number;
  readonly storage: number;
  readonly requests: number;
  readonly egress: number;
  readonly total: number;
  readonly month: number;
}

export interface ProjectCost {
  readonly project_id: string | null;
  readonly name: string | null;
  readonly size_bytes: Readonly<Record<string, number>>;
  readonly total: number;
}

export interface MonthMoved {
  readonly month: string;
  readonly tier: string;
  readonly came_bytes: number;
  readonly gone_bytes: number;
  readonly fetched_bytes: number;
}

/** In dollars; `source` is where the list stands, null for what costs nothing here. */
export interface LedgerPrice {
  readonly tier: string;
  readonly store: string;
  readonly provider: string | null;
  readonly storage: number;
  readonly writes: number;
  readonly reads: number;
  readonly egress: number;
  readonly source: string | null;
  readonly as_of: string | null;
  readonly is_own: boolean;
}

/** A month of costs; `until` is null before a worker has accounted anything. */
export interface Ledger {
  readonly until: string | null;
  readonly total: number;
  readonly saving: number;
  readonly tiers: readonly TierCost[];
  readonly projects: readonly ProjectCost[];
  readonly movements: readonly MonthMoved[];
  readonly forecast: readonly {
    readonly tier: string;
    readonly days: number;
    readonly size_bytes: number;
    readonly cost_per_month: number;
  }[];
  readonly prices: readonly LedgerPrice[];
}

/** What would leave the edge now; with doubts it waits for a person. */
export interface EvictionPlan extends Tally {
  readonly held_objects: number;
  /** Dollars a month. */
  readonly saving: number;
  readonly reasons: Readonly<Record<string, Tally>>;
  readonly kept: Readonly<Record<string, number>>;
  readonly doubts: readonly string[];
}

export interface Movement {
  readonly type: string;
  readonly object_id: string;
  readonly asset_id: string | null;
  readonly name: string | null;
  readonly size_bytes: number;
  readonly created_at: string;
}

export interface Occurrence {
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SignedUrl {
  readonly url: string;
  readonly expires_at: string | null;
}

/** What `GET /assets` takes, and a kept search keeps. */
export type Filter = Readonly<Record<string, string | number | readonly string[]>>;

export interface SavedSearch {
  readonly id: string;
  readonly name: string;
  readonly filter: Readonly<Record<string, string | number | readonly string[] | null>>;
  readonly is_shared: boolean;
  readonly is_own: boolean;
}

/** A typed field of custom metadata. */
export interface Field {
  readonly id: string;
  readonly key: string;
  readonly label: string;
  readonly kind: string;
  readonly choices: readonly string[];
}

/** What a link asks of each batch. */
export interface Question {
  readonly label: string;
  readonly required: boolean;
  readonly kind: string;
  readonly choices: readonly string[];
  readonly key: string;
}

export interface UploadLink {
  readonly id: string;
  readonly url: string | null;
  readonly client: string;
  readonly project: string;
  readonly title: string;
  readonly message: string;
  readonly notes: string;
  readonly expires_at: string | null;
  readonly is_active: boolean;
  readonly has_password: boolean;
  readonly types: readonly string[];
  readonly fields: readonly Question[];
  readonly client_email: string | null;
  readonly notify: boolean;
  readonly preview: string;
  readonly keep_parts_days: number;
  readonly color: string | null;
  readonly logo_id: string | null;
  readonly upload_count: number;
  readonly max_files: number | null;
  readonly max_file_bytes: number | null;
  readonly max_total_bytes: number | null;
}

export interface Share {
  readonly id: string;
  readonly url: string | null;
  readonly embed_url: string | null;
  readonly client: string;
  readonly project: string;
  readonly is_whole_project: boolean;
  readonly asset_count: number | null;
  readonly title: string;
  readonly message: string;
  readonly may_play: boolean;
  readonly download: string;
  readonly may_get_original: boolean;
  readonly origins: readonly string[];
  readonly color: string | null;
  readonly logo_id: string | null;
  readonly expires_at: string | null;
  readonly is_active: boolean;
  readonly has_password: boolean;
  readonly max_views: number | null;
  readonly view_count: number;
  readonly download_count: number;
  readonly last_viewed_at: string | null;
}

/** What `POST /shares` and `PATCH /shares/{id}` take, as the portal sends it. */
export interface ShareWish {
  readonly asset_ids?: readonly string[];
  readonly project?: string;
  readonly title: string;
  readonly message: string;
  readonly expires_at?: string | null;
  readonly password?: string | null;
  readonly may_play: boolean;
  readonly download: string;
  readonly may_get_original: boolean;
  readonly max_views: number | null;
  readonly origins: readonly string[];
  readonly color: string | null;
  readonly logo_id: string | null;
}

/** What `POST /links` and `PATCH /links/{id}` take, as the portal sends it. */
export interface LinkWish {
  readonly client?: string;
  readonly project?: string;
  readonly title: string;
  readonly message: string;
  readonly notes: string;
  readonly expires_at?: string | null;
  readonly password?: string | null;
  readonly max_files: number | null;
  readonly max_file_bytes: number | null;
  readonly max_total_bytes: number | null;
  readonly types: readonly string[];
  readonly fields: readonly Question[];
  readonly client_email: string | null;
  readonly notify: boolean;
  readonly preview: string;
  readonly keep_parts_days: number;
  readonly color: string | null;
  readonly logo_id: string | null;
}

export interface Project {
  readonly id: string;
  readonly client: string;
  readonly client_name: string;
  readonly project: string;
  readonly name: string;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface NewToken extends Token {
  readonly token: string;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string;
  readonly is_active: boolean;
  readonly paused_because: string | null;
  readonly waiting: number;
  readonly delivered: number;
  readonly failed: number;
}

export interface NewWebhook extends Webhook {
  readonly secret: string;
}

export type DeliveryState = "waiting" | "delivered" | "failed";

/** One event on its way to a webhook; `status` and `error` are of the last attempt. */
export interface Delivery {
  readonly id: string;
  readonly event_type: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly created_at: string;
  readonly next_at: string | null;
  readonly status: number | null;
  readonly error: string | null;
}

export type JobState = "waiting" | "running" | "succeeded" | "failed" | "cancelled";

export interface Job {
  readonly id: string;
  readonly workflow: string;
  readonly subject: string;
  readonly state: JobState;
  readonly stage: string;
  readonly progress: number;
  readonly error: Fault | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A file that still waits for bytes; `ids` are the uploads that bring it. */
export interface UnfinishedUpload {
  readonly ids: readonly string[];
  readonly file_name: string;
  readonly size_bytes: number | null;
  /** Null where the bytes go straight into a bucket. */
  readonly received_bytes: number | null;
  readonly place: string;
  readonly link_id: string | null;
  readonly is_mine: boolean;
  readonly expires_at: string;
}
