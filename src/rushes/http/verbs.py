"""What each operation asks of its caller: one row for each, by the operation's id.

The OpenAPI document, the pages under /docs and the test that lets everybody try everything read
this table. An operation that stands in neither part of it makes the document fail, so no route
can be added without saying who may call it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from rushes.access.permit import Verb

ANYONE: Final = frozenset(
    {
        *("read_bundle", "head_read_bundle"),
        *("log_in", "claim", "unlock_link", "signed_path", "head_signed_path"),
        "hear_partner",
        *("visit_share", "list_shown", "get_shown", "play_shown", "download_shown"),
        *("image_shown", "bundle_shown", "get_logo"),
        *("healthz", "readyz"),
        *(
            f"{protocol}_{who}_options_{what}"
            for protocol in ("tus", "resumable")
            for who in ("account", "link")
            for what in ("uploads", "upload")
        ),
    }
)
"""What may be called by nobody in particular: what is sent, or the address, is the proof."""

_UPLOADING: Final = {
    "post_uploads": (Verb.ADD_UPLOAD,),
    "head_upload": (Verb.SEE_UPLOAD,),
    "get_upload": (Verb.SEE_UPLOAD,),
    "patch_upload": (Verb.APPEND_UPLOAD,),
    "delete_upload": (Verb.CANCEL_UPLOAD,),
    "post_upload": (Verb.SEE_UPLOAD, Verb.APPEND_UPLOAD, Verb.CANCEL_UPLOAD),
}


def _list_uploading() -> Iterator[tuple[str, tuple[Verb, ...]]]:
    for name, verbs in _UPLOADING.items():
        yield f"tus_account_{name}", verbs
        yield f"tus_link_{name}", verbs
        if name != "post_upload":
            yield f"resumable_account_{name}", verbs
            yield f"resumable_link_{name}", verbs


_DIRECT: Final = {
    "params": (Verb.ADD_UPLOAD,),
    "begin": (Verb.ADD_UPLOAD,),
    "parts": (Verb.SEE_UPLOAD,),
    "abort": (Verb.CANCEL_UPLOAD,),
    "batch": (Verb.APPEND_UPLOAD,),
    "sign": (Verb.APPEND_UPLOAD,),
    "part": (Verb.APPEND_UPLOAD,),
    "complete": (Verb.APPEND_UPLOAD,),
}


_FIELDS: Final = (Verb.CHANGE_PROJECT, Verb.CHANGE_SETTINGS)

_WEBHOOKS: Final = (
    *("list_webhooks", "create_webhook", "get_webhook", "change_webhook", "delete_webhook"),
    *("rotate_webhook", "ping_webhook", "list_deliveries", "replay_delivery", "replay_failed"),
    *("subscribe", "unsubscribe", "sample"),
)

_FACTORS: Final = (
    *("begin_factor", "get_factor_code", "confirm_factor"),
    *("renew_recovery_codes", "remove_factor"),
)

VERBS: Final = MappingProxyType(
    {
        "who_am_i": (Verb.SEE_SELF,),
        "log_out": (Verb.SEE_SELF,),
        "get_factor": (Verb.SEE_SELF,),
        **dict.fromkeys(_FACTORS, (Verb.MANAGE_SELF,)),
        **dict.fromkeys(
            ("lock_account_down", "reset_account_factor"),
            (Verb.MANAGE_ACCOUNTS, Verb.MANAGE_ADMINS),
        ),
        "list_accounts": (Verb.SEE_ACCOUNTS,),
        "create_account": (Verb.MANAGE_ACCOUNTS, Verb.MANAGE_ADMINS),
        "get_account": (Verb.SEE_SELF, Verb.SEE_ACCOUNTS),
        "change_account": (Verb.MANAGE_SELF, Verb.MANAGE_ACCOUNTS, Verb.MANAGE_ADMINS),
        "set_account_limits": (Verb.MANAGE_ACCOUNTS, Verb.MANAGE_ADMINS),
        "delete_account": (Verb.MANAGE_ACCOUNTS, Verb.MANAGE_ADMINS),
        "list_tokens": (Verb.SEE_SELF, Verb.SEE_ACCOUNTS),
        "create_token": (Verb.MANAGE_SELF,),
        "get_token": (Verb.SEE_SELF, Verb.SEE_ACCOUNTS),
        "rename_token": (Verb.MANAGE_SELF, Verb.MANAGE_ACCOUNTS),
        "revoke_token": (Verb.MANAGE_SELF, Verb.MANAGE_ACCOUNTS),
        "list_projects": (Verb.SEE_PROJECTS,),
        "create_project": (Verb.CREATE_PROJECT,),
        "get_project": (Verb.SEE_PROJECTS,),
        "rename_project": (Verb.CHANGE_PROJECT,),
        **dict.fromkeys(("survey_project", "delete_project"), (Verb.DELETE_PROJECT,)),
        "list_members": (Verb.MANAGE_MEMBERS,),
        "add_member": (Verb.MANAGE_MEMBERS,),
        "set_member": (Verb.MANAGE_MEMBERS,),
        "remove_member": (Verb.MANAGE_MEMBERS,),
        "list_links": (Verb.SEE_LINKS,),
        "create_link": (Verb.MANAGE_LINKS,),
        **dict.fromkeys(("get_link", "get_link_code"), (Verb.SEE_LINKS,)),
        "change_link": (Verb.MANAGE_LINKS,),
        "toggle_link": (Verb.MANAGE_LINKS,),
        "delete_link": (Verb.MANAGE_LINKS,),
        "keep_logo": (Verb.MANAGE_LINKS,),
        **dict.fromkeys(("list_shares", "get_share", "get_share_use"), (Verb.SEE_SHARES,)),
        "get_share_code": (Verb.SEE_SHARES,),
        **dict.fromkeys(("create_share", "change_share", "delete_share"), (Verb.MANAGE_SHARES,)),
        **dict(_list_uploading()),
        **{f"direct_account_{name}": verbs for name, verbs in _DIRECT.items()},
        **{f"direct_link_{name}": verbs for name, verbs in _DIRECT.items()},
        "create_upload": (Verb.ADD_UPLOAD,),
        "create_slots": (Verb.ADD_UPLOAD,),
        "bind_slot": (Verb.APPEND_UPLOAD,),
        "test_download": (Verb.ADD_UPLOAD,),
        "test_upload": (Verb.ADD_UPLOAD,),
        "put_chunk": (Verb.APPEND_UPLOAD,),
        "complete_upload": (Verb.APPEND_UPLOAD,),
        "list_uploads": (Verb.SEE_UPLOAD,),
        "list_held": (Verb.SEE_SETTINGS,),
        "scan_held_again": (Verb.CHANGE_SETTINGS,),
        "release_held": (Verb.CHANGE_SETTINGS,),
        "list_unfinished": (Verb.SEE_UPLOAD,),
        "get_upload": (Verb.SEE_UPLOAD,),
        "delete_upload": (Verb.CANCEL_UPLOAD,),
        "list_assets": (Verb.SEE_ASSET,),
        "get_asset": (Verb.SEE_ASSET,),
        "change_asset": (Verb.CHANGE_ASSET,),
        **dict.fromkeys(("survey_asset", "delete_asset"), (Verb.DELETE_ASSET,)),
        **{f"{deed}_field": _FIELDS for deed in ("create", "change", "delete")},
        "list_fields": (Verb.SEE_PROJECTS,),
        "get_field": (Verb.SEE_PROJECTS,),
        "list_notes": (Verb.SEE_ASSET,),
        "get_note": (Verb.SEE_ASSET,),
        **{f"{deed}_note": (Verb.NOTE_ASSET,) for deed in ("write", "change", "delete")},
        "list_searches": (Verb.SEE_ASSET,),
        "get_search": (Verb.SEE_ASSET,),
        **{f"{deed}_search": (Verb.KEEP_SEARCH,) for deed in ("keep", "change", "delete")},
        "change_assets": (Verb.CHANGE_ASSET,),
        "list_activity": (Verb.SEE_ASSET,),
        "list_events": (Verb.SEE_AUDIT,),
        "listen": (Verb.SEE_ASSET,),
        "list_audit": (Verb.SEE_AUDIT,),
        "export_audit": (Verb.SEE_SETTINGS,),
        "get_color": (Verb.SEE_ASSET,),
        "set_color": (Verb.CHANGE_ASSET,),
        "list_luts": (Verb.SEE_ASSET,),
        "put_lut": (Verb.CHANGE_ASSET,),
        "delete_lut": (Verb.CHANGE_ASSET,),
        "playback": (Verb.PLAY_ASSET,),
        "create_bundle": (Verb.PLAY_ASSET, Verb.GET_ORIGINAL),
        "download": (Verb.PLAY_ASSET, Verb.GET_ORIGINAL),
        "render_manifest": (Verb.PLAY_ASSET, Verb.GET_ORIGINAL),
        "original": (Verb.GET_ORIGINAL,),
        "head_original": (Verb.GET_ORIGINAL,),
        "image": (Verb.PLAY_ASSET,),
        "deliver": (Verb.PLAY_ASSET,),
        "renditions": (Verb.SEE_ASSET,),
        "placements": (Verb.SEE_ASSET,),
        "list_edges": (Verb.PLAY_ASSET,),
        **dict.fromkeys(
            (
                *("list_tiers", "plan_eviction", "list_retention_runs", "list_movements"),
                *("get_ledger", "list_alarms", "plan_warming", "order_warming"),
                *("ask_check", "list_checks", "get_check", "purge_archive"),
                *("get_migration", "change_migration"),
                *("carry_out_plan", "recall_asset", "evict_asset", "pin_asset", "unpin_asset"),
            ),
            (Verb.RUN_TIERS,),
        ),
        "serve_agent": (Verb.SERVE_EDITING,),
        "import_objects": (Verb.RUN_TIERS,),
        "survey_remake": (Verb.CHANGE_SETTINGS,),
        "remake_all": (Verb.CHANGE_SETTINGS,),
        "remake_asset": (Verb.RUN_JOBS,),
        "list_jobs": (Verb.SEE_JOBS,),
        "get_job": (Verb.SEE_JOBS,),
        "cancel_job": (Verb.RUN_JOBS,),
        "retry_job": (Verb.RUN_JOBS,),
        "raise_job": (Verb.RUN_JOBS,),
        "metrics": (Verb.SEE_SETTINGS,),
        "list_partner_copies": (Verb.PLAY_ASSET,),
        **dict.fromkeys(("hand_to_partner", "withdraw_from_partner"), (Verb.MANAGE_SHARES,)),
        "list_project_partners": (Verb.SEE_PROJECTS,),
        **dict.fromkeys(("add_project_partner", "remove_project_partner"), (Verb.MANAGE_MEMBERS,)),
        **dict.fromkeys(_WEBHOOKS, (Verb.MANAGE_WEBHOOKS,)),
    }
)
"""The first verb is the least that is asked; further ones for what is not one's own."""
