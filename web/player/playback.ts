/** The playback call: what can be shown of an asset now, at which qualities, and from where. */
export type RungState = "ready" | "making" | "wanted" | "recalling" | "failed";

export interface Rung {
  readonly quality: string;
  readonly state: RungState;
  readonly url: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bitrate: number | null;
  readonly size_bytes: number | null;
  /** 0 to 1 while it is being made. */
  readonly progress?: number | null;
}

export type PlaybackPath = "copy" | "jit" | "ladder" | "partner";

export interface Playback {
  readonly asset_id: string;
  readonly ready: boolean;
  readonly path: PlaybackPath;
  readonly reason: string;
  readonly hls_url: string | null;
  readonly poster_url: string | null;
  readonly storyboard_url: string | null;
  readonly waveform_url?: string | null;
  readonly selected_quality: string | null;
  readonly qualities: readonly Rung[];
  readonly duration: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** `24000/1001`, where it is known. */
  readonly frame_rate?: string | number | null;
  /** The timecode of the first picture, `01:00:00;00`, where the original has one. */
  readonly timecode?: string | null;
  readonly expires_at: string | null;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | null;
}

export type PlaybackAnswer =
  | { readonly kind: "playable"; readonly playback: Playback }
  | { readonly kind: "waiting"; readonly afterSeconds: number; readonly reason: string | null }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "offline" };

interface Connection {
  readonly effectiveType?: string;
  readonly downlink?: number;
}

/** Ask for playback, as a visitor of a share where there is one. Never throws: every outcome is an answer. */
export async function askPlayback(
  asset: string,
  share: string | null,
  stage: { readonly width: number; readonly height: number },
  signal: AbortSignal,
): Promise<PlaybackAnswer> {
  const connection = (navigator as Navigator & { connection?: Connection }).connection;
  const question = {
    quality: "auto",
    client_width: Math.round(stage.width * devicePixelRatio),
    client_height: Math.round(stage.height * devicePixelRatio),
    ...(connection?.effectiveType === undefined
      ? {}
      : { connection_type: connection.effectiveType }),
    ...(connection?.downlink === undefined ? {} : { connection_speed: connection.downlink }),
  };
  try {
    const place = share === null ? "/api/v1" : `/s/${share}`;
    const response = await fetch(`${place}/assets/${encodeURIComponent(asset)}/playback`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Rushes-CSRF": "1" },
      body: JSON.stringify(question),
      signal,
    });
    return await readAnswer(response);
  } catch (failure) {
    if (signal.aborted) throw failure;
    return { kind: "offline" };
  }
}

async function readAnswer(response: Response): Promise<PlaybackAnswer> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.status === 202) {
    const after = Number(body.retry_after ?? response.headers.get("Retry-After"));
    return {
      kind: "waiting",
      afterSeconds: Number.isFinite(after) && after > 0 ? Math.min(after, 60) : 3,
      reason: typeof body.reason === "string" ? body.reason : null,
    };
  }
  if (response.ok) return { kind: "playable", playback: body as unknown as Playback };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    kind: "refused",
    refusal: {
      status: response.status,
      code: text(body.code),
      detail: text(body.detail),
      requestId: text(body.request_id) || null,
    },
  };
}
