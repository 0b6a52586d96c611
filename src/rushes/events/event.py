"""An event: a past-tense fact, written beside the change it tells of.

1. Events are append-only: they are the audit log, and the database refuses to change one.
2. `data` always names `asset_id`, `client` and `project` where there are any (API.md, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

SYSTEM_ACTOR = "system"
"""Who acts when no person or program asked."""


class EventType(StrEnum):
    """Everything that can have happened."""

    ACCOUNT_CODE_USED = "account.code_used"
    ACCOUNT_CODES_RENEWED = "account.codes_renewed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_DELETED = "account.deleted"
    ACCOUNT_FACTOR_ADDED = "account.factor_added"
    ACCOUNT_FACTOR_REMOVED = "account.factor_removed"
    ACCOUNT_LOCKED_DOWN = "account.locked_down"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_VOUCHED_FOR = "account.vouched_for"
    ASSET_COLORED = "asset.colored"
    ASSET_CREATED = "asset.created"
    ASSET_DELETED = "asset.deleted"
    ASSET_FAILED = "asset.failed"
    ASSET_PLAYABLE = "asset.playable"
    ASSET_READY = "asset.ready"
    ASSET_UPDATED = "asset.updated"
    FIELD_CREATED = "field.created"
    FIELD_DELETED = "field.deleted"
    FIELD_UPDATED = "field.updated"
    KEY_FORGOTTEN = "key.forgotten"
    KEY_ROTATED = "key.rotated"
    LINK_CREATED = "link.created"
    LINK_DELETED = "link.deleted"
    LINK_UPDATED = "link.updated"
    LINK_USED = "link.used"
    PARTNER_ASKED = "partner.asked"
    PARTNER_FAILED = "partner.failed"
    PARTNER_READY = "partner.ready"
    PARTNER_REMOVED = "partner.removed"
    PARTNER_WITHDRAWN = "partner.withdrawn"
    PLACEMENT_EVICTED = "placement.evicted"
    PLACEMENT_LOST = "placement.lost"
    PLACEMENT_PINNED = "placement.pinned"
    PLACEMENT_PRESENT = "placement.present"
    PLACEMENT_RECALLED = "placement.recalled"
    PLACEMENT_REPAIRED = "placement.repaired"
    PLACEMENT_WISHED = "placement.wished"
    PROJECT_CREATED = "project.created"
    PROJECT_DELETED = "project.deleted"
    PROJECT_UPDATED = "project.updated"
    RENDITION_FAILED = "rendition.failed"
    RENDITION_READY = "rendition.ready"
    RENDITION_WANTED = "rendition.wanted"
    ROLL_OUT_WANTED = "roll_out.wanted"
    SCAN_FAILED = "scan.failed"
    SCAN_FINISHED = "scan.finished"
    SCAN_INFECTED = "scan.infected"
    SCAN_REOPENED = "scan.reopened"
    SESSION_CREATED = "session.created"
    SESSION_ENDED = "session.ended"
    SESSION_REFUSED = "session.refused"
    SHARE_CREATED = "share.created"
    SHARE_DELETED = "share.deleted"
    SHARE_DOWNLOADED = "share.downloaded"
    SHARE_UPDATED = "share.updated"
    SHARE_VIEWED = "share.viewed"
    TIER_ALERT = "tier.alert"
    TIER_CHECK_ASKED = "tier.check_asked"
    TIER_EVICTION_ASKED = "tier.eviction_asked"
    TIER_MOUNT_BACK = "tier.mount_back"
    TIER_MOUNT_LOST = "tier.mount_lost"
    TIER_MOVED = "tier.moved"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of a fact
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the same
    UPLOAD_ACCEPTED = "upload.accepted"
    UPLOAD_CANCELLED = "upload.cancelled"
    UPLOAD_COMPLETED = "upload.completed"
    UPLOAD_CREATED = "upload.created"
    UPLOAD_EXPIRED = "upload.expired"
    UPLOAD_QUARANTINED = "upload.quarantined"
    UPLOAD_READABLE = "upload.readable"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_PAUSED = "webhook.paused"
    WEBHOOK_PINGED = "webhook.pinged"
    WEBHOOK_UPDATED = "webhook.updated"


INTERNAL: Final = frozenset({EventType.PLACEMENT_WISHED, EventType.UPLOAD_READABLE})
"""What only the journey follows; it is no news for anybody else."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `actor` is an account, token, link or share id, or `system`; `subject` is the id of the thing
    that the fact is about. `data` holds plain JSON values.
    """

    id: str
    type: EventType
    created_at: datetime
    actor: str
    subject: str
    project_id: str | None = None
    asset_id: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)
