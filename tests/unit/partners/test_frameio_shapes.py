"""What Frame.io V4 is told and tells: shapes of its reference, and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.partners.copy import PartnerUnexpected
from rushes.partners.frameio_shapes import (
    file_of,
    find_folder,
    links_of,
    next_page,
    part_at,
    read_file,
    seen_of,
    share_of,
    subject_of,
)
from rushes.partners.host import Parcel

MADE: dict[str, Any] = {
    "id": "f1",
    "media_type": "image/jpeg",
    "upload_urls": [{"size": 5, "url": "https://a"}, {"size": 2, "url": "https://b"}, {"size": 0}],
}
FILE: dict[str, Any] = {
    "id": "f1",
    "status": "transcoded",
    "view_url": "https://next.frame.io/view/f1",
    "project_id": "p1",
    "media_links": {"high_quality": {"download_url": "x"}, "efficient": None},
}


def test_a_file_is_asked_for_by_name_and_size() -> None:
    """Nothing else is taken."""
    parcel = Parcel("pcp_1", "n" * 300, "a", "video/mp4", 7, "Acme - Spring")

    assert {"data": {"name": "n" * 255, "file_size": 7}} == file_of(parcel)


def test_a_file_is_sent_in_the_parts_that_it_names() -> None:
    """With its type; where nobody knows it, as plain bytes."""
    told = read_file(MADE, 7)

    assert ("f1", "image/jpeg", [5, 2]) == (
        told["id"],
        told["media_type"],
        [part["size"] for part in told["parts"]],
    )
    assert "application/octet-stream" == read_file(MADE | {"media_type": None}, 7)["media_type"]


@pytest.mark.parametrize("told", [{"id": 5}, {"upload_urls": None}, {"upload_urls": [{"url": 5}]}])
def test_parts_that_do_not_fit_are_unexpected(told: dict[str, Any]) -> None:
    """Better than half a file."""
    with pytest.raises(PartnerUnexpected):
        read_file(MADE | told, 7)


@pytest.mark.parametrize(
    ("sent", "expected"), [(0, (0, 0)), (4, (0, 0)), (5, (1, 5)), (6, (1, 5)), (7, (2, 7))]
)
def test_a_part_that_was_cut_off_is_sent_from_its_begin(
    sent: int, expected: tuple[int, int]
) -> None:
    """Whole parts are not sent again."""
    assert expected == part_at([5, 2], sent)


def test_a_file_is_ready_when_its_proxies_are_there() -> None:
    """The names of these are kept, their addresses live too short."""
    seen = seen_of(FILE)

    assert (True, "f1") == (seen.is_ready, seen.remote_id)
    assert {
        "view_url": FILE["view_url"],
        "project_id": "p1",
        "proxies": ["high_quality"],
    } == seen.facts
    early = seen_of({"id": "f1", "status": "uploaded"})
    assert (False, {}) == (early.is_ready, early.facts)


@pytest.mark.parametrize("told", [{"id": 5}, {"status": "odd"}])
def test_a_file_in_no_known_state_is_unexpected(told: dict[str, Any]) -> None:
    """Better than to guess."""
    with pytest.raises(PartnerUnexpected):
        seen_of(FILE | told)


def test_a_share_is_for_looking_and_speaking() -> None:
    """Its name is one line, and never empty."""
    told: Any = share_of("f1", "First\ncut ")["data"]
    blank: Any = share_of("f1", " \n ")["data"]

    assert ("First cut", ["f1"], "public", False) == (
        told["name"],
        told["asset_ids"],
        told["access"],
        told["downloading_enabled"],
    )
    assert "f1" == blank["name"]


def test_a_folder_is_found_by_its_name_on_a_page() -> None:
    """Pages are turned by the path that they name, and by no other address."""
    page = {"data": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}, {"name": "B"}]}

    assert "b" == find_folder(page, "B")
    assert None is find_folder(page, "C")
    assert None is find_folder({}, "C")
    assert "/v4/x?after=1" == next_page({"links": {"next": "/v4/x?after=1"}})
    assert None is next_page({"links": {"next": "https://elsewhere"}})
    assert None is next_page({})


def test_links_are_the_pages_that_stay() -> None:
    """What is not there is left out."""
    facts = {"view_url": "https://v", "share_url": "https://s"}

    assert {"view": "https://v", "share": "https://s"} == links_of(facts)
    assert {} == links_of({"share_url": None})


def test_a_call_names_its_file() -> None:
    """One about a folder, or about nothing, names none."""
    assert ("f1",) == subject_of({"resource": {"id": "f1", "type": "file"}})
    assert () == subject_of({"resource": {"id": "f1", "type": "folder"}})
    assert () == subject_of({})
