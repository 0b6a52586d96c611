"""What cameras and editors send goes in, and it plays: each codec in each container, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import httpx
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from tests.fixtures.media_files import MediaFiles
from tests.support.aftermath import list_left
from tests.support.moments import until
from tests.support.playlists import MediaList, Range, Variant, parse_index, parse_media
from tests.support.screening import HLS_OPTIONS
from tests.support.served import Client, Served, serving

PROFILES = {"64": "High", "42": "Constrained Baseline"}
"""`profile_idc` in a codec string: what we encode, and what a copied original may be."""

RATE = 30
SOUND_SLACK = 0.04
"""How far a sound may end from its picture: two of its frames."""

PICTURES = (
    *("h264.mp4", "h264.mov", "h264.mkv", "h264.avi", "h264.mxf"),
    *("hevc.mp4", "hevc.mov", "hevc.mkv"),
    *("vp9.webm", "vp9.mp4", "vp9.mkv"),
    *("prores.mov", "prores.mkv", "prores.mxf"),
    *("mpeg4.mp4", "mpeg4.mov", "mpeg4.mkv", "mpeg4.avi"),
    *("portrait.mp4", "odd.mp4", "no_audio.mp4", "large.mp4", "long.mp4"),
)
SIZES = {
    "portrait.mp4": [(180, 320)],
    "odd.mp4": [(322, 180)],
    "large.mp4": [(640, 360), (960, 540), (1280, 720)],
}
"""The size of each rung; of the others it is 320x180."""
LENGTHS = {"long.mp4": 14}
"""In seconds; the others last 2."""

pytestmark = pytest.mark.timeout(300)

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all formats."""
    with serving(tmp_path_factory.mktemp("formats")) as running:
        yield running
        asyncio.run(until(lambda: not list_left(running.data), what="empty folders", pause=0.2))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    """A program with all rights."""
    with served.client() as made:
        yield made


@pytest.fixture(scope="module")
def door(client: Client) -> str:
    """Where strangers send their files."""
    return f"{client.make_link()['url']}/files/"


@dataclass(frozen=True, slots=True)
class House:
    """What a test needs to send a file and look at what became of it."""

    client: Client
    anybody: httpx.Client
    door: str
    media_files: MediaFiles

    def send(self, name: str) -> dict[str, Any]:
        """Send a file in one request; return its asset when it is settled."""
        content = self.media_files.get(name).read_bytes()
        told = f"filename {base64.b64encode(name.encode()).decode()}"
        headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": told}
        answer = self.anybody.post(self.door, content=content, headers=headers)
        assert (201, str(len(content))) == (answer.status_code, answer.headers["Upload-Offset"])
        return self.client.settled_upload(answer.headers["Location"].rpartition("/")[2], 240)

    def is_kept(self, name: str, asset: dict[str, Any]) -> bool:
        """Say whether the original can be downloaded, bit by bit as it was."""
        address = self.client.get(f"/assets/{asset['id']}/download", quality="original")["url"]
        return self.client.http.get(address).content == self.media_files.get(name).read_bytes()


@pytest.fixture
def house(client: Client, door: str, media_files: MediaFiles) -> Iterator[House]:
    """The shared server, a program with all rights, and one that has none."""
    with httpx.Client(timeout=30) as anybody:
        yield House(client, anybody, door, media_files)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a player finds at a playback's address."""

    http: httpx.Client
    address: httpx.URL
    variants: list[Variant]
    sound: MediaList | None

    def pictures(self, variant: Variant) -> MediaList:
        """Return the playlist of a quality."""
        return parse_media(self._get(variant.address).text)

    def file(self, address: str) -> bytes:
        """Return a whole file."""
        return self._get(address).content

    def part(self, piece: Range) -> bytes:
        """Return the bytes of a range, asked for as players do."""
        headers = {"Range": f"bytes={piece.offset}-{piece.end - 1}"}
        answer = self.http.get(self.address.join(piece.address), headers=headers)
        assert answer.status_code == 206
        return answer.content

    def _get(self, address: str) -> httpx.Response:
        answer = self.http.get(self.address.join(address))
        assert answer.status_code == 200, answer.text
        return answer


def look(anybody: httpx.Client, address: str) -> Shown:
    """Open the list of qualities as a player does: without an account."""
    url = httpx.URL(address)
    variants, sound = parse_index(anybody.get(url).text)
    listed = None if sound is None else parse_media(anybody.get(url.join(sound)).text)
    return Shown(anybody, url, variants, listed)


def frames_of(source: str | bytes, kind: str) -> list[VideoFrame | AudioFrame]:
    """Decode all frames of the first track of a kind."""
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    with av.open(opened, "r", options=HLS_OPTIONS) as container:
        track = next(stream for stream in container.streams if stream.type == kind)
        return [
            frame for frame in container.decode(track) if isinstance(frame, VideoFrame | AudioFrame)
        ]


def _time(frame: VideoFrame | AudioFrame) -> Fraction:
    assert frame.pts is not None
    assert frame.time_base is not None
    return frame.pts * frame.time_base


def check_ranges(shown: Shown, listed: MediaList, content: bytes) -> None:
    """Ranges give what the file holds; the map is an init, and a segment begins where it should."""
    init = listed.init.of(content)
    assert (b"ftyp", 1) == (init[4:8], init.count(b"moov"))
    assert b"moof" not in init
    assert init == shown.part(listed.init)
    for piece in listed.segments:
        assert piece.of(content) == shown.part(piece)
        assert b"moof" in piece.of(content)[:64]


def check_tiles(listed: MediaList, sound: MediaList | None, size_bytes: int) -> None:
    """A segment is its picture and then its sound; the next follows at once, the last one ends."""
    sounds = [piece.size_bytes for piece in sound.segments] if sound else [0] * len(listed.segments)
    ends = [piece.end + size for piece, size in zip(listed.segments, sounds, strict=True)]
    assert [*(piece.offset for piece in listed.segments[1:]), size_bytes] == ends


def check_segments(listed: MediaList, content: bytes, frames: int) -> None:
    """Each segment plays by itself, from a key frame, from where the list says, without a gap."""
    init, times = listed.init.of(content), list[Fraction]()
    for start, piece in zip(listed.starts, listed.segments, strict=True):
        pictures = frames_of(init + piece.of(content), "video")
        first = pictures[0]
        assert isinstance(first, VideoFrame)
        assert first.key_frame
        assert abs(_time(first) - Fraction(start)) < Fraction(1, 1000)
        times += [_time(picture) for picture in pictures]
    assert [Fraction(number, RATE) for number in range(frames)] == times


def check_promises(variant: Variant, listed: MediaList, content: bytes) -> None:
    """Codec, size, rate and bandwidth are those of the pictures."""
    codec, *others = variant.attributes["CODECS"].split(",")
    init = listed.init.of(content)
    box = init.index(b"avcC") + 5  # past its version: profile, constraints, level
    assert f"avc1.{init[box : box + 3].hex()}" == codec
    assert others in ([], ["mp4a.40.2"])
    with av.open(io.BytesIO(content), "r") as container:
        picture = container.streams.video[0]
        context = picture.codec_context
        profile = PROFILES[variant.attributes["CODECS"][5:7]]
        assert ("h264", profile) == (context.name, context.profile)
        assert int(codec[-2:], 16) == context.level
        assert variant.attributes["RESOLUTION"] == f"{context.width}x{context.height}"
        assert ["aac"] * len(others) == [
            stream.codec_context.name for stream in container.streams.audio
        ]
    assert RATE == float(variant.attributes["FRAME-RATE"])
    rates = [
        piece.size_bytes * 8 / seconds
        for piece, seconds in zip(listed.segments, listed.seconds, strict=True)
    ]
    assert max(rates) <= int(variant.attributes["BANDWIDTH"])


def check_sound(shown: Shown, sound: MediaList, address: str, seconds: float) -> None:
    """The sound has its own list; it lasts as long as the picture, alone and together."""
    content = shown.file(sound.segments[0].address)
    check_ranges(shown, sound, content)
    assert abs(sum(sound.seconds) - seconds) < SOUND_SLACK
    for source in (content, address):
        frames = frames_of(source, "audio")
        last = frames[-1]
        assert isinstance(last, AudioFrame)
        end = _time(last) + Fraction(last.samples, last.sample_rate)
        assert 0 == _time(frames[0])
        assert abs(end - seconds) < SOUND_SLACK


def check_quality(shown: Shown, variant: Variant, frames: int) -> None:
    """A quality plays from its list, and as a file."""
    listed = shown.pictures(variant)
    content = shown.file(listed.segments[0].address)
    assert abs(sum(listed.seconds) - frames / RATE) < 1 / 1000
    assert max(listed.seconds) <= listed.target
    check_ranges(shown, listed, content)
    check_tiles(listed, shown.sound, len(content))
    check_segments(listed, content, frames)
    check_promises(variant, listed, content)
    assert frames == len(frames_of(content, "video"))


@pytest.mark.covers("M-PR-01", "C-PR-05", "CF-02", "CF-10", "M-PB-06")
@pytest.mark.parametrize("name", PICTURES)
def test_every_format_plays_as_its_playlists_promise(house: House, name: str) -> None:
    """Durations sum to the source, segments tile the file, codec strings are true."""
    seconds, wanted = LENGTHS.get(name, 2), SIZES.get(name, [(320, 180)])

    asset = house.send(name)

    played = house.client.playback(asset["id"])
    shown = look(house.anybody, played["hls_url"])
    assert ("ready", "video", None) == (asset["state"], asset["kind"], asset["error"])
    assert abs(asset["duration"] - seconds) <= 1 / RATE
    sizes = [variant.attributes["RESOLUTION"] for variant in shown.variants]
    assert sorted(f"{width}x{height}" for width, height in wanted) == sorted(sizes)
    frames = round(asset["duration"] * RATE)
    for variant in shown.variants:
        check_quality(shown, variant, frames)
    assert frames == len(frames_of(played["hls_url"], "video"))
    assert (name != "no_audio.mp4") is (shown.sound is not None)
    if shown.sound is not None:
        check_sound(shown, shown.sound, played["hls_url"], asset["duration"])


@pytest.mark.covers("C-PR-01", "C-PR-05")
@pytest.mark.parametrize("name", ["audio_only.m4a", "audio_only.mp3", "lost_picture.mp4"])
def test_a_sound_alone_plays_too(house: House, name: str) -> None:
    """One quality without a picture; a video whose pictures are lost is a sound as well."""
    asset = house.send(name)

    played = house.client.playback(asset["id"])
    shown = look(house.anybody, played["hls_url"])
    (variant,) = shown.variants
    assert ("ready", "audio", None) == (asset["state"], asset["kind"], asset["error"])
    assert "mp4a.40.2" == variant.attributes["CODECS"]
    assert "RESOLUTION" not in variant.attributes
    listed = shown.pictures(variant)
    check_sound(shown, listed, played["hls_url"], 2)
    check_tiles(listed, None, len(shown.file(listed.segments[0].address)))


@pytest.mark.covers("X-PR-03", "C-PR-07")
@pytest.mark.parametrize(
    ("name", "code"), [("no_index.mp4", "media.truncated"), ("lost.mp4", "media.no_stream")]
)
def test_a_broken_file_says_why_and_can_be_downloaded(house: House, name: str, code: str) -> None:
    """Cut short before its index, and one whose every picture is noise: failed, never lost."""
    asset = house.send(name)

    refusal = house.client.http.post(f"/api/v1/assets/{asset['id']}/playback", json={})

    assert ("failed", code) == (asset["state"], asset["error"]["code"])
    assert asset["error"]["detail"] in refusal.json()["detail"]
    assert (409, "playback.not_playable") == (refusal.status_code, refusal.json()["code"])
    assert house.is_kept(name, asset)


@pytest.mark.covers("X-PR-03")
def test_a_file_that_is_cut_short_plays_as_far_as_it_goes(house: House) -> None:
    """It says that it is damaged; what there is plays without a flaw, the original is as it was."""
    asset = house.send("cut.mp4")

    shown = look(house.anybody, house.client.playback(asset["id"])["hls_url"])
    (variant,) = shown.variants
    listed = shown.pictures(variant)
    content = shown.file(listed.segments[0].address)
    frames = round(asset["duration"] * RATE)
    assert ("ready", "media.damaged") == (asset["state"], asset["error"]["code"])
    assert 7 < asset["duration"] < 14
    assert abs(sum(listed.seconds) - asset["duration"]) <= 1 / RATE
    check_tiles(listed, shown.sound, len(content))
    check_segments(listed, content, frames)
    assert house.is_kept("cut.mp4", asset)


@pytest.mark.parametrize("name", ["prores.mxf", "hevc.mov"])
def test_an_original_stays_bit_for_bit_what_it_was(house: House, name: str) -> None:
    """Nothing is changed on the way in, nor on the way out."""
    assert house.is_kept(name, house.send(name))
