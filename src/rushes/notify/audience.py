"""Who may hear of what: the right that each family of news asks for.

1. A family that stands in no row of `ASKED` is told to those who may change settings.
2. What belongs to no project is for those who see every project.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from rushes.access.permit import Actor, Verb, may

JOB_CHANGED: Final = "job.changed"
UPLOAD_PROGRESSED: Final = "upload.progressed"
GAP: Final = "live.gap"

ASKED: Final = MappingProxyType(
    {
        "account": Verb.SEE_ACCOUNTS,
        "asset": Verb.SEE_ASSET,
        "field": Verb.SEE_PROJECTS,
        "job": Verb.SEE_JOBS,
        "key": Verb.CHANGE_SECURITY,
        "link": Verb.SEE_LINKS,
        "partner": Verb.SEE_ASSET,
        "placement": Verb.SEE_ASSET,
        "project": Verb.SEE_PROJECTS,
        "rendition": Verb.SEE_ASSET,
        "roll_out": Verb.CHANGE_SETTINGS,
        "scan": Verb.SEE_UPLOAD,
        "session": Verb.SEE_ACCOUNTS,
        "share": Verb.SEE_SHARES,
        "tier": Verb.RUN_TIERS,
        "token": Verb.SEE_ACCOUNTS,
        "upload": Verb.SEE_UPLOAD,
        "webhook": Verb.MANAGE_WEBHOOKS,
    }
)
"""For each family (`asset` of `asset.ready`): what one must be allowed to do to hear of it."""

SHAKING: Final = frozenset(
    {
        *("account.deleted", "account.factor_removed", "account.locked_down", "account.updated"),
        *("project.deleted", "project.updated", "session.ended", "token.revoked"),
    }
)
"""After these, what somebody may hear is asked anew."""


def may_hear(actor: Actor, what: str, project_id: str | None) -> bool:
    """Say whether an actor may hear of news of this type, about a thing of this project."""
    verb = ASKED.get(what.partition(".")[0], Verb.CHANGE_SETTINGS)
    if project_id is None and actor.project_ids is not None:
        return False
    return may(actor, verb, project_id)


def wants(families: Collection[str], what: str) -> bool:
    """Say whether news of this type was asked for, by its name or family; none asks for all."""
    return not families or what in families or f"{what.partition('.')[0]}.*" in families
