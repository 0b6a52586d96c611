/** The choice of sound: the menu, the button that opens it, and the track of the stream. */
import { player as words } from "../shared/text/en.json";
import { QualityMenu } from "./menu";
import { placeOf, soundRows, type SoundTrack } from "./sounds";
import type { Stage } from "./stage";

/** What the choice needs of the player that holds it. */
export interface SoundHost {
  readonly stage: Stage | null;
}

export class Sound {
  readonly menu: QualityMenu;
  readonly #host: SoundHost;
  #chosen: string | null = null;

  constructor(host: SoundHost) {
    this.#host = host;
    this.menu = new QualityMenu(
      words.sound.title,
      (name) => {
        this.#chosen = name;
        this.onTracks();
      },
      (hasChosen) => {
        if (hasChosen) host.stage?.focus();
        else host.stage?.soundAnchor.focus();
      },
    );
  }

  reset(): void {
    this.menu.element.hidden = true;
    this.#chosen = null;
  }

  /** Take note of the stream's sounds, when they are read; what was chosen before stays chosen. */
  onTracks(): void {
    const { stage } = this.#host;
    const hls = stage?.hls ?? null;
    const place = placeOf(this.#tracks, this.#chosen);
    if (hls !== null && place !== -1 && hls.audioTrack !== place) hls.audioTrack = place;
    stage?.setSounds(this.#tracks.length);
    if (this.menu.isOpen) this.menu.draw(soundRows(this.#tracks, this.#playing));
  }

  toggleMenu(): void {
    if (this.menu.isOpen) this.menu.close();
    else this.menu.open(soundRows(this.#tracks, this.#playing));
  }

  /** A press anywhere else closes the menu. */
  onPointer(path: readonly EventTarget[]): void {
    const { stage } = this.#host;
    const isOnButton = stage !== null && path.includes(stage.soundAnchor);
    if (!path.includes(this.menu.element) && !isOnButton) this.menu.close();
  }

  get #tracks(): readonly SoundTrack[] {
    return this.#host.stage?.hls?.audioTracks ?? [];
  }

  get #playing(): number {
    return this.#host.stage?.hls?.audioTrack ?? -1;
  }
}
