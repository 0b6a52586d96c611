/** State as icon, word and colour together; and where the bytes are, as three cells. */
import type { ReactNode } from "react";

import type { Tier, TierPlacement } from "../api/types";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { Icon } from "./glyphs";
import { signOfPlacement, type Sign } from "./states";

/** The badge of any state. */
export function Badge({ sign }: { readonly sign: Sign }): ReactNode {
  return (
    <span className={`badge tone-${sign.tone}`}>
      <Icon of={sign.glyph} size={14} />
      {sign.word}
    </span>
  );
}

const TIERS: readonly Tier[] = ["edge", "archive", "editing"];

/** The tier strip: E A L; filled is present, hatched is moving, outline is absent. */
export function TierStrip({
  placements,
}: {
  readonly placements: readonly TierPlacement[];
}): ReactNode {
  const cells = TIERS.map((tier) => ({
    tier,
    state: placements.find((placement) => placement.tier === tier)?.state ?? "absent",
  }));
  const spoken = cells.map(({ tier, state }) =>
    fill(words.tier_spoken, { tier: words.tiers[tier], state: signOfPlacement(state).word }),
  );
  return (
    <span className="tiers" role="img" aria-label={spoken.join(", ")} title={spoken.join("\n")}>
      {cells.map(({ tier, state }) => (
        <i key={tier} className={`tier tier-${tier} is-${state}`} aria-hidden="true">
          {words.tier_letters[tier]}
        </i>
      ))}
    </span>
  );
}
