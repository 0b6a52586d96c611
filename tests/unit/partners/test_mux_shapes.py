"""What Mux is told and tells: shapes of its API reference, and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.partners.copy import PartnerFailed, PartnerGone, PartnerUnexpected
from rushes.partners.host import Parcel
from rushes.partners.mux_shapes import (
    links_of,
    range_of,
    read_asset,
    read_asset_id,
    read_offset,
    read_upload,
    subject_of,
    upload_of,
)

ASSET: dict[str, Any] = {
    "id": "as1",
    "status": "ready",
    "playback_ids": [{"id": "play1", "policy": "signed"}, {"odd": 1}],
    "duration": 23.8,
    "aspect_ratio": "16:9",
}


def test_an_upload_is_asked_for_with_our_mark() -> None:
    """By which it is known again, and within what Mux takes."""
    parcel = Parcel("m" * 300, "a.mov", "t" * 600, "video/quicktime", 10, "acme/spring")

    told = upload_of(parcel, policy="signed", quality="basic", is_test=True)

    settings: Any = told["new_asset_settings"]
    assert (604_800, True) == (told["timeout"], told["test"])
    assert (["signed"], "basic") == (settings["playback_policies"], settings["video_quality"])
    assert (255, 128, 512) == (
        len(settings["passthrough"]),
        len(settings["meta"]["external_id"]),
        len(settings["meta"]["title"]),
    )


def test_an_upload_is_read_or_refused() -> None:
    """Without an address there is nothing to do."""
    assert ("up1", "https://x") == read_upload({"id": "up1", "url": "https://x", "more": 1})
    with pytest.raises(PartnerUnexpected):
        read_upload({"id": "up1"})


@pytest.mark.parametrize(
    ("told", "offset"), [(None, 0), ("bytes=0-0", 1), ("bytes=0-524287", 524_288), ("bytes=5-9", 0)]
)
def test_a_range_says_how_much_is_there(told: str | None, offset: int) -> None:
    """None says that nothing is."""
    assert offset == read_offset(told)


def test_a_piece_names_its_place_and_a_question_none() -> None:
    """As RFC 9110, section 14.4."""
    assert "bytes 5-9/20" == range_of(5, 5, 20)
    assert "bytes */20" == range_of(5, 0, 20)


@pytest.mark.parametrize(
    ("upload", "asset_id"),
    [
        ({"status": "waiting"}, None),
        ({"status": "asset_created", "asset_id": "as1"}, "as1"),
        ({}, None),
    ],
)
def test_an_upload_becomes_an_asset(upload: dict[str, Any], asset_id: str | None) -> None:
    """Or does not yet."""
    assert asset_id == read_asset_id(upload)


@pytest.mark.parametrize(
    "upload",
    [
        {"status": "errored"},
        {"status": "errored", "error": {"type": "x", "message": "no video"}},
        {"status": "errored", "error": {"message": 5}},
    ],
)
def test_an_upload_that_failed_says_why(upload: dict[str, Any]) -> None:
    """Or that nobody says why."""
    with pytest.raises(PartnerFailed, match=r"no video|does not say"):
        read_asset_id(upload)


@pytest.mark.parametrize("status", ["cancelled", "timed_out"])
def test_an_upload_that_is_over_is_gone(status: str) -> None:
    """It is begun anew."""
    with pytest.raises(PartnerGone):
        read_asset_id({"status": status})


def test_an_asset_is_ready_when_it_can_be_watched() -> None:
    """What pages and players need is kept of it."""
    seen = read_asset(ASSET)

    assert (True, "as1") == (seen.is_ready, seen.remote_id)
    assert {
        "playback_id": "play1",
        "policy": "signed",
        "duration": 23.8,
        "aspect_ratio": "16:9",
    } == seen.facts
    assert not read_asset(ASSET | {"status": "preparing"}).is_ready
    assert not read_asset(ASSET | {"playback_ids": None}).is_ready


@pytest.mark.parametrize("errors", [None, {"messages": ["bad file", 5]}, {"messages": []}])
def test_an_asset_that_failed_says_why(errors: dict[str, Any] | None) -> None:
    """In the words of Mux, where there are any."""
    with pytest.raises(PartnerFailed, match=r"bad file|does not say"):
        read_asset(ASSET | {"status": "errored", "errors": errors})


@pytest.mark.parametrize("told", [{}, {"id": 5, "status": "ready"}, {"id": "a", "status": "new"}])
def test_an_asset_in_no_known_state_is_unexpected(told: dict[str, Any]) -> None:
    """Better than to guess."""
    with pytest.raises(PartnerUnexpected):
        read_asset(told)


def test_links_are_those_of_the_playback_id() -> None:
    """Each for its audience; without one there are none."""
    links = links_of({"playback_id": "p1"})

    assert [
        ("hls", "https://stream.mux.com/p1.m3u8", "v"),
        ("thumbnail", "https://image.mux.com/p1/thumbnail.jpg", "t"),
        ("storyboard", "https://image.mux.com/p1/storyboard.vtt", "s"),
    ] == [(link.name, link.url, link.audience) for link in links]
    assert () == links_of({})


def test_a_call_names_what_it_is_about() -> None:
    """By each id that we may know it by; one about nothing names none."""
    data = {"id": "as1", "upload_id": "up1", "passthrough": "pcp_1", "asset_id": 5}

    assert ("as1", "up1", "pcp_1") == subject_of({"data": data})
    assert () == subject_of({"data": "odd"})
