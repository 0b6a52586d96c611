"""Playback, playlists, pictures and downloads over the routes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from rushes.access.permit import Actor, ActorKind, Role
from rushes.delivery.sign import Grant, Scope
from rushes.library.asset import State as AssetState
from rushes.renditions.rendition import Kind, State
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of, layout_of_sound
from tests.support.moments import NOON, Hands

CLIP = bytes(range(256)) * 10
SMALL = CLIP[:1000]


async def film(handing: Handing) -> Filed:
    """File a video with two finished rungs, one that is being made, and a poster."""
    files = handing.files
    filed = await files.asset(b"original", file_name="Day 1/Ünter.mov")
    for name, content in (("360p", SMALL), ("720p", CLIP)):
        layout = layout_of(name, content, height=int(name[:-1]))
        rendition_id = await files.rendition(filed, name, content=content, layout=layout, width=640)
        await handing.keep(rendition_id, content)
    await files.rendition(filed, "1080p", state=State.MAKING)
    for name, media_type in (("poster.jpg", "image/jpeg"), ("poster.webp", "image/webp")):
        still = await files.rendition(
            filed,
            "poster-jpg" if name.endswith("jpg") else "poster",
            content=b"picture",
            kind=Kind.STILL,
            file_name=name,
            media_type=media_type,
            width=1280,
        )
        await handing.keep(still, b"picture")
    return filed


async def ask(client: httpx.AsyncClient, filed: Filed, **known: object) -> httpx.Response:
    return await client.post(f"/api/v1/assets/{filed.asset_id}/playback", json=known)


@pytest.mark.covers("M-PB-01", "C-PV-04", "M-PB-18")
async def test_playback_says_everything_that_a_player_needs(handing: Handing) -> None:
    """What is finished has an address, what is not says how far it is."""
    filed = await film(handing)

    async with handing.client() as client:
        answer = await ask(client, filed, connection_speed=3)

    found = answer.json()
    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert (filed.asset_id, False, "ladder", "720p", 2.0, 1280, 720, "30000/1001") == tuple(
        found[name]
        for name in (
            *("asset_id", "ready", "path", "selected_quality", "duration", "width"),
            *("height", "frame_rate"),
        )
    )
    assert "2 of 3 qualities can be played." == found["reason"]
    assert [("360p", "ready", 1.0), ("720p", "ready", 1.0), ("1080p", "making", 0.25)] == [
        (rung["quality"], rung["state"], rung["progress"]) for rung in found["qualities"]
    ]
    assert found["qualities"][2]["url"] is None
    assert found["hls_url"].startswith("http://rushes.test/p/")
    assert "/stills/poster.jpg?v=rnd_" in found["poster_url"]
    assert found["storyboard_url"] is None
    assert (NOON + timedelta(hours=6)).isoformat() == found["expires_at"].replace("Z", "+00:00")


@pytest.mark.covers("M-PB-05", "M-PB-07", "BG-85")
@pytest.mark.parametrize(
    ("known", "selected"),
    [
        ({}, "720p"),
        ({"quality": "auto", "client_width": 100}, "360p"),
        ({"quality": "540p"}, "360p"),
        ({"quality": "2160p"}, "720p"),
        ({"connection_type": "3g"}, "360p"),
    ],
)
async def test_playing_starts_with_the_nearest_quality_that_is_there(
    handing: Handing, known: dict[str, object], selected: str
) -> None:
    """And the playlist lists that one first."""
    filed = await film(handing)

    async with handing.client() as client:
        found = (await ask(client, filed, **known)).json()
        index = (await client.get(found["hls_url"])).text

    listed = [line for line in index.splitlines() if line.endswith(".m3u8") and line[0] != "#"]
    assert selected == found["selected_quality"]
    assert f"{selected}.m3u8" == listed[0]
    assert {"360p.m3u8", "720p.m3u8"} == set(listed)


async def test_relative_addresses_of_the_playlists_lead_to_the_bytes(handing: Handing) -> None:
    """From the index to a media playlist to each range of its file."""
    filed = await film(handing)

    async with handing.client() as client:
        found = (await ask(client, filed)).json()
        index = await client.get(found["hls_url"])
        media = await client.get(httpx.URL(found["hls_url"]).join("720p.m3u8"))
        sound = await client.get(httpx.URL(found["hls_url"]).join("sound.m3u8"))
        file = await client.get(
            httpx.URL(found["hls_url"]).join("720p.mp4"), headers={"Range": "bytes=200-499"}
        )

    assert "application/vnd.apple.mpegurl" == index.headers["content-type"]
    assert 'AUDIO="aud"' in index.text
    assert 'URI="sound.m3u8"' in index.text
    assert ("private, no-cache", "private, max-age=3600") == (
        index.headers["cache-control"],
        media.headers["cache-control"],
    )
    address = re.search('#EXT-X-MAP:URI="(720p.mp4[?]v=rnd_[^"]+)",BYTERANGE="50@100"', media.text)
    assert address is not None
    assert f"#EXT-X-BYTERANGE:300@200\n{address[1]}" in media.text
    assert re.search('#EXT-X-MAP:URI="360p.mp4[?]v=rnd_[^"]+",BYTERANGE="50@150"', sound.text)
    assert (206, CLIP[200:500]) == (file.status_code, file.content)


@pytest.mark.covers("BG-80")
async def test_addresses_of_segments_are_places_in_the_file(handing: Handing) -> None:
    """The bytes of the place and no others, and for HEAD their number."""
    filed = await film(handing)

    async with handing.client() as client:
        found = (await ask(client, filed)).json()
        folder = httpx.URL(found["hls_url"])
        init = await client.get(folder.join("seg/720p/init.mp4"))
        second = await client.get(folder.join("seg/720p/1.m4s"))
        head = await client.head(folder.join("seg/720p/1.m4s"))
        beyond = await client.get(folder.join("seg/720p/2.m4s"))

    assert (200, CLIP[100:150]) == (init.status_code, init.content)
    assert (200, CLIP[600:800]) == (second.status_code, second.content)
    assert ("video/mp4", "200", b"") == (
        head.headers["content-type"],
        head.headers["content-length"],
        head.content,
    )
    assert "private, max-age=3600" == second.headers["cache-control"]
    assert 404 == beyond.status_code


async def test_a_player_goes_on_with_the_file_it_began_with(handing: Handing, hands: Hands) -> None:
    """A newer version of a quality has other ranges; who asks anew gets it."""
    filed = await film(handing)
    async with handing.client() as client:
        found = (await ask(client, filed)).json()
        before = (await client.get(httpx.URL(found["hls_url"]).join("720p.m3u8"))).text
        hands.advance(timedelta(minutes=1))
        newer = await handing.files.rendition(
            filed, "720p", content=SMALL, layout=layout_of("720p", SMALL), recipe="r9"
        )
        await handing.keep(newer, SMALL)
        after = (await client.get(httpx.URL(found["hls_url"]).join("720p.m3u8"))).text
        folder = httpx.URL(found["hls_url"])
        first = await client.get(folder.join(before.splitlines()[-2]))
        second = await client.get(folder.join(after.splitlines()[-2]))

    assert (CLIP, SMALL) == (first.content, second.content)


async def test_a_sound_without_pictures_is_played_as_well(handing: Handing) -> None:
    """Its one quality is `audio`."""
    filed = await handing.files.asset(b"song", kind="audio", file_name="song.wav")
    audio = await handing.files.rendition(
        filed,
        "audio",
        content=SMALL,
        kind=Kind.AUDIO,
        file_name="audio.m4a",
        media_type="audio/mp4",
        layout=layout_of_sound("audio", SMALL),
    )
    await handing.keep(audio, SMALL)

    async with handing.client() as client:
        found = (await ask(client, filed)).json()
        index = (await client.get(found["hls_url"])).text
        media = await client.get(httpx.URL(found["hls_url"]).join("audio.m3u8"))
        file = await client.get(found["qualities"][0]["url"])

    assert ("audio", True, None) == (
        found["selected_quality"],
        found["ready"],
        found["frame_rate"],
    )
    assert 'CODECS="mp4a.40.2"' in index
    assert 'BYTERANGE="50@100"' in media.text
    assert (SMALL, "audio/mp4") == (file.content, file.headers["content-type"])


@pytest.mark.covers("M-ST-03")
async def test_what_cannot_be_played_yet_is_asked_for_again(handing: Handing) -> None:
    """202, with when, and never a hang."""
    filed = await handing.files.asset(b"original")
    await handing.files.rendition(filed, "720p", state=State.MAKING)

    async with handing.client() as client:
        answer = await ask(client, filed)

    assert (202, "2") == (answer.status_code, answer.headers["retry-after"])
    assert (False, 2.0, None) == tuple(
        answer.json()[name] for name in ("ready", "retry_after", "job")
    )


async def test_what_can_never_be_played_says_why(handing: Handing) -> None:
    """A kind that is not played, and a video that failed."""
    paper = await handing.files.asset(b"paper", kind="pdf", media_type="application/pdf")
    broken = await handing.files.asset(
        b"broken",
        project_id=paper.project_id,
        state=AssetState.FAILED,
        error=("media.truncated", "It is cut short."),
    )

    async with handing.client() as client:
        answers = [await ask(client, filed) for filed in (paper, broken)]

    assert [(409, "playback.not_playable")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]
    assert "It is cut short." in answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("query", "name"),
    [("w=320", "preview-320"), ("w=480", "preview-640"), ("w=2560&format=webp", "preview-640")],
)
async def test_an_image_is_given_at_the_next_larger_width(
    handing: Handing, query: str, name: str
) -> None:
    """Or at the largest that there is."""
    filed = await handing.files.asset(b"image", kind="image", media_type="image/png")
    for width in (320, 640):
        still = await handing.files.rendition(
            filed,
            f"preview-{width}",
            content=b"%d" % width,
            kind=Kind.STILL,
            file_name=f"preview-{width}.webp",
            media_type="image/webp",
            width=width,
        )
        await handing.keep(still, b"%d" % width)

    async with handing.client() as client:
        lead = await client.get(f"/api/v1/assets/{filed.asset_id}/image?{query}")
        image = await client.get(lead.headers["location"])

    assert (307, "no-store") == (lead.status_code, lead.headers["cache-control"])
    assert name.removeprefix("preview-") == image.text
    assert ("image/webp", "private, max-age=86400") == (
        image.headers["content-type"],
        image.headers["cache-control"],
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("w=321", 400, "image.width_not_allowed"),
        ("format=tiff", 400, "image.format_not_made"),
        ("", 409, "image.not_ready"),
    ],
)
async def test_other_images_are_refused(
    handing: Handing, query: str, status: int, code: str
) -> None:
    """Widths and formats are lists; and what is not made is not there."""
    filed = await handing.files.asset(b"image", kind="image")

    async with handing.client() as client:
        answer = await client.get(f"/api/v1/assets/{filed.asset_id}/image?{query}")

    assert (status, code) == (answer.status_code, answer.json()["code"])


@pytest.mark.covers("C-PV-05", "M-PB-14", "M-PB-15", "CF-19")
async def test_a_download_is_the_original_or_the_quality_that_was_named(handing: Handing) -> None:
    """Under the person's own name, for an hour."""
    filed = await film(handing)
    handing.spool(filed, b"original")
    await handing.keeper.keep_original(filed.content_id)
    at = f"/api/v1/assets/{filed.asset_id}/download"

    async with handing.client() as client:
        links = [
            (await client.get(at, params={"quality": quality})).json()
            for quality in ("original", "720p", "poster-jpg")
        ]
        files = [await client.get(link["url"]) for link in links]

    assert [b"original", CLIP, b"picture"] == [file.content for file in files]
    assert [
        "attachment; filename=\"Day 1_nter.mov\"; filename*=UTF-8''Day%201%C3%9Cnter.mov",
        "attachment; filename=\"Day 1_nter_720p.mp4\"; filename*=UTF-8''Day%201%C3%9Cnter_720p.mp4",
        (
            'attachment; filename="Day 1_nter_poster-jpg.jpg"; '
            "filename*=UTF-8''Day%201%C3%9Cnter_poster-jpg.jpg"
        ),
    ] == [file.headers["content-disposition"] for file in files]
    assert {(NOON + timedelta(hours=1)).isoformat()} == {
        link["expires_at"].replace("Z", "+00:00") for link in links
    }


async def test_a_quality_that_is_not_there_is_never_another_one(handing: Handing) -> None:
    """It is being made, it failed, or it does not exist."""
    filed = await film(handing)
    await handing.files.rendition(filed, "2160p", state=State.FAILED)
    at = f"/api/v1/assets/{filed.asset_id}/download"

    async with handing.client() as client:
        answers = [await client.get(f"{at}?quality={name}") for name in ("1080p", "2160p", "8k")]

    assert [202, 409, 404] == [answer.status_code for answer in answers]
    assert ["download.quality_failed", "download.quality_not_found"] == [
        answer.json()["code"] for answer in answers[1:]
    ]


async def test_the_original_can_be_had_before_the_archive_has_it(handing: Handing) -> None:
    """From the spool, by a redirect that HEAD gets as well."""
    filed = await handing.files.asset(b"original", state=AssetState.FAILED)
    handing.spool(filed, b"original")
    at = f"/api/v1/assets/{filed.asset_id}/original"

    async with handing.client() as client:
        lead, head = await client.get(at), await client.head(at)
        file = await client.get(lead.headers["location"])

    assert (307, 307) == (lead.status_code, head.status_code)
    assert (200, b"original") == (file.status_code, file.content)
    blocks = hashlib.sha256(hashlib.sha256(b"original").digest())
    assert f'"{blocks.hexdigest()}"' == file.headers["etag"]


async def test_renditions_and_placements_are_listed(handing: Handing) -> None:
    """What exists, and where it is."""
    filed = await film(handing)
    at = f"/api/v1/assets/{filed.asset_id}"

    async with handing.client() as client:
        made = (await client.get(f"{at}/renditions")).json()
        places = (await client.get(f"{at}/placements")).json()

    assert {"360p", "720p", "1080p", "poster", "poster-jpg"} == {
        item["name"] for item in made["items"]
    }
    assert {("720p", "archive", "present"), ("720p", "edge", "present")} == {
        (item["name"], item["tier"], item["state"])
        for item in places["items"]
        if item["name"] == "720p"
    }
    assert made["next_cursor"] is places["next_cursor"] is None


@pytest.mark.covers("BG-72", "BG-71")
async def test_an_address_ends_with_its_time_and_with_its_asset(
    handing: Handing, hands: Hands
) -> None:
    """401 tells the player to renew; a deleted asset is gone at once."""
    filed = await film(handing)

    async with handing.client() as client:
        found = (await ask(client, filed)).json()
        url, poster = found["qualities"][1]["url"], found["poster_url"]
        hands.advance(timedelta(hours=6, minutes=2))
        late = [await client.get(address) for address in (url, found["hls_url"], poster)]
        again = (await ask(client, filed)).json()["qualities"][1]["url"]
        async with handing.database.transaction() as connection:
            await connection.exec_driver_sql("UPDATE assets SET state = 'deleting'")
        gone = await client.get(again)

    assert [401, 401, 200] == [answer.status_code for answer in late]
    assert "delivery.address_expired" == late[0].json()["code"]
    assert (404, "asset.not_found") == (gone.status_code, gone.json()["code"])


GRANTED = {
    (Scope.PLAY, None, "720p.mp4"): 200,
    (Scope.PLAY, "720p", "720p.mp4"): 200,
    (Scope.PLAY, "360p", "720p.mp4"): 403,
    (Scope.PLAY, "360p", "720p.m3u8"): 404,
    (Scope.PLAY, None, "1080p.m3u8"): 404,
    (Scope.PLAY, None, "1080p.mp4"): 404,
    (Scope.PLAY, None, "720p.exe"): 404,
    (Scope.PLAY, None, "nothing"): 404,
    (Scope.PLAY, None, ""): 404,
    (Scope.PLAY, None, "poster.jpg"): 404,
    (Scope.PLAY, None, "original/clip.mov"): 403,
    (Scope.PLAY, None, "stills/poster.jpg"): 403,
    (Scope.STILL, None, "stills/poster.jpg"): 200,
    (Scope.STILL, None, "stills/other.jpg"): 404,
    (Scope.STILL, None, "stills/%2e%2e/720p.mp4"): 404,
    (Scope.STILL, None, "720p.mp4"): 403,
    (Scope.STILL, None, "index.m3u8"): 403,
    (Scope.FILE, "720p", "720p.mp4"): 200,
    (Scope.FILE, "720p", "360p.mp4"): 403,
    (Scope.FILE, "720p", "720p.m3u8"): 403,
    (Scope.FILE, "720p", "original/clip.mov"): 403,
    (Scope.FILE, "original", "original/any-name"): 200,
    (Scope.FILE, "original", "720p.mp4"): 403,
}
"""Scope, cap, path: status."""


async def test_a_grant_gives_what_it_says_and_no_more(handing: Handing) -> None:
    """Scope by scope, and within a quality's cap."""
    filed = await film(handing)
    handing.spool(filed, b"original")
    end = NOON + timedelta(hours=1)

    async with handing.client() as client:
        found = {}
        for scope, cap, path in GRANTED:
            signed = handing.signer.sign(Grant(filed.asset_id, scope, cap, "acc_1", end))
            found[scope, cap, path] = (await client.get(f"/p/{signed}/{path}")).status_code

    assert GRANTED == found


@pytest.mark.covers("BG-72")
async def test_whoever_may_not_know_of_an_asset_hears_of_none(handing: Handing) -> None:
    """A foreign asset and an unknown one have one answer, byte for byte but the request's id."""
    filed = await film(handing)
    handing.actor = Actor(ActorKind.ACCOUNT, "acc_2", Role.EDITOR, frozenset({"prj_other"}))
    unknown = replace(filed, asset_id="ast_unknown")
    routes = [
        ("POST", "playback"),
        ("GET", "download"),
        ("GET", "download?quality=720p"),
        ("GET", "original"),
        ("GET", "image"),
        ("GET", "renditions"),
        ("GET", "placements"),
    ]

    async with handing.client() as client:
        for method, route in routes:
            bodies = []
            for each in (filed, unknown):
                answer = await client.request(method, f"/api/v1/assets/{each.asset_id}/{route}")
                bodies.append((answer.status_code, answer.json() | {"request_id": ""}))
            assert bodies[0] == bodies[1]
            assert 404 == bodies[0][0]


async def test_a_viewer_plays_and_does_not_get_the_original(handing: Handing) -> None:
    """Proxies are theirs."""
    filed = await film(handing)
    project = frozenset({filed.project_id})
    handing.actor = Actor(ActorKind.ACCOUNT, "acc_3", Role.VIEWER, project)
    at = f"/api/v1/assets/{filed.asset_id}"

    async with handing.client() as client:
        statuses = [
            (await client.post(f"{at}/playback")).status_code,
            (await client.get(f"{at}/download?quality=720p")).status_code,
            (await client.get(f"{at}/download")).status_code,
            (await client.get(f"{at}/original")).status_code,
        ]

    assert [200, 200, 403, 403] == statuses


@pytest.mark.parametrize("signed", ["x", "a.b", "%00", "..", "ü"])
async def test_an_address_that_was_never_made_is_refused(handing: Handing, signed: str) -> None:
    """Whatever it looks like, and without a trace of what is inside."""
    async with handing.client() as client:
        answer = await client.get(f"/p/{signed}/index.m3u8")

    assert answer.status_code in {403, 404}


async def test_bad_hints_are_refused_by_the_schema(handing: Handing) -> None:
    """A width below one, a speed below zero."""
    filed = await film(handing)

    async with handing.client() as client:
        answers = [
            await ask(client, filed, **known)
            for known in ({"client_width": 0}, {"connection_speed": -1}, {"quality": 7})
        ]

    assert [422, 422, 422] == [answer.status_code for answer in answers]


async def test_addresses_name_the_host_that_was_asked(handing: Handing) -> None:
    """So that they work from wherever the page was loaded."""
    filed = await film(handing)

    async with handing.client() as client:
        client.base_url = httpx.URL("https://media.example")
        found = (await ask(client, filed)).json()

    assert "https://media.example" == "://".join(urlsplit(found["hls_url"])[:2])
