"""The one schema: whoever imports this has every table."""

from __future__ import annotations

from typing import Final

from rushes.db.alarm_tables import tier_alarms
from rushes.db.answer_tables import kept_answers
from rushes.db.audit_tables import BESIDE as AUDITED
from rushes.db.bundle_tables import bundles
from rushes.db.catalog_tables import BESIDE as FOUND
from rushes.db.door_tables import BESIDE as PROVED
from rushes.db.editing_tables import EDITING
from rushes.db.identity_tables import identities
from rushes.db.lab_tables import segment_wishes
from rushes.db.ledger_tables import LEDGER
from rushes.db.letter_tables import letters
from rushes.db.movement_tables import MOVED
from rushes.db.notify_tables import BESIDE as TOLD
from rushes.db.partner_tables import BESIDE as ELSEWHERE
from rushes.db.scan_tables import scans
from rushes.db.share_tables import BESIDE as HANDED_OUT
from rushes.db.tables import metadata
from rushes.db.upload_tables import BESIDE, imported_objects
from rushes.db.vault_tables import VAULTED
from rushes.db.warm_tables import warm_orders

EXTENSIONS: Final = (
    *BESIDE,
    segment_wishes,
    imported_objects,
    *VAULTED,
    *TOLD,
    letters,
    *LEDGER,
    *(tier_alarms, warm_orders),
    *MOVED,
    *HANDED_OUT,
    *EDITING,
    *FOUND,
    bundles,
    scans,
    *ELSEWHERE,
    *AUDITED,
    *PROVED,
    kept_answers,
    identities,
)
"""Tables that stand in files beside `tables`."""

WHOLE_SCHEMA: Final = metadata
