"""What an upload link is good for, and how its types are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rushes.access.link import (
    MAX_TYPES,
    BadLinkWish,
    Link,
    LinkState,
    Preview,
    is_open,
    judge,
    missing_link,
    parse_types,
    unknown_link,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LINK = Link(
    id="lnk_1",
    project_id="prj_1",
    created_by="acc_1",
    token_sealed=b"",
    title="",
    message="",
    notes="",
    expires_at=None,
    is_active=True,
    password_hash=None,
    max_files=None,
    max_file_bytes=None,
    max_total_bytes=None,
    types=(),
    fields=(),
    client_email=None,
    notify=True,
    keep_parts_days=7,
    preview=Preview.OFF,
    color=None,
    logo_id=None,
    used_bytes=0,
    used_files=0,
    upload_count=0,
    last_used_at=None,
    created_at=NOON,
    revision=1,
)


@pytest.mark.covers("M-LK-03")
@pytest.mark.parametrize(
    ("link", "state", "opens"),
    [
        (LINK, LinkState.LIVE, True),
        (replace(LINK, expires_at=NOON + timedelta(seconds=1)), LinkState.LIVE, True),
        (replace(LINK, expires_at=NOON), LinkState.EXPIRED, False),
        (replace(LINK, is_active=False), LinkState.OFF, False),
        (replace(LINK, max_files=2, used_files=1), LinkState.LIVE, True),
        (replace(LINK, max_files=2, used_files=2), LinkState.USED_UP, True),
        (replace(LINK, max_total_bytes=9, used_bytes=8), LinkState.LIVE, True),
        (replace(LINK, max_total_bytes=9, used_bytes=9), LinkState.USED_UP, True),
    ],
)
def test_a_link_is_judged_anew_each_time(link: Link, state: LinkState, opens: bool) -> None:  # noqa: FBT001
    """One that is used up still lets in what has begun."""
    assert state is judge(link, NOON)
    assert opens == is_open(link, NOON)


def test_secrets_of_a_link_are_not_printed() -> None:
    """Neither the sealed token nor the password's hash stands in a log by chance."""
    told = repr(replace(LINK, token_sealed=b"sealed", password_hash="hashed"))

    assert "sealed" not in told.replace("token_sealed", "")
    assert "hashed" not in told


def test_types_are_kept_in_one_form() -> None:
    """Lower case, no dot in front, each once."""
    assert ("mov", "video/*", "web-video") == parse_types((".MOV", "mov ", "video/*", "web-video"))


@pytest.mark.parametrize(
    "types", [("",), ("a b",), ("-x",), ("x" * 200,), tuple(f"t{n}" for n in range(MAX_TYPES + 1))]
)
def test_what_is_no_type_is_refused(types: tuple[str, ...]) -> None:
    """The limit is 64."""
    with pytest.raises(BadLinkWish):
        parse_types(types)


def test_as_many_types_as_the_limit_are_taken() -> None:
    """The limit itself is allowed."""
    assert MAX_TYPES == len(parse_types(tuple(f"t{n}" for n in range(MAX_TYPES))))


def test_holders_and_owners_hear_the_same_code() -> None:
    """In words that help each of them."""
    assert unknown_link().code == missing_link().code == "link.not_found"
