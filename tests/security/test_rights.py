"""Everybody at every route against the one table of rights: whoever may can, nobody else does.

What is expected comes from `http.verbs.VERBS` and `access.permit.RIGHTS`; the small tables below
say which thing is asked for. A route that stands in neither has no document, and all of this fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rushes.access.permit import OWN_ONLY, RIGHTS, Rank, Scope, Verb
from rushes.http.openapi import list_operations
from rushes.http.verbs import ANYONE, VERBS
from tests.security.people import WHO, Town
from tests.security.test_matrix import fill
from tests.support.receiving import metadata

RANKS = {
    **{name: Rank(name) for name in ("superadmin", "admin", "editor", "viewer", "link")},
    "foreigner": Rank.EDITOR,
    "reader": Rank.ADMIN,
}
ORDER = (
    *("link", "reader", "foreigner", "viewer", "editor", "admin", "superadmin"),
    *("expired_link", "nobody"),
)
"""Those who may little come first: they change nothing. Last those whose guesses are counted."""

SAFE = frozenset({"get", "head", "options"})
REFUSED = frozenset({401, 403, 404, 429})

OPEN_HERE = frozenset({"metrics"})
"""What this machine may ask for, whoever asks."""

OF_THE_ADMIN = frozenset({"get_account", "get_token", "rename_token", "revoke_token"})
"""What is the admin's own, as the ids of the town are: the first verb is enough for the admin."""

LEAST = frozenset({"create_account", "list_tokens"})
"""What is asked here as harmlessly as it can be: the first verb is enough for everybody."""

OF_THE_PROJECT = frozenset(
    {"create_link", "create_share", "tus_account_post_uploads", "resumable_account_post_uploads"}
)
"""What names the project in its body or headers, not in its path."""

BODIES: dict[str, dict[str, object]] = {
    "create_upload": {"file_name": "a.mov", "size_bytes": 1},
    "bind_slot": {"file_name": "a.mov", "size_bytes": 1},
    "create_field": {"key": "take", "label": "Take", "kind": "number"},
    "change_field": {"label": "Take"},
    "keep_search": {"name": "Dailies", "filter": {"q": "a"}},
    "change_search": {"name": "Dailies"},
    "change_assets": {"ids": []},
    "create_link": {"client": "Acme", "project": "Spring"},
    "complete_upload": {},
    "create_bundle": {"asset_ids": ["ast_unknown"]},
    "create_share": {"project": "Acme/Spring"},
    "change_share": {"title": "First cut"},
    "set_color": {"color": "rec709"},
    "create_webhook": {"url": "https://example.com/", "events": ["*"]},
    "change_webhook": {"description": "the DAM"},
    "pin_asset": {},
    "serve_agent": {"tree_id": "unknown", "wait": 0},
    "order_warming": {"asset_ids": ["ast_unknown"], "at": "2030-01-01T00:00:00Z"},
    "change_migration": {"deed": "pause"},
    "replay_failed": {"since": "2026-01-01T00:00:00Z"},
    "subscribe": {"hookUrl": "https://example.com/", "event": "asset.ready"},
    "set_account_limits": {"max_uploads_per_day": None},
    "direct_account_sign": {"part_numbers": [1]},
    "direct_link_sign": {"part_numbers": [1]},
}
"""Where the sample of the reference would not hit our project."""

LAST = ("delete_account", "change_account", "log_out")
"""What may end one's own session, and so comes at the end."""


Operation = tuple[str, str, dict[str, Any]]


def list_asked(document: dict[str, Any], *, is_safe: bool) -> list[Operation]:
    """Return the operations that change nothing, or those that do; session's ends at the end."""
    found = [one for one in list_operations(document) if (one[1] in SAFE) == is_safe]
    return sorted(found, key=lambda one: ("", *LAST).index(_late(one[2]["operationId"])))


def _late(name: str) -> str:
    return name if name in LAST else ""


def find_verb(who: str, name: str) -> Verb:
    """Return what this operation asks of this person for the things of the town."""
    verbs = VERBS[name]
    if name in LEAST or (name in OF_THE_ADMIN and who in {"admin", "reader"}):
        return verbs[0]
    return Verb.APPEND_UPLOAD if name.endswith("post_upload") else verbs[-1]


def may(who: str, name: str, path: str) -> bool:
    """Say what the tables say."""
    if name in ANYONE | OPEN_HERE:
        return True
    if who not in RANKS or ("/u/" in path and who != "link"):
        return False
    verb = find_verb(who, name)
    ranks, scope = RIGHTS[verb]
    is_project = any(
        f"{{{kind}_id}}" in path for kind in ("project", "link", "share", "upload", "asset", "job")
    )
    if who == "foreigner" and (is_project or name in OF_THE_PROJECT):
        return False
    if who == "link" and verb in OWN_ONLY and "{upload_id}" in path:
        return False
    return RANKS[who] in ranks and (who != "reader" or scope is Scope.READ)


async def ask(town: Town, who: str, operation: Operation) -> httpx.Response:
    """Send what the operation takes, about our things."""
    path, method, told = operation
    token = town.people[who].headers.get("Rushes-Link", "unknown")
    headers: dict[str, str] = {}
    content: dict[str, Any] = {}
    if told["tags"] == ["tus"]:
        headers = _tus_headers(method, path, town.ours["project_id"])
    elif told["tags"] == ["resumable"]:
        headers = _resumable_headers(method, town.ours["project_id"])
    elif "requestBody" in told:
        content = _body(told)
    address = fill(path, town.ours | {"token": token})
    return await town.people[who].request(method.upper(), address, headers=headers, **content)


def _body(told: dict[str, Any]) -> dict[str, Any]:
    kinds = told["requestBody"]["content"]
    if "application/json" not in kinds:
        return {"content": b"!"}
    return {"json": BODIES.get(told["operationId"], kinds["application/json"]["example"])}


def _tus_headers(method: str, path: str, project_id: str) -> dict[str, str]:
    headers = {"Tus-Resumable": "1.0.0"}
    if method == "post" and not path.endswith("}"):
        words = metadata(filename="a.mov", filetype="video/quicktime", project=project_id)
        return headers | {"Upload-Length": "1", "Upload-Metadata": words}
    headers |= {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    return headers | ({"X-HTTP-Method-Override": "PATCH"} if method == "post" else {})


def _resumable_headers(method: str, project_id: str) -> dict[str, str]:
    headers = {"Upload-Draft-Interop-Version": "8", "Upload-Complete": "?0"}
    if method == "post":
        words = metadata(filename="a.mov", filetype="video/quicktime", project=project_id)
        return headers | {"Upload-Length": "1", "Upload-Metadata": words}
    return headers | {"Upload-Offset": "0", "Content-Type": "application/partial-upload"}


async def list_wrong(town: Town, operations: list[Operation]) -> dict[tuple[str, str], str]:
    """Let everybody try everything; return what went otherwise than the tables say."""
    wrong = {}
    for who in ORDER:
        for operation in operations:
            path, _, told = operation
            name = told["operationId"]
            answer = await ask(town, who, operation)
            is_as_told = (
                answer.status_code < 500 and answer.status_code not in {401, 403}
                if may(who, name, path)
                else answer.status_code in REFUSED
            )
            if not is_as_told and not (name in ANYONE and answer.status_code < 500):
                wrong[who, name] = f"{answer.status_code} {answer.text[:200]}"
    return wrong


@pytest.mark.timeout(240)
@pytest.mark.covers("X-SEC-01", "X-SEC-02", "T-SEC-03", "BG-09", "BG-23", "BG-40")
async def test_whoever_may_can_and_nobody_else_does(town: Town) -> None:
    """Nine kinds of people at every operation: no 2xx too many, no refusal too many, no 5xx."""
    document = town.app.openapi()
    reading = list_asked(document, is_safe=True)
    changing = list_asked(document, is_safe=False)

    wrong_reading = await list_wrong(town, reading)
    wrong_changing = await list_wrong(town, changing)

    assert {*WHO} == {*ORDER}
    assert 60 < len(reading) + len(changing)
    assert {} == wrong_reading
    assert {} == wrong_changing


def test_the_tables_tell_people_apart() -> None:
    """Each kind of person may something that another may not: no row of this test is idle."""

    def list_rights() -> Iterator[frozenset[str]]:
        for who in WHO:
            yield frozenset(name for name in VERBS if may(who, name, "/api/v1/assets/{asset_id}"))

    rights = dict(zip(WHO, list_rights(), strict=True))

    assert rights["viewer"] < rights["editor"] < rights["admin"] < rights["superadmin"]
    assert rights["reader"] < rights["admin"]
    assert frozenset(OPEN_HERE) == rights["nobody"] == rights["expired_link"]
