"""What stands before the fragments: the tracks of a movie, its index, and its codec strings.

A tool's init is read for its sample description only; the `moov` that we store is written here,
so all rungs look alike. Each track has ONE edit list that cuts its lead (the reordering delay of
the picture, the priming of the sound): the presentation begins at 0 in every reader.
Sources: ISO/IEC 14496-12 (boxes), 14496-14 (esds), 14496-15 (avcC), RFC 6381 (codec strings).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Defaults, with_track_id

MOVIE_TIMESCALE: Final = 1_000
REFERENCES_AT_MOST: Final = 65_535
"""sidx counts its references in 16 bits: 72 hours of 4 s."""

AAC_LC: Final = 2
AAC_FRAME: Final = 1_024
AAC_RATES: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
"""ISO/IEC 14496-3 table 1.18, in the order of their index."""

AAC_LAYOUTS: Final = frozenset({1, 2, 6})
"""Channels that we store; the configuration of each has its number (14496-3 table 1.19)."""

_MATRIX: Final = mp4.pack("9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LANGUAGE_UND: Final = 0x55C4
_NEXT_ID: Final = 3  # a third track is the one of the timecode
_NAMES: Final = {"vide": b"picture\0", "soun": b"sound\0", "tmcd": b"timecode\0"}
_STSD_HEAD: Final = 8
_VISUAL_ENTRY: Final = 78
_AUDIO_ENTRY: Final = 28
_AVCC_HEAD: Final = 4
_TKHD_ENABLED_IN_MOVIE: Final = 3


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a movie. `lead` is in its own ticks: what the edit list cuts at the start."""

    handler: str
    timescale: int
    description: bytes
    lead: int = 0
    width: int = 0
    height: int = 0

    @property
    def is_video(self) -> bool:
        """Say whether it is a picture."""
        return self.handler == "vide"

    @property
    def codec(self) -> str:
        """Return its codec string, for example `avc1.64001f`."""
        return codec_of(self.description)


def parse_track(init: bytes) -> tuple[Track, Defaults]:
    """Return the one track of an init and its defaults for samples."""
    moov = mp4.find(init, "moov")
    traks = [box for box in mp4.walk(init, moov.body, moov.end) if box.kind == "trak"]
    if len(traks) != 1:
        raise InvalidMedia(f"An init holds {len(traks)} tracks instead of one.")
    mdia = mp4.find(init, "mdia", traks[0].body, traks[0].end)
    hdlr = mp4.find(init, "hdlr", mdia.body, mdia.end)
    mdhd = mp4.find(init, "mdhd", mdia.body, mdia.end)
    stsd = mp4.find(init, "minf/stbl/stsd", mdia.body, mdia.end)
    version, _, at = mp4.read_full(init, mdhd)
    (timescale,) = mp4.unpack("I", init, at + (16 if version else 8), mdhd.end)
    (handler,) = mp4.unpack("I", init, hdlr.body + 8, hdlr.end)
    description = init[stsd.body + _STSD_HEAD : stsd.end]
    entry = next(mp4.walk(description), None)
    name = handler.to_bytes(4, "big").decode("latin-1")
    if entry is None or timescale == 0:
        raise InvalidMedia("A track has no sample description or no timescale.")
    width = height = 0
    if name == "vide":
        width, height = mp4.unpack("HH", description, entry.body + 24, entry.end)
    track = Track(name, timescale, description, _parse_lead(init, traks[0]), width, height)
    return track, _parse_trex(init, moov)


def _parse_lead(init: bytes, trak: mp4.Box) -> int:
    """Return the media time of the first edit; 0 where there is none, or an empty one."""
    if not mp4.has(init, "edts/elst", trak.body, trak.end):
        return 0
    elst = mp4.find(init, "edts/elst", trak.body, trak.end)
    version, _, at = mp4.read_full(init, elst)
    count, _, lead = mp4.unpack("IQq" if version else "IIi", init, at, elst.end)
    return max(0, lead) if count else 0


def _parse_trex(init: bytes, moov: mp4.Box) -> Defaults:
    if not mp4.has(init, "mvex/trex", moov.body, moov.end):
        return Defaults()
    trex = mp4.find(init, "mvex/trex", moov.body, moov.end)
    _, _, duration, size, flags = mp4.unpack("5I", init, trex.body + mp4.FULL_BYTES, trex.end)
    return Defaults(duration, size, flags)


def format_init(tracks: Sequence[Track], duration_ms: int = 0, first_id: int = 1) -> bytes:
    """Return `ftyp` and `moov` of a fragmented movie; track ids count up from `first_id`.

    With a duration (milliseconds) the header tells it, as a whole file should.
    """
    traks = [format_empty_trak(track, number) for number, track in enumerate(tracks, first_id)]
    return format_fragmented(traks, duration_ms, first_id)


def format_fragmented(traks: Sequence[bytes], duration_ms: int = 0, first_id: int = 1) -> bytes:
    """Return `ftyp` and `moov` around these tracks, whose samples stand in fragments."""
    mehd = mp4.make_full("mehd", 1, 0, mp4.pack("Q", duration_ms)) if duration_ms else b""
    trexs = [
        mp4.make_full("trex", 0, 0, mp4.pack("5I", number, 1, 0, 0, 0))
        for number in range(first_id, first_id + len(traks))
    ]
    extends = mp4.make("mvex", mehd, *trexs)
    return format_brands(b"iso6", b"cmfc", b"iso5", b"mp41") + format_movie(traks, 0, extends)


def format_brands(major: bytes, *others: bytes) -> bytes:
    """Return `ftyp`."""
    return mp4.make("ftyp", major, mp4.pack("I", 0x200), major, *others)


def format_movie(traks: Sequence[bytes], movie_ticks: int, extends: bytes = b"") -> bytes:
    """Return `moov` around these tracks; its duration is in `MOVIE_TIMESCALE`."""
    mvhd = mp4.make_full(
        "mvhd",
        1,
        0,
        mp4.pack("QQIQ", 0, 0, MOVIE_TIMESCALE, movie_ticks),
        mp4.pack("IHH8x", 0x10000, 0x100, 0),
        _MATRIX,
        mp4.pack("24xI", max(_NEXT_ID, len(traks) + 1)),
    )
    return mp4.make("moov", mvhd, *traks, extends)


def format_empty_trak(track: Track, number: int, told_by: int = 0) -> bytes:
    """Return the `trak` of a track whose samples stand in fragments."""
    tables = mp4.make(
        "stbl",
        mp4.make_full("stsd", 0, 0, mp4.pack("I", 1), track.description),
        mp4.make_full("stts", 0, 0, mp4.pack("I", 0)),
        mp4.make_full("stsc", 0, 0, mp4.pack("I", 0)),
        mp4.make_full("stsz", 0, 0, mp4.pack("II", 0, 0)),
        mp4.make_full("stco", 0, 0, mp4.pack("I", 0)),
    )
    return format_trak(track, number, tables, ticks=0, movie_ticks=0, told_by=told_by)


def format_trak(
    track: Track, number: int, tables: bytes, *, ticks: int, movie_ticks: int, told_by: int = 0
) -> bytes:
    """Return a `trak` around these sample tables; durations in its own and the movie's ticks.

    `told_by` is the id of the track that holds its timecode, 0 where there is none.
    """
    is_heard = track.handler == "soun"
    tkhd = mp4.make_full(
        "tkhd",
        1,
        _TKHD_ENABLED_IN_MOVIE,
        mp4.pack("QQIIQ8x", 0, 0, number, 0, movie_ticks),
        mp4.pack("HHHH", 0, 1 if is_heard else 0, 0x100 if is_heard else 0, 0),
        _MATRIX,
        mp4.pack("II", track.width << 16, track.height << 16),
    )
    elst = mp4.make_full("elst", 1, 0, mp4.pack("IQqHH", 1, movie_ticks, track.lead, 1, 0))
    mdhd = mp4.make_full(
        "mdhd", 1, 0, mp4.pack("QQIQHH", 0, 0, track.timescale, ticks, _LANGUAGE_UND, 0)
    )
    name, handler = _NAMES.get(track.handler, b"data\0"), track.handler.encode("latin-1")
    hdlr = mp4.make_full("hdlr", 0, 0, bytes(4), handler, bytes(12), name)
    media_header = {
        "vide": mp4.make_full("vmhd", 0, 1, bytes(8)),
        "soun": mp4.make_full("smhd", 0, 0, bytes(4)),
    }.get(track.handler, mp4.make_full("nmhd", 0, 0))
    here = mp4.make_full("url ", 0, 1)
    dinf = mp4.make("dinf", mp4.make_full("dref", 0, 0, mp4.pack("I", 1), here))
    minf = mp4.make("minf", media_header, dinf, tables)
    told = mp4.make("tref", mp4.make("tmcd", mp4.pack("I", told_by))) if told_by else b""
    return mp4.make("trak", tkhd, told, mp4.make("edts", elst), mp4.make("mdia", mdhd, hdlr, minf))


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of the index: the bytes and ticks of a segment."""

    size_bytes: int
    ticks: int


def format_index(timescale: int, references: Sequence[Reference]) -> bytes:
    """Return the `sidx` of a file whose segments follow it at once; all begin with a sync sample.

    Source: ISO/IEC 14496-12 section 8.16.3.
    """
    if len(references) > REFERENCES_AT_MOST:
        raise InvalidMedia(f"More than {REFERENCES_AT_MOST} segments do not fit one index.")
    rows = b"".join(
        mp4.pack("III", reference.size_bytes & 0x7FFFFFFF, reference.ticks, 0x90000000)
        for reference in references
    )
    head = mp4.pack("IIQQHH", 1, timescale, 0, 0, 0, len(references))
    return mp4.make_full("sidx", 1, 0, head, rows)


def codec_of(description: bytes) -> str:
    """Return the RFC 6381 string of a sample description (H.264 and AAC are what we make)."""
    entry = next(mp4.walk(description), None)
    if entry is not None and entry.kind in {"avc1", "avc3"}:
        avcc = mp4.find(description, "avcC", entry.body + _VISUAL_ENTRY, entry.end)
        _, *numbers = mp4.unpack("4B", description, avcc.body, avcc.end)
        return f"{entry.kind}.{bytes(numbers).hex()}"
    if entry is not None and entry.kind == "mp4a":
        mp4.find(description, "esds", entry.body + _AUDIO_ENTRY, entry.end)
        return f"mp4a.40.{AAC_LC}"
    raise InvalidMedia("The sample description is neither H.264 nor AAC.")


def aac_track(sample_rate: int, channels: int, bit_rate: int, lead: int = AAC_FRAME) -> Track:
    """Return the track of AAC-LC sound; its lead is usually the encoder's one frame of priming.

    Sources: ISO/IEC 14496-3 section 1.6.2.1 (AudioSpecificConfig), 14496-1 section 7.2.6.
    """
    if sample_rate not in AAC_RATES or channels not in AAC_LAYOUTS:
        raise InvalidMedia("Sound is stored as mono, stereo or 5.1 at a rate that AAC names.")
    config = mp4.pack("H", AAC_LC << 11 | AAC_RATES.index(sample_rate) << 7 | channels << 3)
    decoder = mp4.pack("BBBHII", 0x40, 0x15, 0, 0, bit_rate, bit_rate) + _descriptor(5, config)
    esds = _descriptor(3, mp4.pack("HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\2"))
    entry = mp4.make(
        "mp4a",
        mp4.pack("6xH8xHHHH", 1, channels, 16, 0, 0),
        mp4.pack("I", sample_rate << 16),
        mp4.make_full("esds", 0, 0, esds),
    )
    return Track("soun", sample_rate, entry, lead)


def _descriptor(tag: int, body: bytes) -> bytes:
    return mp4.pack("BB", tag, len(body)) + body


def stand_alone(piece: bytes) -> bytes:
    """Return an init or a fragment of any track of a file as that of the first track of its own."""
    if mp4.has(piece, "moov"):
        return format_init([parse_track(piece)[0]])
    return with_track_id(piece, 1)
