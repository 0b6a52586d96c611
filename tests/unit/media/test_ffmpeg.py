"""What ffmpeg is told, word by word: one demuxer, no path, exact frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.color import Grade, Look, Treatment
from rushes.media.encoder import Encoder
from rushes.media.facts import MediaInfo, MediaKind, VideoFacts, plain_info
from rushes.media.failures import FormatNotAllowed, NoStream
from rushes.media.ffmpeg import (
    DEMUXERS,
    SegmentRun,
    audio_arguments,
    demuxer_of,
    gauge_arguments,
    input_arguments,
    listening_arguments,
    proof_arguments,
    segment_arguments,
    silence_arguments,
    still_arguments,
)
from rushes.media.grid import Grid, plan_at_keys, plan_constant, plan_variable
from rushes.media.ladder import Fit, plan_ladder
from rushes.media.lut import Hald
from tests.unit.media.test_facts import PICTURE, SOUND, WHOLE

PLAIN = replace(PICTURE, transfer=1, start=Fraction(0), frame_rate=Fraction(25))
FACTS = replace(WHOLE, video=PLAIN)
GRID = plan_constant(Fraction(25), Fraction(10))
RUNGS = plan_ladder(1280, 720, Fraction(25))


def told(arguments: list[str], name: str) -> list[str]:
    """Return what follows each occurrence of an option."""
    return [arguments[at + 1] for at, word in enumerate(arguments) if word == name]


def run(first: int = 0, count: int = 1, grid: Grid = GRID, facts: MediaInfo = FACTS) -> SegmentRun:
    """Return a run of the lowest rung."""
    return SegmentRun(facts, grid, RUNGS[:1], first, count)


@pytest.mark.parametrize("sniffed", sorted(DEMUXERS))
def test_one_demuxer_is_forced(sniffed: str) -> None:
    """Nothing but it, and no protocol that knows paths."""
    arguments = input_arguments(sniffed)

    assert [DEMUXERS[sniffed]] == told(arguments, "-f") == told(arguments, "-format_whitelist")
    assert ["fd"] == told(arguments, "-protocol_whitelist")
    assert ["-fd", "0", "-i", "fd:"] == arguments[-4:]


@pytest.mark.covers("CF-02")
@pytest.mark.parametrize(
    "sniffed", ["hls", "dash", "concat", "imf", "sdp", "rtsp", "lavfi", "image2", "", "text"]
)
def test_other_formats_reach_no_tool(sniffed: str) -> None:
    """They could name other files."""
    with pytest.raises(FormatNotAllowed):
        demuxer_of(sniffed)


SIZE = (320, 180)
GRADE = Grade(Treatment(Look.PQ), Hald(16, b""))


def test_all_rungs_come_from_one_decode() -> None:
    """One input, one split, an output for each."""
    arguments = segment_arguments(
        SegmentRun(FACTS, GRID, RUNGS, 0, 3), ["pipe:5", "pipe:7", "pipe:9"]
    )

    assert 1 == arguments.count("-i")
    (chain,) = told(arguments, "-filter_complex")
    assert "split=3[s0][s1][s2];[s0]scale=640:360" in chain
    assert ["[v0]", "[v1]", "[v2]"] == told(arguments, "-map")
    assert ["800000", "1600000", "3000000"] == told(arguments, "-maxrate")
    assert ["1600000", "3200000", "6000000"] == told(arguments, "-bufsize")
    assert ["3.0", "3.1", "3.1"] == told(arguments, "-level")
    assert ["225"] * 3 == told(arguments, "-frames:v")
    assert {"pipe:5", "pipe:7", "pipe:9"} <= set(arguments)


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (0, 1, "expr:not(n)+gte(n,600)*not(mod(n-600,600))"),
        (0, 2, "expr:not(n)+gte(n,25)*not(mod(n-25,600))"),
        (0, 3, "expr:not(n)+gte(n,25)*not(mod(n-25,100))"),
        (1, 2, "expr:not(n)+gte(n,100)*not(mod(n-100,600))"),
    ],
)
def test_key_frames_stand_at_the_cuts(first: int, count: int, expected: str) -> None:
    """Counted from the beginning of the run."""
    assert [expected] == told(segment_arguments(run(first, count), ["pipe:3"]), "-force_key_frames")


def test_an_encoder_proves_itself_as_a_run_does() -> None:
    """A key frame a second, the same rates and fragments; hardware is opened before any input."""
    arguments = proof_arguments(Encoder.VAAPI, RUNGS[0], 25, 2)

    assert ["expr:not(mod(n,25))"] == told(arguments, "-force_key_frames")
    assert (["50"], ["h264_vaapi"]) == (told(arguments, "-frames:v"), told(arguments, "-c:v"))
    assert arguments.index("-vaapi_device") < arguments.index("-i")
    assert "pipe:1" == arguments[-1]


def test_a_run_is_encoded_by_what_its_recipe_names() -> None:
    """The last steps bring a picture to it."""
    arguments = segment_arguments(replace(run(), recipe="r1-qsv"), ["pipe:3"])

    assert ["h264_qsv"] == told(arguments, "-c:v")
    assert "format=nv12" in told(arguments, "-filter_complex")[0]


def test_a_run_from_the_start_seeks_nowhere() -> None:
    """Later ones enter half a frame early."""
    assert [] == told(segment_arguments(run(), ["pipe:3"]), "-ss")
    assert ["0.980000"] == told(segment_arguments(run(1), ["pipe:3"]), "-ss")


def test_a_stream_without_index_is_entered_earlier() -> None:
    """Twelve seconds, or at its start."""
    stream = replace(FACTS, container="mpegts")
    later = plan_constant(Fraction(25), Fraction(100))

    assert ["9.000000"] == told(segment_arguments(run(6, 1, later, stream), ["pipe:3"]), "-ss")
    assert [] == told(segment_arguments(run(1, 1, later, stream), ["pipe:3"]), "-ss")


def test_time_begins_with_the_first_picture() -> None:
    """Its own clock is taken away, in ticks of the grid."""
    late = replace(FACTS, video=replace(PLAIN, start=Fraction(3, 2)))

    (chain,) = told(segment_arguments(run(1, 1, facts=late), ["pipe:3"]), "-filter_complex")

    assert chain.startswith(
        "[0:V:0]settb=1/10000,setpts=PTS-(15000),bwdif=mode=send_frame:deint=interlaced,"
        "fps=25/1:start_time=1.000000,tpad=stop_mode=clone:stop=6,split=1[s0];"
    )


def test_a_damaged_original_is_carried_to_its_end() -> None:
    """The last picture stays; errors end nothing."""
    strict = segment_arguments(run(), ["pipe:3"])
    forgiving = segment_arguments(replace(run(), forgiving=True), ["pipe:3"])

    assert "-xerror" in strict
    assert "-xerror" not in forgiving
    assert "stop_mode=clone:stop=-1" in told(forgiving, "-filter_complex")[0]


def test_a_variable_rate_passes_through() -> None:
    """Its own times, cut half-open; no reordering, so they need no lead."""
    grid = plan_variable([0, 100_000, 500_000], 600_000)
    arguments = segment_arguments(run(1, 2, grid), ["pipe:3"])

    assert "trim=start_pts=99992:end_pts=599992" in told(arguments, "-filter_complex")[0]
    assert ["1.111106,5.555551"] == told(arguments, "-force_key_frames")
    assert (["0"], []) == (told(arguments, "-bf"), told(arguments, "-frames:v"))
    assert ["0.000000,1.111106"] == told(
        segment_arguments(run(0, 2, grid), ["pipe:3"]), "-force_key_frames"
    )


def test_hdr_is_mapped_after_it_was_made_small() -> None:
    """By a table that is a second input; and padding comes last."""
    hdr = replace(FACTS, video=replace(PLAIN, transfer=16))
    padded = plan_ladder(1280, 544, Fraction(25), Fit.PAD)[:1]

    arguments = segment_arguments(
        SegmentRun(hdr, GRID, padded, 0, 1, grade=GRADE), ["pipe:3"], table=7
    )

    (chain,) = told(arguments, "-filter_complex")
    assert "scale=640:272:flags=bicubic+accurate_rnd+full_chroma_int,format=gbrpf32le[g0]" in chain
    assert "[1:v:0]format=gbrpf32le,split=1[t0]" in chain
    assert "[g0][t0]haldclut=" in chain
    assert chain.endswith("pad=640:360:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p[v0]")
    assert ["0", "7"] == told(arguments, "-fd")
    assert ["64x64"] == told(arguments, "-video_size")


def test_what_is_transparent_is_laid_on_black() -> None:
    """Before it is made small; a whole picture costs nothing more."""
    clear = replace(FACTS, video=replace(PLAIN, alpha=True))

    (chain,) = told(segment_arguments(run(facts=clear), ["pipe:3"]), "-filter_complex")
    (plain,) = told(segment_arguments(run(), ["pipe:3"]), "-filter_complex")

    assert "bwdif=mode=send_frame:deint=interlaced,premultiply=inplace=1" in chain
    assert "premultiply" not in plain


def test_sound_begins_with_the_picture() -> None:
    """Silence fills what is missing; its own first sample counts where there is no picture."""
    video = replace(FACTS, video=replace(PLAIN, start=Fraction(2)))
    alone = replace(FACTS, video=None, audio=(replace(SOUND, start=Fraction(1, 2)),))

    (chain,) = told(audio_arguments(video, 0, 480_000), "-af")
    (other,) = told(audio_arguments(alone, 0, 480_000), "-af")

    assert "asetpts=PTS-(96000)" in chain
    assert chain.endswith("apad=whole_len=480000,atrim=end_sample=480000")
    assert "asetpts=PTS-(24000)" in other


def test_sound_is_entered_early() -> None:
    """What comes before the first wanted sample is dropped by its time."""
    late = replace(FACTS, video=replace(PLAIN, start=Fraction(2)), start=Fraction(0))
    streamed = replace(late, container="mpegts")

    arguments = audio_arguments(late, 480_000, 528_000)

    assert ["11.000000"] == told(arguments, "-ss")
    assert (
        "first_pts=480000,apad=whole_len=48000,atrim=end_sample=48000" in told(arguments, "-af")[0]
    )
    assert [] == told(audio_arguments(streamed, 48_000, 96_000), "-ss")


def test_copied_pictures_have_cuts_of_their_own() -> None:
    """A run beside them has its key frames where theirs are."""
    grid = plan_at_keys(25, Fraction(25), [0, 30, 140, 260, 361], 500)

    assert ["expr:eq(n,0)+eq(n,30)+eq(n,140)+eq(n,260)+eq(n,361)"] == told(
        segment_arguments(run(0, 5, grid), ["pipe:3"]), "-force_key_frames"
    )


def test_a_still_is_one_picture() -> None:
    """From the start there is nothing to seek; colours go through their table."""
    plain = still_arguments(FACTS, Fraction(0), SIZE)
    graded = still_arguments(FACTS, Fraction(1), SIZE, GRADE, 5)

    assert [] == told(plain, "-ss")
    assert ["1.000000"] == told(graded, "-ss")
    assert "haldclut" in told(graded, "-filter_complex")[0]
    assert "haldclut" not in told(plain, "-filter_complex")[0]


def test_without_a_picture_there_is_nothing_to_show() -> None:
    """Neither a run nor a still."""
    sound = plain_info(MediaKind.AUDIO, "mov", 1)

    with pytest.raises(NoStream):
        still_arguments(sound, Fraction(0), SIZE)
    with pytest.raises(NoStream):
        segment_arguments(run(facts=sound), ["pipe:3"])
    with pytest.raises(NoStream):
        audio_arguments(sound, 0, 48_000)


def test_silence_is_made_of_nothing() -> None:
    """No original is read; it lasts as long as the sound should."""
    arguments = silence_arguments(96_000)

    assert ["lavfi", "adts"] == told(arguments, "-f")
    assert ["atrim=end_sample=96000"] == told(arguments, "-af")


def test_an_untagged_picture_is_taken_for_what_its_size_says() -> None:
    """BT.709 from 720 lines on, else BT.601; a tagged one for what it says."""
    untagged = replace(PLAIN, matrix=2)
    small = replace(untagged, width=640, height=480)

    def chain(video: VideoFacts) -> str:
        return told(
            segment_arguments(run(facts=replace(FACTS, video=video)), ["pipe:3"]), "-filter_complex"
        )[0]

    assert "in_color_matrix=bt709" in chain(untagged)
    assert "in_color_matrix=bt601" in chain(small)
    assert "in_color_matrix" not in chain(PLAIN)


def test_sound_is_listened_to_once() -> None:
    """One reading gives the samples, the loudness and the copy; without sound there is nothing."""
    arguments = listening_arguments(WHOLE, "pipe:7")
    chain = arguments[arguments.index("-filter_complex") + 1]

    assert "[0:a:0]ebur128" in chain
    assert ["pipe:1", "pipe:7"] == [each for each in arguments if each.startswith("pipe:")]
    with pytest.raises(NoStream):
        listening_arguments(replace(WHOLE, audio=()), "pipe:7")


def test_the_gauge_encodes_so_many_frames_to_nowhere() -> None:
    """What it says of the time it took is all that is kept."""
    arguments = gauge_arguments(640, 360, 48)

    assert "testsrc2=size=960x540:rate=30" in arguments
    assert "48" == arguments[arguments.index("-frames:v") + 1]
    assert "-benchmark" in arguments
    assert ["-f", "null"] == arguments[-3:-1]
