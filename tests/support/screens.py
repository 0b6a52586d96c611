"""A browser before our player: it plays an asset to its end, and jumps about in it."""

from __future__ import annotations

import random
from typing import Any, Final

from playwright.sync_api import Page, expect

SCREEN: Final = """(() => {
  const media = document.querySelector("rushes-player").shadowRoot.querySelector("[slot=media]");
  return media === null ? null : media.nativeEl ?? media;
})()"""

LOOK: Final = f"""() => {{
  const screen = {SCREEN};
  return {{
    ended: screen.ended, time: screen.currentTime, duration: screen.duration,
    width: screen.videoWidth, height: screen.videoHeight, trouble: screen.error?.message ?? null,
    ranges: Array.from({{length: screen.buffered.length}},
      (_, at) => [screen.buffered.start(at), screen.buffered.end(at)]),
  }};
}}"""

FASTER: Final = 2
"""How fast it is played: faster costs a busy machine more than it saves."""

LONGEST_MS: Final = 240_000


def open_player(page: Page, asset_id: str) -> None:
    """Open the page of an asset, and wait for its player."""
    page.goto(f"/app/assets/{asset_id}", timeout=LONGEST_MS)
    play = page.locator("rushes-player").get_by_role("button", name="Play", exact=True).first
    expect(play).to_be_visible(timeout=LONGEST_MS)


def play_to_end(page: Page) -> dict[str, Any]:
    """Play from the start, and return what the screen says at the end."""
    page.keyboard.press("k")
    _wait(page, "s !== null && s.currentTime > 0")
    page.evaluate(f"() => {{ {SCREEN}.playbackRate = {FASTER}; }}")
    _wait(page, "s.ended || s.error !== null")
    found: dict[str, Any] = page.evaluate(LOOK)
    return found


def _wait(page: Page, condition: str) -> None:
    """Wait until a condition over the screen `s` holds."""
    words = f"() => {{ const s = {SCREEN}; return {condition}; }}"
    page.wait_for_function(words, timeout=LONGEST_MS)


def jump_about(page: Page, duration: float, jumps: int, chance: random.Random) -> list[float]:
    """Go to random places; return how far from each the picture came to rest, in seconds."""
    off = []
    for _ in range(jumps):
        place = chance.uniform(0, duration * 0.98)
        page.evaluate(f"(at) => {{ const s = {SCREEN}; s.pause(); s.currentTime = at; }}", place)
        _wait(page, "(!s.seeking && s.readyState >= 2) || s.error !== null")
        found = page.evaluate(LOOK)
        assert found["trouble"] is None, found
        off.append(abs(found["time"] - place))
    return off
