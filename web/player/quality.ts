/** The choice of quality: the menu, the button that says it, and the level of the stream. */
import { player as words } from "../shared/text/en.json";
import { parseFrameRate } from "../shared/timecode";
import { hasGrown, Looking, mayGrow } from "./looking";
import { QualityMenu } from "./menu";
import type { Playback, Rung } from "./playback";
import { qualityRows, type QualityRow } from "./qualities";
import { chooseSource, levelOfRung, rungOnScreen, streamedRungs } from "./source";
import type { Stage } from "./stage";

const LOOK_AGAIN_MS = 3000; // while the menu is open and a rung is still being made

/** What the choice needs of the player that holds it. */
export interface QualityHost {
  readonly playback: Playback | null;
  readonly stage: Stage | null;
  /** Whether files are played because the stream fails. */
  readonly isByFile: boolean;
  /** Load the chosen file, at the same place. */
  readonly reload: () => void;
  /** Ask for playback anew and load it, at the same place. */
  readonly renew: () => Promise<void>;
  /** Ask how far the rungs are. */
  readonly look: () => Promise<void>;
}

export class Quality {
  readonly menu: QualityMenu;
  readonly #host: QualityHost;
  readonly #looking: Looking;
  #looker = 0;
  chosen = "auto";

  constructor(host: QualityHost) {
    this.#host = host;
    this.#looking = new Looking(async () => {
      await host.look();
      return host.playback !== null && mayGrow(host.playback);
    });
    this.menu = new QualityMenu(
      words.quality.title,
      (quality) => {
        void this.choose(quality);
      },
      (hasChosen) => {
        window.clearInterval(this.#looker);
        if (hasChosen) host.stage?.focus();
        else host.stage?.menuAnchor.focus();
      },
    );
  }

  reset(): void {
    window.clearInterval(this.#looker);
    this.#looking.end();
    this.menu.element.hidden = true;
    this.chosen = "auto";
  }

  /** Choose `auto` or a rung; position and pause are kept, and Auto stays Auto. */
  async choose(quality: string): Promise<void> {
    this.chosen = quality;
    const { stage } = this.#host;
    if (stage === null) return;
    const hls = stage.hls;
    if (hls === null || this.#host.isByFile) {
      this.#host.reload();
      return;
    }
    const level = this.#chosenLevel();
    if (quality !== "auto" && level === -1) {
      // Made since the playlist was read: read it again, at the same place.
      await this.#host.renew();
      return;
    }
    hls.nextLevel = level;
    this.show();
  }

  /** Look from now on whether rungs get finished, while there may be some. */
  follow(): void {
    const { playback } = this.#host;
    if (playback !== null && mayGrow(playback)) this.#looking.begin();
    else this.#looking.end();
  }

  /** Let the stream take in what is finished now; it plays on. */
  async growTo(playback: Playback): Promise<void> {
    const hls = this.#host.stage?.hls ?? null;
    if (hls === null || this.#host.isByFile || playback.hls_url === null) return;
    if (!hasGrown(playback, hls.levels)) return;
    await this.#host.stage?.grow(playback.hls_url);
    this.onLevels();
  }

  /** Take note of the stream's levels, when they are read and when one comes on screen. */
  onLevels(): void {
    const { stage } = this.#host;
    const hls = stage?.hls ?? null;
    if (stage === null || hls === null) return;
    const current = hls.levels[Math.max(0, hls.currentLevel)];
    if (current !== undefined) stage.setRate(parseFrameRate(current.frameRate));
    const level = this.#chosenLevel();
    if (level !== -1 && hls.nextLevel !== level) hls.nextLevel = level;
    this.show();
  }

  /** Say the choice on its button, and in the menu while that is open. */
  show(): void {
    const label = this.chosen === "auto" ? (this.#rows()[0]?.label ?? "") : this.chosen;
    this.#host.stage?.setQuality(label, this.#rungs.length > 1);
    if (this.menu.isOpen) this.menu.draw(this.#rows());
  }

  toggleMenu(): void {
    if (this.menu.isOpen) {
      this.menu.close();
      return;
    }
    this.menu.open(this.#rows());
    window.clearInterval(this.#looker);
    this.#looker = window.setInterval(() => {
      const isMaking = this.#rungs.some(({ state }) => state !== "ready" && state !== "failed");
      if (isMaking) void this.#host.look();
    }, LOOK_AGAIN_MS);
  }

  /** A press anywhere else closes the menu. */
  onPointer(path: readonly EventTarget[]): void {
    const { stage } = this.#host;
    const isOnMenu = path.includes(this.menu.element);
    const isOnButton = stage !== null && path.includes(stage.menuAnchor);
    if (!isOnMenu && !isOnButton) this.menu.close();
  }

  get #rungs(): readonly Rung[] {
    return this.#host.playback?.qualities ?? [];
  }

  #chosenLevel(): number {
    const rung = this.#rungs.find(({ quality }) => quality === this.chosen);
    return rung === undefined ? -1 : levelOfRung(this.#host.stage?.hls?.levels ?? [], rung);
  }

  #onScreen(): string | null {
    const { playback, stage } = this.#host;
    const hls = stage?.hls ?? null;
    if (hls !== null) return rungOnScreen(this.#rungs, hls);
    const source = playback && chooseSource(playback, this.chosen, true);
    return source?.kind === "mp4" ? source.quality : null;
  }

  #rows(): QualityRow[] {
    const streamed = streamedRungs(this.#rungs, this.#host.stage?.hls?.levels ?? []);
    return qualityRows(this.#rungs, this.chosen, this.#onScreen(), streamed, words.quality);
  }
}
