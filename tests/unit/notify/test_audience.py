"""Who may hear of what."""

from __future__ import annotations

import pytest

from rushes.access.permit import Actor, ActorKind, Role, Scope
from rushes.events.event import EventType
from rushes.notify.audience import (
    ASKED,
    GAP,
    JOB_CHANGED,
    SHAKING,
    UPLOAD_PROGRESSED,
    may_hear,
    wants,
)
from rushes.notify.endpoint import UNTOLD

MINE, THEIRS = "prj_mine", "prj_theirs"
ADMIN = Actor(ActorKind.ACCOUNT, "acc_1", Role.ADMIN, None)
EDITOR = Actor(ActorKind.ACCOUNT, "acc_2", Role.EDITOR, frozenset({MINE}))
VIEWER = Actor(ActorKind.ACCOUNT, "acc_3", Role.VIEWER, frozenset({MINE}))
LINK = Actor(ActorKind.LINK, "lnk_1", project_ids=frozenset({MINE}), link_id="lnk_1")
WRITER = Actor(ActorKind.TOKEN, "acc_1", Role.ADMIN, None, scopes=frozenset({Scope.WRITE}))


def test_every_row_is_of_a_family_of_news() -> None:
    """What has none is for those who may change settings."""
    told = [each.value for each in EventType if each not in UNTOLD]
    families = {what.partition(".")[0] for what in (*told, JOB_CHANGED, UPLOAD_PROGRESSED)}

    assert families >= {*ASKED}
    assert {*told} >= SHAKING
    assert may_hear(ADMIN, GAP, None)


@pytest.mark.covers("BG-37")
@pytest.mark.parametrize(
    ("actor", "what", "project_id", "expected"),
    [
        (ADMIN, "asset.ready", THEIRS, True),
        (ADMIN, "account.created", None, True),
        (ADMIN, "tier.eviction_asked", None, True),
        (EDITOR, "asset.ready", MINE, True),
        (EDITOR, "upload.progressed", MINE, True),
        (EDITOR, "link.created", MINE, True),
        (EDITOR, "job.changed", MINE, True),
        (EDITOR, "asset.ready", THEIRS, False),
        (EDITOR, "job.changed", None, False),
        (EDITOR, "account.created", None, False),
        (EDITOR, "webhook.paused", MINE, False),
        (VIEWER, "asset.ready", MINE, True),
        (VIEWER, "upload.progressed", MINE, False),
        (VIEWER, "link.created", MINE, False),
        (LINK, "upload.progressed", MINE, False),
        (LINK, "asset.ready", MINE, False),
        (WRITER, "asset.ready", MINE, False),
        (ADMIN, "unheard.of", None, True),
        (EDITOR, "unheard.of", MINE, False),
    ],
)
def test_news_reach_those_who_may_see_the_thing(
    actor: Actor, what: str, project_id: str | None, *, expected: bool
) -> None:
    """And nobody else: other projects, other roles, other scopes, links."""
    assert expected is may_hear(actor, what, project_id)


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ((), True),
        (("asset.ready",), True),
        (("upload.*", "asset.*"), True),
        (("asset",), False),
        (("asset.created",), False),
        (("upload.*",), False),
    ],
)
def test_news_are_chosen_by_name_or_family(families: tuple[str, ...], *, expected: bool) -> None:
    """Who names none wants all."""
    assert expected is wants(families, "asset.ready")
