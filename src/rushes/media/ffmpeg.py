"""Command lines for ffmpeg, as lists; nothing here starts anything.

1. The original is file descriptor 0, read by the `fd` protocol: the tool knows no path, and no
   other protocol is allowed to it. What it makes leaves by pipes.
2. One demuxer, forced by what the content was sniffed as; nothing else reaches ffmpeg.
3. Time stamps are shifted so that the first picture is at 0, in ticks of the grid, before frames
   are chosen; a constant rate is made exact by the `fps` filter, a variable one passes through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from rushes.media import encoder as coders
from rushes.media.color import UNGRADED, Grade, matrix_argument
from rushes.media.facts import MediaInfo, VideoFacts
from rushes.media.failures import FormatNotAllowed, NoStream
from rushes.media.grid import Grid
from rushes.media.ladder import RECIPE, Rung
from rushes.media.sound import BIT_RATE, SAMPLE_RATE, bit_rate_of
from rushes.media.tracks import STEREO
from rushes.media.wave import SAMPLE_RATE as WAVE_RATE

DEMUXERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mov": "mov",
        "matroska": "matroska",
        "mpegts": "mpegts",
        "mpeg": "mpeg",
        "mxf": "mxf",
        "avi": "avi",
        "wav": "wav",
        "flv": "flv",
        "ogg": "ogg",
        "asf": "asf",
        "mp3": "mp3",
        "aac": "aac",
        "flac": "flac",
        "aiff": "aiff",
        "dv": "dv",
    }
)
"""Sniffed format -> the one demuxer that may read it."""

INDEXED: Final = frozenset({"mov", "matroska", "mxf", "avi"})
"""Formats that seek to the right key frame; the others are entered earlier."""

SEEK_MARGIN_SECONDS: Final = 12
STREAMS_AT_MOST: Final = 64
PIXELS_AT_MOST: Final = 268_435_456
ALLOCATION_AT_MOST: Final = 2_147_483_648
DEINTERLACE: Final = "bwdif=mode=send_frame:deint=interlaced"
ON_BLACK: Final = "premultiply=inplace=1"
NEAR_TICKS: Final = 8
"""How far a frame of a varying rate may stand from its tick after ffmpeg's own rounding."""

TICKS_A_FRAME: Final = 512
SOUND_MARGIN_SECONDS: Final = 1
"""So early is a sound entered: what a decoder needs to begin with, and more."""

SHOWN: Final = "out_color_matrix=bt709:out_range=tv"
GRADED: Final = "format=gbrpf32le"
"""In what a table of colours is applied: no step of ten bits is lost. In planes of whole numbers
`haldclut` of ffmpeg 9 takes red, green and blue for each other."""

APPLIED: Final = (
    "haldclut=clut=first,setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr:range=pc"
)
"""A table is put to work; what comes out are signals for an ordinary screen, and says so."""

_FRAGMENTED: Final = (
    *("-color_primaries", "bt709", "-color_trc", "bt709"),
    *("-colorspace", "bt709", "-color_range", "tv", "-avoid_negative_ts", "disabled"),
    *("-bitexact", "-f", "mp4", "-movflags", "cmaf+empty_moov+frag_discont+frag_keyframe"),
    "-video_track_timescale",
)
"""What a stream of fragments is told; its ticks a second follow."""

CLONED_AT_MOST: Final = Fraction(1, 4)
"""Seconds by which a healthy picture may be shorter than its container says."""


def demuxer_of(sniffed: str) -> str:
    """Return the demuxer for a sniffed format, or raise FormatNotAllowed."""
    if sniffed not in DEMUXERS:
        raise FormatNotAllowed(
            "Its content is of no format that is opened here; the original can be downloaded."
        )
    return DEMUXERS[sniffed]


def input_arguments(sniffed: str, *, threads: int = 0) -> list[str]:
    """Return what stands before and at the input; `threads` of the decoder, 0: as it likes."""
    demuxer = demuxer_of(sniffed)
    return [
        *("-f", demuxer, "-format_whitelist", demuxer, "-protocol_whitelist", "fd"),
        *("-max_streams", str(STREAMS_AT_MOST), "-max_pixels", str(PIXELS_AT_MOST)),
        *("-threads", str(threads), "-fd", "0", "-i", "fd:"),
    ]


def global_arguments() -> list[str]:
    """Return what every call begins with."""
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-v", "error"),
        *("-max_alloc", str(ALLOCATION_AT_MOST)),
    ]


@dataclass(frozen=True, slots=True)
class SegmentRun:
    """Segments first .. first+count-1 of several rungs, made from one decode.

    `forgiving` carries on through damage and holds the last picture to the end of the run.
    `grade` says what becomes of its colours.
    """

    facts: MediaInfo
    grid: Grid
    rungs: tuple[Rung, ...]
    first: int
    count: int
    threads: int = 0
    forgiving: bool = False
    grade: Grade = UNGRADED
    recipe: str = RECIPE

    @property
    def video(self) -> VideoFacts:
        """Return the facts of the picture, or raise NoStream."""
        if self.facts.video is None:
            raise NoStream("There is no picture in it.")
        return self.facts.video

    @property
    def encoder(self) -> coders.Encoder:
        """Return what encodes it."""
        return coders.encoder_of(self.recipe)

    @property
    def begin(self) -> int:
        """Return the tick at which the run begins."""
        return self.grid.begin_of(self.first)

    @property
    def end(self) -> int:
        """Return the tick at which it ends."""
        return self.grid.end_of(self.first + self.count - 1)


def segment_arguments(run: SegmentRun, targets: Sequence[str], table: int = -1) -> list[str]:
    """Return the call that writes one fragmented stream per rung to these targets.

    Progress goes to standard output. Every fragment is a segment: key frames stand at its cuts
    and nowhere else. `table` is the descriptor of the table of colours, where the grade has one.
    """
    chains = [_shared_chain(run)]
    labels = [f"[s{number}]" for number in range(len(run.rungs))]
    chains[0] += f",split={len(labels)}" + "".join(labels)
    if run.grade.hald is not None:
        tables = [f"[t{number}]" for number in range(len(run.rungs))]
        chains.append(f"[1:v:0]{GRADED},split={len(tables)}" + "".join(tables))
    outputs: list[str] = []
    for number, (rung, target) in enumerate(zip(run.rungs, targets, strict=True)):
        chains += _rung_chains(run, rung, number)
        outputs += ["-map", f"[v{number}]", *_encoder(run, rung), target]
    return [
        *global_arguments(),
        *("-progress", "pipe:1", "-stats_period", "1"),
        *([] if run.forgiving else ["-xerror"]),
        *coders.device_arguments(run.encoder),
        *_seek(run),
        *input_arguments(run.facts.container, threads=run.threads),
        *_table_arguments(run.grade, table),
        *("-filter_complex", ";".join(chains)),
        *outputs,
    ]


def _seek(run: SegmentRun) -> list[str]:
    """Enter the file a little before the run; what is too early is cut by the filters."""
    half_frame = Fraction(run.grid.frame_ticks or 1, 2 * run.grid.timescale)
    margin = half_frame if run.facts.container in INDEXED else Fraction(SEEK_MARGIN_SECONDS)
    at = Fraction(run.begin, run.grid.timescale) + run.video.start - run.facts.start - margin
    arguments = ["-copyts"]
    if run.first > 0 and at > 0:
        arguments += ["-noaccurate_seek", "-ss", f"{float(at):.6f}"]
    return arguments


def _shared_chain(run: SegmentRun) -> str:
    scale = run.grid.timescale
    shift = round(run.video.start * scale)
    steps = [f"[0:V:0]settb=1/{scale}", f"setpts=PTS-({shift})"]
    steps += _whole_picture(run.video)
    if run.grid.rate is None:
        trim = f"trim=start_pts={max(0, run.begin - NEAR_TICKS)}:end_pts={run.end - NEAR_TICKS}"
        steps += [f"settb=1/{scale}", trim]
        return ",".join(steps)
    rate, begin = run.grid.rate, Fraction(run.begin, scale)
    steps.append(f"fps={rate.numerator}/{rate.denominator}:start_time={float(begin):.6f}")
    clones = -1 if run.forgiving else max(1, round(rate * CLONED_AT_MOST))
    steps.append(f"tpad=stop_mode=clone:stop={clones}")
    return ",".join(steps)


def _rung_chains(run: SegmentRun, rung: Rung, number: int) -> list[str]:
    """Return the chains that make of a picture what this rung's encoder gets."""
    ending = ["setsar=1", *coders.last_steps(run.encoder)]
    if (rung.width, rung.height) != (rung.picture_width, rung.picture_height):
        ending.insert(0, f"pad={rung.width}:{rung.height}:(ow-iw)/2:(oh-ih)/2")
    scale = _scale(run.video, run.grade, rung.picture_width, rung.picture_height)
    begin, end = f"[s{number}]", f"[v{number}]"
    if run.grade.hald is None:
        return [begin + ",".join([f"{scale}:{SHOWN}", *ending]) + end]
    return [
        f"{begin}{scale},{GRADED}[g{number}]",
        f"[g{number}][t{number}]{APPLIED}," + ",".join([f"scale={SHOWN}", *ending]) + end,
    ]


def _whole_picture(video: VideoFacts) -> list[str]:
    """Return the steps that make whole pictures of fields, and lay what is transparent on black."""
    return [DEINTERLACE, *([ON_BLACK] if video.alpha else [])]


def _scale(video: VideoFacts, grade: Grade, width: int, height: int) -> str:
    """Return the step that brings a picture to its size, its signals as the source means them."""
    matrix = matrix_argument(video.matrix, video.height, grade.treatment.look)
    fine = "" if grade.hald is None else "+accurate_rnd+full_chroma_int"
    return f"scale={width}:{height}:flags=bicubic{fine}{matrix}"


def _table_arguments(grade: Grade, table: int) -> list[str]:
    """Return the second input: the table of colours, as one raw picture from its descriptor."""
    if grade.hald is None:
        return []
    size = f"{grade.hald.width}x{grade.hald.width}"
    return [
        *("-f", "rawvideo", "-pixel_format", "rgb48le", "-video_size", size),
        *("-protocol_whitelist", "fd", "-fd", str(table), "-i", "fd:"),
    ]


def _encoder(run: SegmentRun, rung: Rung) -> list[str]:
    frames = (run.end - run.begin) // run.grid.frame_ticks if run.grid.frame_ticks else 0
    return [
        *("-map_metadata", "-1", *(["-frames:v", str(frames)] if frames else [])),
        *("-fps_mode", "passthrough", "-enc_time_base", f"1:{run.grid.timescale}"),
        *coders.coding_arguments(run.encoder, rung, threads=run.threads, is_even=bool(frames)),
        *("-force_key_frames", _key_frames(run), *_FRAGMENTED, str(run.grid.timescale)),
    ]


def _key_frames(run: SegmentRun) -> str:
    """Return the cuts of the run: by number of frame, or by time where the rate varies."""
    grid = run.grid
    cuts = [grid.begin_of(index) for index in range(run.first, run.first + run.count)]
    if not grid.frame_ticks:
        # A hair early: a time is compared in microseconds, and a frame must not be missed by one.
        early = [Fraction(cut, grid.timescale) - Fraction(5, 1_000_000) for cut in cuts]
        return ",".join(f"{max(0.0, float(at)):.6f}" for at in early)
    numbers = [(cut - cuts[0]) // grid.frame_ticks for cut in cuts]
    steps = {later - earlier for earlier, later in pairwise(numbers[1:])}
    if len(steps) > 1:  # copied pictures have cuts of their own
        return "expr:" + "+".join(f"eq(n,{number})" for number in numbers)
    second = numbers[1] if run.count > 1 else coders.GOP_AT_LEAST
    step = steps.pop() if steps else coders.GOP_AT_LEAST
    return f"expr:not(n)+gte(n,{second})*not(mod(n-{second},{step}))"


def audio_arguments(
    facts: MediaInfo, begin: int, end: int, track: int | None = None, channels: int = STEREO
) -> list[str]:
    """Return the call that writes samples begin .. end-1 of a sound track as ADTS.

    They count from the first picture, or from its own first sample where there is none, at
    `SAMPLE_RATE`; silence fills what is missing. `track` counts as in the facts, None: the first.
    """
    sound = next((each for each in facts.audio if track in {None, each.track}), None)
    if sound is None:
        raise NoStream("There is no such sound in it.")
    samples = end - begin
    start = facts.video.start if facts.video else sound.start
    chain = (
        f"asettb=1/{SAMPLE_RATE},asetpts=PTS-({round(start * SAMPLE_RATE)}),"
        f"aresample={SAMPLE_RATE},"  # apart: what is dropped in one go is counted at the wrong rate
        f"aresample={SAMPLE_RATE}:async=1:min_hard_comp=0.1:first_pts={begin},"
        f"apad=whole_len={samples},atrim=end_sample={samples}"
    )
    is_indexed = facts.container in INDEXED
    margin = SOUND_MARGIN_SECONDS if is_indexed else SEEK_MARGIN_SECONDS
    at = Fraction(begin, SAMPLE_RATE) + start - facts.start - margin
    return [
        *global_arguments(),
        "-copyts",
        *(["-noaccurate_seek", "-ss", f"{float(at):.6f}"] if begin and at > 0 else []),
        *input_arguments(facts.container),
        *("-map", f"0:a:{sound.track}", "-map_metadata", "-1", "-af", chain),
        *_sound_encoder(channels),
    ]


def silence_arguments(samples: int, channels: int = STEREO) -> list[str]:
    """Return the call that writes silence as ADTS to standard output, for a sound that is lost."""
    layout = "stereo" if channels == STEREO else "5.1"
    silence = f"anullsrc=channel_layout={layout}:sample_rate={SAMPLE_RATE}"
    return [
        *global_arguments(),
        *("-f", "lavfi", "-i", silence),
        *("-af", f"atrim=end_sample={samples}", *_sound_encoder(channels)),
    ]


def _sound_encoder(channels: int) -> list[str]:
    return [
        *("-c:a", "aac", "-b:a", str(bit_rate_of(channels)), "-ar", str(SAMPLE_RATE)),
        *("-ac", str(channels), "-bitexact", "-f", "adts", "pipe:1"),
    ]


def listening_arguments(facts: MediaInfo, copy: str) -> list[str]:
    """Return the call that reads the first sound track once.

    Samples for a waveform go to standard output, an MP3 to `copy`, loudness into the last words.
    """
    if not facts.audio:
        raise NoStream("There is no sound in it.")
    chain = f"[0:a:{facts.audio[0].track}]ebur128=framelog=quiet:peak=true,asplit=2[wave][copy]"
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-v", "info"),
        *("-max_alloc", str(ALLOCATION_AT_MOST)),
        *input_arguments(facts.container),
        *("-filter_complex", chain),
        *("-map", "[wave]", "-ac", "1", "-ar", str(WAVE_RATE), "-f", "s16le", "pipe:1"),
        *("-map", "[copy]", "-map_metadata", "-1", "-c:a", "libmp3lame", "-b:a", str(BIT_RATE)),
        *("-ar", str(SAMPLE_RATE), "-ac", str(STEREO), "-bitexact"),
        *("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", copy),
    ]


def proof_arguments(encoder: coders.Encoder, rung: Rung, rate: int, pieces: int) -> list[str]:
    """Return the call that encodes a moving pattern as a run does, a piece a second, to stdout."""
    pattern = f"testsrc2=size={rung.width}x{rung.height}:rate={rate}"
    return [
        *global_arguments(),
        *coders.device_arguments(encoder),
        *("-f", "lavfi", "-i", pattern, "-frames:v", str(rate * pieces)),
        *("-vf", ",".join(coders.last_steps(encoder)), *coders.coding_arguments(encoder, rung)),
        *("-force_key_frames", f"expr:not(mod(n,{rate}))"),
        *(*_FRAGMENTED, str(rate * TICKS_A_FRAME), "pipe:1"),
    ]


def gauge_arguments(width: int, height: int, frames: int) -> list[str]:
    """Return the call that encodes a moving pattern to nowhere, and says what time it took."""
    pattern = f"testsrc2=size={width * 3 // 2}x{height * 3 // 2}:rate=30"
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-v", "info", "-benchmark"),
        *("-f", "lavfi", "-i", pattern, "-frames:v", str(frames)),
        *("-vf", f"scale={width}:{height}:flags=bicubic,format=yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", str(coders.CRF), "-f", "null", "-"),
    ]


def still_arguments(
    facts: MediaInfo,
    at: Fraction,
    size: tuple[int, int],
    grade: Grade = UNGRADED,
    table: int = -1,
) -> list[str]:
    """Return the call that writes one picture, `at` seconds after the first, as BMP.

    `size` is width and height; `table` the descriptor of the table of colours, as for segments.
    """
    video = facts.video
    if video is None:
        raise NoStream("There is no picture in it.")
    seek = max(Fraction(0), video.start - facts.start + at)
    ending = "setsar=1,format=bgr24"
    chain = "[0:V:0]" + ",".join([*_whole_picture(video), _scale(video, grade, *size)])
    if grade.hald is not None:
        chain = f"{chain},{GRADED}[g];[1:v:0]{GRADED}[t];[g][t]{APPLIED}"
    return [
        *global_arguments(),
        *(["-ss", f"{float(seek):.6f}"] if seek else []),
        *input_arguments(facts.container),
        *_table_arguments(grade, table),
        *("-filter_complex", f"{chain},{ending}[v]", "-map", "[v]", "-frames:v", "1"),
        *("-map_metadata", "-1", "-bitexact", "-c:v", "bmp", "-f", "image2pipe", "pipe:1"),
    ]
