"""What Cloudflare Stream is told and tells: shapes of its pages, and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.partners.copy import PartnerFailed, PartnerUnexpected
from rushes.partners.host import Parcel
from rushes.partners.stream_shapes import (
    headers_of,
    read_offset,
    read_place,
    read_video,
    sign_link,
    subject_of,
)

BASE = "https://customer-x.cloudflarestream.com/uid1"
FILM: dict[str, Any] = {
    "uid": "uid1",
    "status": {"state": "ready"},
    "requireSignedURLs": True,
    "duration": 2.5,
    "thumbnail": f"{BASE}/thumbnails/thumbnail.jpg",
    "playback": {"hls": f"{BASE}/manifest/video.m3u8", "dash": 5},
}


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_place_is_asked_for_as_tus_does(*, is_signed: bool) -> None:
    """With our mark, cut to what is taken; words in base64."""
    parcel = Parcel("m" * 70, "a.mov", "a", "video/mp4", 7, "Acme - Spring")

    told = headers_of(parcel, is_signed=is_signed, max_seconds=10_800)

    words = ["name YQ==", "maxDurationSeconds MTA4MDA=", "requiresignedurls"]
    assert ("1.0.0", "7", "m" * 64) == (
        told["tus-resumable"],
        told["upload-length"],
        told["upload-creator"],
    )
    assert words[: 3 if is_signed else 2] == told["upload-metadata"].split(",")


@pytest.mark.parametrize("headers", [{}, {"location": "x"}, {"stream-media-id": "x"}])
def test_a_place_needs_an_address_and_an_id(headers: dict[str, str]) -> None:
    """Both, or there is nothing to do."""
    assert ("x", "y") == read_place({"location": "x", "stream-media-id": "y"})
    with pytest.raises(PartnerUnexpected):
        read_place(headers)


@pytest.mark.parametrize("told", ["", "-1", "٣", "x"])
def test_an_offset_is_a_plain_number(told: str) -> None:
    """Anything else is none."""
    assert 5 == read_offset({"upload-offset": "5"})
    with pytest.raises(PartnerUnexpected):
        read_offset({"upload-offset": told})


def test_a_film_is_ready_in_every_quality() -> None:
    """What pages and players need is kept of it."""
    seen = read_video(FILM)

    assert (True, "uid1") == (seen.is_ready, seen.remote_id)
    assert {
        "hls": FILM["playback"]["hls"],
        "thumbnail": FILM["thumbnail"],
        "duration": 2.5,
        "is_signed": True,
    } == seen.facts
    early = read_video(FILM | {"status": {"state": "queued"}, "duration": -1, "playback": None})
    assert (False, False) == (early.is_ready, "duration" in early.facts)


@pytest.mark.parametrize("why", [{}, {"errorReasonText": "no video"}, {"errorReasonText": 5}])
def test_a_film_that_failed_says_why(why: dict[str, Any]) -> None:
    """Or that nobody says why."""
    with pytest.raises(PartnerFailed, match=r"no video|does not say"):
        read_video(FILM | {"status": {"state": "error", **why}})


@pytest.mark.parametrize("told", [{}, {"status": "odd"}, {"uid": 5}, {"status": {"state": "new"}}])
def test_a_film_in_no_known_state_is_unexpected(told: dict[str, Any]) -> None:
    """Better than to guess."""
    with pytest.raises(PartnerUnexpected):
        read_video(FILM | {"status": None} | told)


def test_a_token_stands_in_the_place_of_the_id() -> None:
    """Once, and nowhere else."""
    assert f"{BASE.replace('uid1', 'token')}/watch" == sign_link(f"{BASE}/watch", "uid1", "token")


def test_a_call_names_its_film() -> None:
    """One about nothing names none."""
    assert ("uid1",) == subject_of({"uid": "uid1"})
    assert () == subject_of({"uid": 5})
