"""Playlists, line by line."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.failures import InvalidMedia
from rushes.media.hls import (
    Sound,
    Variant,
    format_live_playlist,
    format_media_playlist,
    format_multivariant,
    sound_of,
    variant_of,
)
from tests.unit.media.test_layout import layout

WHOLE = layout()


@pytest.mark.covers("M-PR-07", "CF-10")
def test_a_media_playlist_is_complete_and_addresses_bytes() -> None:
    """VOD, independent segments, a map, exact durations."""
    video = WHOLE.video
    assert video is not None
    first, second = video.segments

    assert [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:5",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="360p.mp4",BYTERANGE="{video.init.size_bytes}@{video.init.offset}"',
        "#EXTINF:1.001000,",
        f"#EXT-X-BYTERANGE:1000@{first.offset}",
        "360p.mp4",
        "#EXTINF:4.004000,",
        f"#EXT-X-BYTERANGE:5000@{second.offset}",
        "360p.mp4",
        "#EXT-X-ENDLIST",
        "",
    ] == format_media_playlist(video, "360p.mp4").split("\n")


def test_pictures_share_one_sound() -> None:
    """Rates and codecs count both; the first variant is where a player starts."""
    video, sound = WHOLE.video, WHOLE.sound
    assert video is not None
    assert sound is not None
    shared = sound_of(WHOLE, "s.m3u8")
    assert shared is not None

    assert [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,'
            'CHANNELS="2",URI="s.m3u8"'
        ),
        (
            f"#EXT-X-STREAM-INF:BANDWIDTH={video.peak + sound.peak},"
            f"AVERAGE-BANDWIDTH={video.average + sound.average},"
            'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="aud"'
        ),
        "v.m3u8",
        "",
    ] == format_multivariant([variant_of(WHOLE, "v.m3u8")], [shared]).split("\n")


def test_sounds_are_a_group_of_alternatives() -> None:
    """The first plays; a player may take the first of a language; the largest counts."""
    picture = Variant("v.m3u8", "avc1.64001f", 1_000, 500)
    sounds = [
        Sound("sound.m3u8", "mp4a.40.2", 140, 128, 2, "English", "en"),
        Sound("sound-surround.m3u8", "mp4a.40.2", 400, 384, 6, "English 5.1", "en"),
        Sound("sound-2.m3u8", "mp4a.40.5", 140, 128, 2, "Music", None),
        Sound("sound-3.m3u8", "mp4a.40.2", 140, 128, 2, "German", "de"),
    ]

    assert [
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English",LANGUAGE="en",DEFAULT=YES,'
            'AUTOSELECT=YES,CHANNELS="2",URI="sound.m3u8"'
        ),
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English 5.1",LANGUAGE="en",DEFAULT=NO,'
            'AUTOSELECT=NO,CHANNELS="6",URI="sound-surround.m3u8"'
        ),
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="Music",DEFAULT=NO,AUTOSELECT=NO,'
            'CHANNELS="2",URI="sound-2.m3u8"'
        ),
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="German",LANGUAGE="de",DEFAULT=NO,'
            'AUTOSELECT=YES,CHANNELS="2",URI="sound-3.m3u8"'
        ),
        (
            "#EXT-X-STREAM-INF:BANDWIDTH=1400,AVERAGE-BANDWIDTH=884,"
            'CODECS="avc1.64001f,mp4a.40.2,mp4a.40.5",AUDIO="aud"'
        ),
        "v.m3u8",
    ] == format_multivariant([picture], sounds).split("\n")[3:9]


def test_a_silent_picture_has_no_sound_group() -> None:
    """Nor a frame rate where it varies."""
    silent = replace(WHOLE, sound=None, rate=WHOLE.rate * 0)
    assert silent.video is not None

    assert (
        f"#EXT-X-STREAM-INF:BANDWIDTH={silent.video.peak},AVERAGE-BANDWIDTH={silent.video.average},"
        'CODECS="avc1.64001f",RESOLUTION=640x360'
    ) in format_multivariant([variant_of(silent, "v.m3u8")]).split("\n")
    assert sound_of(silent, "s.m3u8") is None


def test_a_sound_alone_is_a_variant() -> None:
    """Without resolution and group."""
    alone = replace(WHOLE, video=None, width=0, height=0)
    assert alone.sound is not None

    assert [
        (
            f"#EXT-X-STREAM-INF:BANDWIDTH={alone.sound.peak},"
            f'AVERAGE-BANDWIDTH={alone.sound.average},CODECS="mp4a.40.2"'
        ),
        "a.m3u8",
    ] == format_multivariant([variant_of(alone, "a.m3u8")]).split("\n")[3:5]


def test_segments_that_are_being_made_are_listed_to_the_last() -> None:
    """The list is complete from the first moment: nobody loads it twice."""
    assert [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:5",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="seg/360p/init.mp4"',
        "#EXTINF:1.001000,",
        "seg/360p/0.m4s",
        "#EXTINF:4.004000,",
        "seg/360p/1.m4s",
        "#EXT-X-ENDLIST",
        "",
    ] == format_live_playlist([Fraction(1_001, 1_000), Fraction(4_004, 1_000)], "seg/360p").split(
        "\n"
    )


def test_segments_of_hardware_name_it() -> None:
    """Whoever has their init never meets segments that something else made."""
    lines = format_live_playlist([Fraction(4)], "seg/360p", "nvenc").split("\n")

    assert '#EXT-X-MAP:URI="seg/360p/init.mp4?v=nvenc"' in lines
    assert "seg/360p/0.m4s?v=nvenc" in lines


@pytest.mark.parametrize("address", ['a"b', "a\nb", "a\rb"])
def test_an_address_cannot_break_out_of_its_line(address: str) -> None:
    """No quote, no line break."""
    assert WHOLE.video is not None
    with pytest.raises(InvalidMedia):
        format_media_playlist(WHOLE.video, address)


def test_nothing_is_no_list() -> None:
    """There is at least one quality."""
    with pytest.raises(InvalidMedia):
        format_multivariant([])
