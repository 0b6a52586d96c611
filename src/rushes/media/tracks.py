"""The sounds of a film: which of its tracks can be chosen, under which names.

    sound               the first track, as stereo: what plays unless somebody chooses
    sound-surround      the first track with all its channels, as 5.1
    sound-2             the second track, as stereo; `sound-2-surround` with all its channels

1. The first is the default. Each further one is a track that a player offers, made as a file of its
   own.
2. A name says the track and the layout, so it is also the name of a shelf.
3. Only a layout that says where its loudspeakers stand is surround: six channels of a recorder are
   six microphones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rushes.media.facts import AudioFacts
from rushes.media.languages import name_of, tag_of

SOUND: Final = "sound"
"""The name of the sound that is the default, beside those of the rungs."""

STEREO: Final = 2
SURROUND: Final = 6
"""Channels of 5.1, which is what AAC of every browser and television can carry."""

SOUNDS_AT_MOST: Final = 8
"""More tracks than these are in the original only; recorders write up to 64."""

LABEL_AT_MOST: Final = 60

_ALL_CHANNELS: Final = "-surround"
_NAME: Final = re.compile(rf"{SOUND}(-[2-9]|-[1-9][0-9])?({_ALL_CHANNELS})?")
_LAYOUT: Final = re.compile(r"[567]\.[01](\(.*\))?")
_UNSPOKEN: Final = re.compile(r'[\x00-\x1f\x7f"]+')


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound that can be chosen: what it is made of, and what people call it.

    `track` counts among the sound tracks of the original; `channels` are what is handed out.
    `language` is a tag such as `en`, None where nobody said.
    """

    name: str
    track: int
    channels: int
    label: str
    language: str | None


def is_sound(name: str) -> bool:
    """Say whether this is the name of a sound, not of a quality of the picture."""
    return _NAME.fullmatch(name) is not None


def is_surround(facts: AudioFacts) -> bool:
    """Say whether a track has channels for loudspeakers around people."""
    return facts.channels > STEREO and _LAYOUT.match(facts.layout or "") is not None


def plan_tracks(audio: Sequence[AudioFacts]) -> tuple[SoundTrack, ...]:
    """Return the sounds of a film, the default first; each has a label of its own."""
    return tuple(_list_tracks(audio))[:SOUNDS_AT_MOST]


def _list_tracks(audio: Sequence[AudioFacts]) -> Iterator[SoundTrack]:
    taken = set[str]()
    for number, facts in enumerate(audio, 1):
        name = SOUND if number == 1 else f"{SOUND}-{number}"
        language, label = tag_of(facts.language), _label(facts)
        while label in taken:
            label = f"{label} {number}"
        taken |= {label, f"{label} 5.1"}
        yield SoundTrack(name, facts.track, STEREO, label, language)
        if is_surround(facts):
            around = f"{name}{_ALL_CHANNELS}"
            yield SoundTrack(around, facts.track, SURROUND, f"{label} 5.1", language)


def _label(facts: AudioFacts) -> str:
    """Return what people call a track: its title and language, as far as it says them."""
    title = " ".join(_UNSPOKEN.sub(" ", facts.title or "").split())[:LABEL_AT_MOST].strip()
    spoken = name_of(tag_of(facts.language))
    if title and spoken and spoken.lower() not in title.lower():
        return f"{title} ({spoken})"
    return title or spoken or "Sound"
