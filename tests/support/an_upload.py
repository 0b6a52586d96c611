"""An upload that stands at byte 40 of 100, for tests that need one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rushes.uploads.upload import Protocol, State, Upload
from tests.support.moments import NOON


def upload(state: State = State.RECEIVING, **known: object) -> Upload:
    """Return it in this state, with what else is known of it."""
    plain = Upload(
        id="upl_1",
        protocol=Protocol.TUS,
        state=state,
        project_id="prj_1",
        account_id=None,
        link_id="lnk_1",
        asset_id="ast_1",
        file_name="a.mov",
        media_type="",
        metadata="",
        size_bytes=100,
        offset=40,
        reserved_bytes=100,
        fence=0,
        root=None,
        digest=None,
        reason=None,
        is_spooled=True,
        created_at=NOON,
        updated_at=NOON,
        expires_at=NOON + timedelta(days=7),
        completed_at=None,
    )
    return replace(plain, **known)  # type: ignore[arg-type]
