"""What can be watched of an asset now: finished qualities, and those that are made meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rushes.delivery.medium import Medium, is_playable
from rushes.delivery.quality import within
from rushes.media.encoder import hardware_of
from rushes.media.hls import Sound, Variant, format_live_playlist, sound_of, variant_of
from rushes.media.ladder import Quality
from rushes.media.layout import Layout, parse_layout
from rushes.media.tracks import SOUND
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind
from rushes.renditions.stream import SOUND_CODEC, Stream, sound_rates
from rushes.renditions.stream import Sound as PlannedSound
from rushes.renditions.stream import Variant as Planned

PLAYLIST = ".m3u8"
SEGMENTS = "seg"


@dataclass(frozen=True, slots=True)
class Offer:
    """One quality that a player may have: its file, or what it will be."""

    name: str
    file: Rendition | None
    planned: Planned | None

    @property
    def is_first(self) -> bool:
        """Say whether playing may begin with it: its segments are there, or come at once."""
        return self.file is not None or (self.planned is not None and self.planned.is_copied)


def list_offers(medium: Medium, cap: str | None = None) -> list[Offer]:
    """Return what can be watched, lowest first, up to the quality `cap`; else the sound alone."""
    ready = {each.name: each for each in medium.playable(cap)}
    stream = medium.stream
    if stream is None:
        return [Offer(name, each, None) for name, each in ready.items()]
    if not stream.variants:
        sounds = [Offer(name, each, None) for name, each in ready.items()]
        return sounds or [Offer(SOUND, None, None)]
    offers = []
    for planned in stream.variants:
        file = ready.get(planned.quality)
        if file is not None:
            offers.append(Offer(planned.quality, file, planned))
        elif planned.is_offered and within(cap, Quality(planned.quality)):
            offers.append(Offer(planned.quality, None, planned))
    return offers


def list_first(offers: Sequence[Offer]) -> list[Offer]:
    """Return those with which playing may begin; the lowest where none is there yet."""
    return [offer for offer in offers if offer.is_first] or list(offers[:1])


def list_variants(offers: Sequence[Offer], stream: Stream | None) -> list[Variant]:
    """Return the lines of the list of qualities."""
    variants = []
    for offer in offers:
        address = f"{offer.name}{PLAYLIST}"
        if offer.file is not None:
            variants.append(variant_of(layout_of(offer.file), address))
        elif offer.planned is not None:
            planned, rate = offer.planned, None
            if stream is not None and stream.grid is not None:
                rate = stream.grid.rate
            variants.append(
                Variant(
                    address,
                    planned.codec,
                    planned.peak,
                    planned.average,
                    width=planned.width,
                    height=planned.height,
                    rate=rate,
                )
            )
        elif stream is not None and stream.sound is not None:
            variants.append(Variant(address, SOUND_CODEC, *sound_rates(stream.sound)))
    return variants


def list_sounds(offers: Sequence[Offer], medium: Medium) -> list[Sound]:
    """Return the sounds that go with all pictures, the default first.

    That one is in every file; of each other the file counts, else what it will be.
    """
    if all(offer.planned is None and not _is_picture(offer) for offer in offers):
        return []
    carrier = find_carrier(offers)
    if medium.stream is None:
        found = None if carrier is None else sound_of(layout_of(carrier), f"{SOUND}{PLAYLIST}")
        return [] if found is None else [found]
    return [
        _sound(planned, carrier if planned.name == SOUND else find_track(medium, planned.name))
        for planned in medium.stream.sounds
    ]


def _sound(planned: PlannedSound, file: Rendition | None) -> Sound:
    address = f"{planned.name}{PLAYLIST}"
    found = None if file is None else sound_of(layout_of(file), address)
    if found is None:
        found = Sound(address, SOUND_CODEC, *sound_rates(planned))
    what = (planned.channels, planned.label, planned.language)
    return Sound(address, found.codec, found.peak, found.average, *what)


def find_track(medium: Medium, name: str) -> Rendition | None:
    """Return the file of a further sound, once it is there."""
    found = medium.renditions.get(name)
    is_there = found is not None and found.kind is Kind.TRACK and is_playable(found)
    return found if is_there else None


def find_carrier(offers: Sequence[Offer]) -> Rendition | None:
    """Return the lowest file that has the default sound: all have the same."""
    files = [offer.file for offer in offers if offer.file is not None]
    return next((file for file in files if layout_of(file).sound is not None), None)


def live_playlist(stream: Stream, name: str) -> str | None:
    """Return the playlist of a quality, or of a sound, whose file is not there yet."""
    count, sound = stream.count_of(name), stream.find_sound(name)
    if sound is not None:
        seconds = [sound.cuts.seconds_of(index) for index in range(count)]
    elif stream.grid is not None and count:
        seconds = [stream.grid.seconds_of(index) for index in range(count)]
    else:
        return None
    return format_live_playlist(seconds, f"{SEGMENTS}/{name}", hardware_of(stream.recipe_of(name)))


def layout_of(rendition: Rendition) -> Layout:
    """Return where everything lies in a finished file."""
    return parse_layout(rendition.layout or {})


def _is_picture(offer: Offer) -> bool:
    return offer.file is not None and is_playable(offer.file) and offer.file.kind is Kind.PROXY
