"""Every parser of ours that reads what strangers wrote, with good input to begin from."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import Final

from rushes.delivery.disposition import clean_name, disposition
from rushes.delivery.ranges import RangeNotSatisfiable, is_unchanged, plan_span
from rushes.delivery.sign import Grant, Scope, Signer
from rushes.errors import Kind, RushesError
from rushes.intake.sniff import HEAD_BYTES, sniff
from rushes.media import fseq, mp4, xlights
from rushes.media.camera import CANON_FACTS, CANON_PREVIEW, parse_camera
from rushes.media.facts import MediaKind, format_media_info, parse_media_info, plain_info
from rushes.media.failures import InvalidMedia, format_last_words
from rushes.media.fragment import (
    Fragment,
    PieceReader,
    Sample,
    format_fragment,
    parse_fragment,
)
from rushes.media.h264 import parse_entry
from rushes.media.hls import format_media_playlist, format_multivariant, variant_of
from rushes.media.layout import Layout, Piece, TrackLayout
from rushes.media.lut import parse_cube
from rushes.media.movie import aac_track, format_init, parse_track
from rushes.media.samples import parse_tracks
from rushes.media.sound import AdtsReader
from rushes.uploads import resumable, tus
from rushes.uploads.chunked import parse_index
from rushes.uploads.digests import (
    parse_algorithm,
    parse_digest_field,
    parse_digest_word,
    parse_wanted_field,
)
from rushes.uploads.disposition import find_file_name
from rushes.uploads.labels import format_labels
from tests.fuzz.fuzzing import Target
from tests.support.movies import moov, picture, sound
from tests.support.shows import LAYOUT, MODEL, NETWORKS, SONG, Show, effect_file

ETAG: Final = '"0123"'
SIZE: Final = 1_000
FRAMES_READ: Final = 64
CHANNELS_READ: Final = 1 << 20
SIGNER: Final = Signer(bytes(32))
NOW: Final = datetime(2026, 11, 21, tzinfo=UTC)
CAN_REFUSE: Final = frozenset(Kind) - {Kind.BROKEN, Kind.UNAVAILABLE}

HEADS: Final = (
    *(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", b"\x00\x00\x00\x08wide"),
    *(b"\x1aE\xdf\xa3\x01\x00\x00\x00webm", b"FLV\x01\x05", b"OggS\x00\x02theora", b"fLaC\x00"),
    *(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), b"\x00\x00\x01\xba\x44", b"\x1f\x07\x00"),
    *(b"ID3\x04\x00", b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80", b"FORM\x00\x00\x00\x10AIFF"),
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\x00\x08\x00\x00\x00CR\x02"),
    *(
        b"RIFF\x10\x00\x00\x00AVI LIST",
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
        b"RF64\xff\xff\xff\xffWAVE",
    ),
    *(
        b"BM\x10\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"PSEQ",
    ),
    *((b"\x47" + bytes(187)) * 6, (bytes(4) + b"\x47" + bytes(187)) * 6),
    *(bytes(70) + bytes.fromhex("060e2b34020501010d0102"), b"<?xml version='1.0'?><xsequence>"),
    *(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"),
)
NAMES: Final = ("a.mp4", "", "a.xsq", "b.CR2", "c.dng", "d.mka", "e.")


def _sniff(data: bytes) -> None:
    name = NAMES[sum(data[-2:]) % len(NAMES)] if data else ""
    found = sniff(data[:HEAD_BYTES], name)
    assert found.format
    assert found.media_type.isascii()


def _boxes(data: bytes) -> None:
    for box in mp4.walk(data):
        assert box.start < box.body <= box.end <= len(data)
    mp4.has(data, "moof/traf/tfhd")
    mp4.find(data, "moov/trak/mdia/minf/stbl/stsd")


def _init(data: bytes) -> None:
    track, _ = parse_track(data)
    assert track.timescale > 0
    assert track.codec
    format_init([track])


def _fragment(data: bytes) -> None:
    fragment = parse_fragment(data)
    assert sum(sample.size_bytes for sample in fragment.samples) == len(fragment.payload)


def _pieces(data: bytes) -> None:
    reader = PieceReader()
    for at in range(0, len(data), 97):
        for kind, piece in reader.feed(data[at : at + 97]):
            assert kind in {"init", "fragment"}
            assert piece


def _adts(data: bytes) -> None:
    reader = AdtsReader()
    for at in range(0, len(data), 61):
        assert all(reader.feed(data[at : at + 61]))


def _samples(data: bytes) -> None:
    for table in parse_tracks(data):
        for description in table.descriptions[:4]:
            _declared(lambda description=description: parse_entry(description))  # type: ignore[misc]


def _camera(data: bytes) -> None:
    for sniffed in ("dng", "raf", "cr3"):
        _declared(
            lambda sniffed=sniffed: parse_camera(  # type: ignore[misc]
                lambda at, size: data[at : at + size], sniffed
            )
        )


def _cube(data: bytes) -> None:
    lut = parse_cube(data)
    assert all(-1e6 <= each <= 1e6 for each in lut.at((0.2, 0.5, 0.9)))


def _facts(data: bytes) -> None:
    info = parse_media_info(data)
    format_media_info(info)


def _ranges(data: bytes) -> None:
    text = _text(data)
    span = plan_span(text, None, ETAG, SIZE)
    assert 0 <= span.start < span.end <= SIZE
    assert is_unchanged(text, ETAG) in {True, False}


def _headers(data: bytes) -> Mapping[str, str]:
    lines = (line.partition(": ") for line in _text(data).split("\n"))
    return {name.lower(): value for name, _, value in lines}


def _tus(data: bytes) -> None:
    headers = _headers(data)
    _declared(lambda: tus.parse_creation(headers))
    _declared(lambda: tus.parse_append(headers))
    _declared(lambda: tus.require_version(headers))


def _metadata(data: bytes) -> None:
    read = tus.parse_metadata(_text(data))
    assert "\x00" not in read.file_name


def _resumable(data: bytes) -> None:
    headers = _headers(data)
    rules = resumable.find_rules(headers)
    _declared(lambda: resumable.parse_creation(headers, rules))
    _declared(lambda: resumable.parse_append(headers, rules))
    _declared(lambda: resumable.require_bare(headers, rules))


def _digests(data: bytes) -> None:
    text = _text(data)
    _declared(lambda: parse_digest_field(text))
    _declared(lambda: parse_wanted_field(text))
    _declared(lambda: parse_digest_word(text))
    _declared(lambda: parse_algorithm(text))


def _names(data: bytes) -> None:
    sent = find_file_name(_text(data))
    assert "\x00" not in sent
    for name in (sent, data.decode("utf-8", "surrogateescape"), _text(data)):
        line = disposition(name, "ast_1", "video/mp4", is_download=True)
        assert line.isascii()
        assert line.isprintable()
        assert clean_name(name, "ast_1").strip() not in {"", ".", ".."}


def _labels(data: bytes) -> None:
    text = _text(data)
    written = format_labels(text, "video/mp4", {"key": text})
    assert text.replace("\x00", "") in {tus.parse_metadata(written).file_name, text}


def _index(data: bytes) -> None:
    assert 0 <= parse_index(_text(data), 10) < 10


def _signed(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert text in SIGNED_TEXTS or _refuses(lambda: SIGNER.verify(text, NOW))


def _playlist(data: bytes) -> None:
    numbers = list(data) + [1] * 8
    pieces = tuple(Piece(one * 7, one + 1, one + 1) for one in numbers[:8])
    track = TrackLayout(_text(data[:20]), numbers[0] + 1, Piece(0, 9, 0), pieces)
    layout = Layout("720p", 9, "0" * 64, 2, 2, Fraction(numbers[1] + 1), track, None)
    address = "/p/" + _text(data[20:])
    lines = format_media_playlist(track, address).split("\n")
    assert 3 * len(pieces) + 9 == len(lines)
    assert len(format_multivariant([variant_of(layout, address)]).split("\n")) < 12


def _sequence(data: bytes) -> None:
    header = fseq.parse_header(data, len(data))
    if header.channels > CHANNELS_READ or header.compression not in {"none", "zstd", "zlib"}:
        return
    frames = fseq.read_frames(io.BytesIO(data), header)
    for number, frame in zip(range(FRAMES_READ), frames, strict=False):
        assert number >= 0
        assert header.channels == len(frame[1])


def _xml(data: bytes) -> None:
    xlights.read(io.BytesIO(data), reading := xlights.Reading())
    json.dumps(reading.facts())


def _words(data: bytes) -> None:
    said = format_last_words(data.decode(errors="replace"))
    assert len(said) <= 2_000
    assert all(line.isprintable() or "\xa0" <= max(line) for line in said.split("\n") if line)


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _declared(call: Callable[[], object]) -> None:
    kind = Kind.INVALID
    try:
        call()
    except RushesError as error:
        kind = error.kind
    assert kind in CAN_REFUSE


def _refuses(call: Callable[[], object]) -> bool:
    try:
        call()
    except RushesError:
        return True
    return False


def _movie_seeds() -> Iterator[bytes]:
    yield format_init([aac_track(48_000, 2, 128_000)])
    yield format_init([aac_track(48_000, 2, 128_000)], duration_ms=9)
    yield mp4.make("moov", mp4.make("trak", mp4.make("mdia", mp4.make_full("mdhd", 1, 0))))


def _fragment_seeds() -> Iterator[bytes]:
    for count in (1, 3, 24):
        samples = tuple(Sample(1_024, 9 + one, one == 0, one) for one in range(count))
        payload = bytes(sum(sample.size_bytes for sample in samples))
        yield format_fragment(Fragment(1, count, 1 << 33, samples, payload))


def _camera_seeds() -> Iterator[bytes]:
    shape = struct.pack(">HBHHB", 11, 8, 1_200, 1_600, 1) + b"\x01\x11\x00"
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + shape + b"\xff\xd9"
    rows = ((274, 3, 1, 6), (272, 2, 4, 0x6D6143), (330, 4, 1, 120), (513, 4, 1, 200))
    tags = (*rows, (514, 4, 1, len(jpeg)))
    table = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *row) for row in tags)
    tiff = (b"II*\0" + struct.pack("<I", 8) + table + bytes(4)).ljust(120, b"\0")
    yield (tiff + table + bytes(4)).ljust(200, b"\0") + jpeg
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 100, len(jpeg))
    yield head.ljust(100, b"\0") + jpeg
    shown = mp4.make("PRVW", struct.pack(">IHHHHI", 0, 1, 1_620, 1_080, 1, len(jpeg)), jpeg)
    facts = mp4.make("uuid", CANON_FACTS, mp4.make("CMT1", tiff))
    preview = mp4.make("uuid", CANON_PREVIEW, bytes(8), shown)
    yield mp4.make("ftyp", b"crx \0\0\0\1crx isom") + mp4.make("moov", facts) + preview


def _adts_seeds() -> Iterator[bytes]:
    body = bytes(40)
    size = len(body) + 7
    head = bytes(
        [0xFF, 0xF1, 0x4C, 0x80 | size >> 11, size >> 3 & 0xFF, size << 5 & 0xE0 | 31, 0xFC]
    )
    yield (head + body) * 5


def _sequence_seeds() -> Iterator[bytes]:
    small = partial(Show, channels=12, frames=20)
    yield small(major=1).write()
    yield effect_file()
    for compression in (0, 1, 2):
        yield small(compression=compression).write()
        yield small(compression=compression, ranges=((3, 5), (20, 7)), empty_blocks=2).write()


GRANT: Final = Grant("ast_1", Scope.PLAY, "720p", "acc_1", datetime(2026, 11, 22, tzinfo=UTC))
SIGNED_TEXTS: Final = (SIGNER.sign(GRANT),)
DIGEST: Final = base64.b64encode(hashlib.sha256(b"").digest())
META: Final = b"filename d29ybGQubXA0,filetype dmlkZW8vbXA0,empty"
TUS_HEADERS: Final = (
    b"tus-resumable: 1.0.0\nupload-length: 100\nupload-metadata: " + META,
    b"tus-resumable: 1.0.0\nupload-defer-length: 1\nupload-concat: partial",
    b"tus-resumable: 1.0.0\nupload-concat: final;/files/upl_1 /files/upl_2",
    b"content-type: application/offset+octet-stream\nupload-offset: 5\ncontent-length: 7\n"
    b"upload-checksum: sha256 " + DIGEST,
)
RESUMABLE_HEADERS: Final = (
    b"upload-draft-interop-version: 8\nupload-complete: ?0\nupload-length: 9\ncontent-length: 4",
    b"upload-complete: ?1\nupload-offset: 4\ncontent-type: application/partial-upload\n"
    b"repr-digest: sha-256=:" + DIGEST + b":",
    b"upload-incomplete: ?1\ncontent-disposition: attachment; filename*=UTF-8''a%20b.mp4",
    b"content-encoding: gzip\nwant-repr-digest: sha-256=9, sha-512=3\nupload-limit: max-size=9",
)
XML: Final = tuple(text.encode() for text in (SONG, LAYOUT, NETWORKS, MODEL))
FACTS: Final = json.dumps(format_media_info(plain_info(MediaKind.OTHER, "other", 9))).encode()
VIDEO: Final = json.dumps(
    {
        "kind": "video",
        "container": "mov",
        "size_bytes": 9,
        "start": "0",
        "duration": "10",
        "audio": [
            {
                "track": 0,
                "codec": "aac",
                "channels": 2,
                "layout": "stereo",
                "sample_rate": 48_000,
                "start": "0",
                "duration": "10",
            }
        ],
        "subtitles": ["und"],
        "tags": [["title", "x"]],
        "frame_times": [0, 3_000, 6_000],
        "video": {
            "codec": "h264",
            "profile": "High",
            "level": 40,
            "pixel_format": "yuv420p",
            "bit_depth": 8,
            "width": 1920,
            "height": 1080,
            "sar": "1",
            "rotation": 0,
            "frame_rate": "30000/1001",
            "variable_rate": False,
            "primaries": 1,
            "transfer": 1,
            "matrix": 1,
            "start": "0",
            "duration": "10",
        },
    }
).encode()
BOX_WORDS: Final = (
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"mdhd", b"hdlr", b"moof", b"traf"),
    *(b"tfhd", b"tfdt", b"trun", b"mdat", b"mfhd", b"edts", b"elst", b"mvex", b"trex", b"avc1"),
    *(
        b"mp4a",
        b"esds",
        b"avcC",
        b"stsz",
        b"stts",
        b"stsc",
        b"stco",
        b"ctts",
        b"stss",
        b"\x00\x00\x00\x01",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
    ),
)
TABLES: Final = (
    moov(picture(12, 6), sound(20)),
    moov(picture(3, 1, edits=((1_000, 512, 1),))),
    moov(sound(9)),
)
MOVIES, FRAGMENTS = tuple(_movie_seeds()), tuple(_fragment_seeds())
MEDIA, DECLARED = (InvalidMedia,), (RushesError,)

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in (
        Target("sniff", _sniff, HEADS),
        Target("boxes", _boxes, (*MOVIES, *FRAGMENTS), MEDIA, BOX_WORDS),
        Target("init", _init, MOVIES, MEDIA, BOX_WORDS),
        Target("fragment", _fragment, FRAGMENTS, MEDIA, BOX_WORDS),
        Target("pieces", _pieces, (*MOVIES, MOVIES[0] + FRAGMENTS[1]), MEDIA, BOX_WORDS),
        Target("samples", _samples, TABLES, MEDIA, BOX_WORDS),
        Target("camera", _camera, tuple(_camera_seeds()), (), BOX_WORDS),
        Target(
            "cube",
            _cube,
            (
                b'TITLE "a"\nLUT_3D_SIZE 2\n' + b"0 0.5 1\n" * 8,
                b"DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 2\nLUT_1D_SIZE 3\n0 0 0\n1 1 1\n1 2 1e0\n",
            ),
            MEDIA,
            (b"LUT_3D_SIZE ", b"LUT_1D_SIZE ", b"DOMAIN_MAX ", b"\n", b" ", b"nan", b"1e9", b"#"),
        ),
        Target("adts", _adts, tuple(_adts_seeds()), MEDIA),
        Target(
            "facts", _facts, (FACTS, VIDEO), MEDIA, (b'"', b"null", b"[]", b"{}", b"-1", b"1/0")
        ),
        Target("playlist", _playlist, (bytes(range(64)), b'a,b"c\n#EXT'), MEDIA),
        Target(
            "ranges",
            _ranges,
            (
                b"bytes=0-9",
                b"bytes=5-",
                b"bytes=-5",
                b"bytes=2000-",
                b"bytes=1-2,3-4",
                b'W/"0123", *',
            ),
            (RangeNotSatisfiable,),
            (b"bytes", b"=", b"-", b",", b"*", b"999999999999999999999"),
        ),
        Target("tus", _tus, TUS_HEADERS, (), (b"\n", b": ", b"upload-length", b";", b"final")),
        Target("metadata", _metadata, (META,), (tus.BadMetadata,), (b",", b" ", b"=", b"YQ==")),
        Target("resumable", _resumable, RESUMABLE_HEADERS, (), (b"\n", b": ", b"?1", b":", b";")),
        Target(
            "digests",
            _digests,
            (b"sha-256=:" + DIGEST + b":", b"sha-256=9, md5=1", b"sha256:" + b"0" * 64, b"crc32c"),
            (),
            (b"sha-256", b"sha-512", b"=", b":", b",", b";", b"(", b")"),
        ),
        Target(
            "names",
            _names,
            (b'attachment; filename="a.mp4"', b"x; filename*=UTF-8''%e2%82%ac.mp4", b"..", b"a/b"),
            (),
            (b"filename*=", b"UTF-8''", b"%", b'"', b"\\", b"\xe2\x80\xae", b"/", b"."),
        ),
        Target("labels", _labels, (b"a.mp4", b"\xff\x00 b"), (tus.BadMetadata,)),
        Target(
            "index",
            _index,
            (b"0", b"9", b"10", b"+1", b" 1"),
            DECLARED,
            (b"0", b"9", b"_", b"\xb2"),
        ),
        Target(
            "signed",
            _signed,
            tuple(text.encode() for text in SIGNED_TEXTS),
            (),
            (b".", b"=", b"W10"),
        ),
        Target("fseq", _sequence, tuple(_sequence_seeds()), (fseq.Unreadable,)),
        Target(
            "xsq",
            _xml,
            XML,
            (xlights.Refused,),
            (b"<", b">", b"<a>" * 20, b"</a>", b"&amp;", b"&x;", b"<!DOCTYPE x>", b"<![CDATA["),
        ),
        Target("last_words", _words, (b"at /var/lib/x/y.mp4\nerror @ 0x55d\n", b"\x1b[31mred\x07")),
    )
}
