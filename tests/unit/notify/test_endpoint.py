"""Which events go to which webhook."""

from __future__ import annotations

import pytest

from rushes.events.event import EventType
from rushes.notify.endpoint import (
    MAX_DESCRIPTION,
    NAMES,
    UNTOLD,
    BadWebhookWish,
    Endpoint,
    parse_description,
    parse_events,
)
from tests.support.moments import NOON


def endpoint(*events: str, projects: tuple[str, ...] | None = None) -> Endpoint:
    return Endpoint("whk_1", "https://example.com/", events, "", projects, "acc_1", NOON, b"")


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (("asset.ready",), {"asset.ready"}),
        (("asset.*",), {name for name in NAMES if name.startswith("asset.")}),
        (("*",), set(NAMES)),
        (("upload.*", "asset.ready"), {n for n in NAMES if n[:7] == "upload."} | {"asset.ready"}),
    ],
)
def test_a_webhook_gets_what_it_asked_for(events: tuple[str, ...], wanted: set[str]) -> None:
    """A type, a family, or everything; never what is internal."""
    chosen = endpoint(*events)

    assert wanted == {each.value for each in EventType if chosen.wants(each, None)}
    assert not wanted & {each.value for each in UNTOLD}


def test_a_webhook_of_projects_hears_of_no_others() -> None:
    """Nor of what belongs to none."""
    chosen = endpoint("*", projects=("prj_1",))

    heard = [chosen.wants(EventType.ASSET_READY, each) for each in ("prj_1", "prj_2", None)]

    assert [True, False, False] == heard


def test_events_are_kept_once_and_in_order() -> None:
    """However they were asked for."""
    assert ("*", "asset.ready") == parse_events(["asset.ready", "*", "asset.ready"])


@pytest.mark.parametrize(
    "names", [[], ["asset.reddy"], ["video.*"], ["upload.readable"], [""], ["asset"]]
)
def test_an_unknown_event_is_refused(names: list[str]) -> None:
    """A typing error must not become silence."""
    with pytest.raises(BadWebhookWish):
        parse_events(names)


def test_a_description_has_its_limit() -> None:
    """And no spaces around it."""
    assert "for the DAM" == parse_description(" for the DAM ")
    with pytest.raises(BadWebhookWish):
        parse_description("x" * (MAX_DESCRIPTION + 1))
