"""A share: what it is good for, what may be taken, and how it may be wished."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rushes.delivery.share import (
    MAX_ORIGINS,
    BadShareWish,
    Share,
    ShareExpired,
    ShareNotFound,
    ShareRevoked,
    ShareState,
    ShareUsedUp,
    Taking,
    judge,
    may_take,
    parse_origins,
    refusal,
    require_open,
    takes_away,
    unknown_share,
)
from rushes.errors import RushesError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHARE = Share(
    id="shr_1",
    project_id="prj_1",
    created_by="acc_1",
    token_sealed=b"",
    is_whole_project=False,
    title="",
    message="",
    expires_at=NOON,
    is_active=True,
    password_hash=None,
    may_play=True,
    download=Taking.NONE,
    may_get_original=False,
    max_views=2,
    origins=(),
    color=None,
    logo_id=None,
    view_count=1,
    download_count=0,
    last_viewed_at=None,
    created_at=NOON,
    epoch=0,
    revision=1,
)
BEFORE = NOON - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("share", "now", "state"),
    [
        (SHARE, BEFORE, ShareState.LIVE),
        (SHARE, NOON, ShareState.EXPIRED),
        (replace(SHARE, expires_at=None), NOON, ShareState.LIVE),
        (replace(SHARE, view_count=2), BEFORE, ShareState.USED_UP),
        (replace(SHARE, view_count=9, max_views=None), BEFORE, ShareState.LIVE),
        (replace(SHARE, is_active=False, view_count=2), NOON, ShareState.OFF),
    ],
)
def test_a_share_is_live_until_one_thing_ends_it(
    share: Share, now: datetime, state: ShareState
) -> None:
    """The end itself is too late, and the last view is taken when it was counted."""
    assert state is judge(share, now)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (ShareState.OFF, ShareRevoked),
        (ShareState.EXPIRED, ShareExpired),
        (ShareState.USED_UP, ShareUsedUp),
    ],
)
def test_each_end_has_its_own_words(state: ShareState, kind: type[RushesError]) -> None:
    """A holder of the token may know why."""
    assert type(refusal(state)) is kind
    assert isinstance(unknown_share(), ShareNotFound)


def test_who_is_inside_stays_when_the_last_view_is_taken() -> None:
    """But not when the share is over or off."""
    require_open(replace(SHARE, view_count=2), BEFORE)
    with pytest.raises(ShareExpired):
        require_open(SHARE, NOON)
    with pytest.raises(ShareRevoked):
        require_open(replace(SHARE, is_active=False), BEFORE)


@pytest.mark.parametrize(
    ("download", "given"),
    [
        (Taking.NONE, set()),
        (Taking.P720, {"360p", "720p", "m4a"}),
        (Taking.ALL, {"360p", "720p", "1080p", "m4a"}),
    ],
)
def test_qualities_are_given_up_to_the_one_that_is_named(download: Taking, given: set[str]) -> None:
    """A sound has no height: it is given where any quality is."""
    share = replace(SHARE, download=download)
    qualities = ("360p", "720p", "1080p", "m4a", "original")

    assert given == {quality for quality in qualities if may_take(share, quality)}


def test_originals_have_a_word_of_their_own() -> None:
    """They are given without any other quality too."""
    assert may_take(replace(SHARE, may_get_original=True), "original")
    assert not may_take(replace(SHARE, may_get_original=True), "360p")


@pytest.mark.parametrize(
    "change",
    [
        {"password_hash": "another"},
        {"is_active": False},
        {"may_play": False},
        {"download": Taking.ALL},
        {"may_get_original": True},
    ],
)
def test_rights_and_proofs_end_what_was_signed(change: dict[str, object]) -> None:
    """A new title does not."""
    assert takes_away(SHARE, replace(SHARE, **change))  # type: ignore[arg-type]
    assert not takes_away(SHARE, replace(SHARE, title="?", max_views=None))


def test_origins_are_kept_as_browsers_send_them() -> None:
    """Lower case, without a slash, once each."""
    told = (" https://WWW.Example.com/ ", "https://www.example.com", "http://localhost:8080")

    assert ("https://www.example.com", "http://localhost:8080") == parse_origins(told)


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "https://", "example.com", "ftp://example.com", "https://example.com/a"),
        *("https://*.example.com", "https://a;b", "https://a b", "https://-a.com", "https://a:1a"),
        "'self'",
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    """None of these may reach a header."""
    with pytest.raises(BadShareWish):
        parse_origins((text,))


def test_sites_that_embed_have_a_limit() -> None:
    """At it, and one beyond."""
    sites = tuple(f"https://site{number}.example" for number in range(MAX_ORIGINS + 1))

    assert MAX_ORIGINS == len(parse_origins(sites[:-1]))
    with pytest.raises(BadShareWish):
        parse_origins(sites)
