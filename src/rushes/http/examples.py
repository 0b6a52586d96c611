"""An example of every JSON body that is taken, of the right form for those who copy it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

Document = Mapping[str, Any]

REFERENCE: Final = "#/components/schemas/"

WORDS: Final = MappingProxyType(
    {
        "account_id": "acc_...",
        "client": "Acme Corp",
        "email": "ada@example.org",
        "name": "night render",
        "password": "four words or more",
        "project": "Spring",
        "role": "viewer",
        "scopes": ["read", "write"],
        "title": "Interview, day 2",
        "token": "SETUP-TOKEN",
    }
)
"""What stands in a body, by the name of the member."""

FILM: Final = "interview_4k.mov"
WHEN: Final = "2026-03-01T10:00:00Z"

BODIES: Final[Mapping[str, Document]] = MappingProxyType(
    {
        **{
            f"direct_{who}_{deed}": body
            for who in ("account", "link")
            for deed, body in (
                ("begin", {"filename": FILM, "type": "video/quicktime"}),
                ("sign", {"part_numbers": [1, 2, 3]}),
                ("complete", {"parts": [{"PartNumber": 1, "ETag": '"9b2cf5..."'}]}),
            )
        },
        "complete_upload": {"digest": f"sha-256:{'0f' * 32}"},
        **{deed: {"code": "492039"} for deed in ("confirm_factor", "remove_factor")},
        "renew_recovery_codes": {"code": "492039"},
        "set_account_limits": {"max_total_bytes": 10**12},
        "create_field": {"key": "take", "label": "Take", "kind": "number"},
        "change_field": {"label": "Take"},
        **{f"{deed}_note": {"text": "Take two is the one."} for deed in ("write", "change")},
        "keep_search": {"name": "Dailies", "filter": {"q": "interview", "kind": "video"}},
        "change_search": {"name": "Dailies of March"},
        "change_assets": {"ids": ["ast_..."], "add_tags": ["dailies"]},
        **{name: {"asset_ids": ["ast_..."]} for name in ("create_bundle", "bundle_shown")},
        "create_share": {"project": "Acme/Spring", "title": "First cut"},
        "order_warming": {"asset_ids": ["ast_..."], "at": WHEN},
        "pin_asset": {"until": WHEN},
        "serve_agent": {"tree_id": "tree_...", "wait": 5},
        "import_objects": {"prefix": "rushes/2026/"},
        "change_migration": {"deed": "pause"},
        "set_color": {"color": "rec709"},
        "create_webhook": {"url": "https://example.com/rushes", "events": ["asset.ready"]},
        "change_webhook": {"is_active": False},
        "replay_failed": {"since": WHEN},
        "subscribe": {"hookUrl": "https://hooks.example.com/1", "event": "asset.ready"},
    }
)
"""Where what is required, with the words above, would say nothing; by the operation's id."""


def sample_body(name: str, schema: Document, schemas: Document) -> object:
    """Return what is sent to an operation: its own example, its schema's, or what is required.

    Args:
        name: the operation's id.
        schema: what it takes, by reference.
        schemas: all that the document knows.
    """
    if name in BODIES:
        return dict(BODIES[name])
    named = schema if "$ref" in schema else next(iter(schema.get("anyOf", ({},))))
    known = schemas.get(str(named.get("$ref", "")).removeprefix(REFERENCE), {})
    if known.get("examples"):
        return known["examples"][0]
    members: Document = known.get("properties", {})
    wanted = known.get("required") or [*members][:1]
    return {one: WORDS.get(one, _plain(members[one])) for one in wanted}


def _plain(schema: Document) -> object:
    """Return a value where there is no word: an example, the default, or a plain one."""
    if schema.get("examples"):
        return schema["examples"][0]
    by_type: dict[str, object] = {"integer": 1, "number": 1.0, "boolean": True, "array": []}
    return schema.get("default", by_type.get(schema.get("type", ""), "..."))
