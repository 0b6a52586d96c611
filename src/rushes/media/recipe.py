"""The recipe: a word in the name of every segment and rendition that says how it was made.

    r1            the version of the recipe
    r1-log_slog3  with this done to its colours

1. Whatever changes bytes changes the word; what stands under another word is another thing.
2. What was made by an older recipe is played as it is, until it is made again.
3. The sound of a video, stills and what is copied have words of their own: a new version of the
   ladder makes none of them again.
"""

from __future__ import annotations

import re
from typing import Final

from rushes.media.failures import InvalidMedia

HEARD: Final = "a1"
"""The recipe of sound that is encoded."""

SEEN: Final = "s1"
"""The recipe of what is looked at: stills, storyboards, waveforms."""

WORD: Final = re.compile(r"([a-z0-9]+)(-+[a-z0-9_]+)*")


def version_of(word: str) -> str:
    """Return the version that a recipe's word begins with; raises InvalidMedia for what is none."""
    form = WORD.fullmatch(word)
    if form is None:
        raise InvalidMedia(f"{word!r} is the name of no recipe.")
    return form[1]
