"""An example of every operation, as it is typed into a shell.

`RUSHES_URL` and `RUSHES_TOKEN` are the names that the command line uses as well.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

Document = Mapping[str, Any]

PLACES: Final = MappingProxyType(
    {
        "account_id": "acc_...",
        "asset_id": "ast_...",
        "job_id": "JOB",
        "link_id": "lnk_...",
        "path": "index.m3u8",
        "project_id": "prj_...",
        "signed": "SIGNED",
        "token": "rsh_lnk_...",
        "token_id": "tok_...",
        "upload_id": "upl_...",
    }
)
"""What stands in an address."""

HEADERS: Final = MappingProxyType(
    {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "1048576",
        "Upload-Offset": "0",
        "Upload-Metadata": "filename Y2xpcC5tb3Y=,project YWNtZS9zcHJpbmc=",
        "X-HTTP-Method-Override": "PATCH",
    }
)
"""What stands in a header; others are left out."""

AT_CREATION: Final = frozenset({"Upload-Length", "Upload-Metadata"})
JSON: Final = "application/json"
BREAK: Final = " \\\n  "


def write_example(path: str, method: str, operation: Document) -> str:
    """Return a command line of curl that calls an operation."""
    address = path
    for name, value in PLACES.items():
        address = address.replace(f"{{{name}}}", value)
    lines = [f'curl {_option(method)}"$RUSHES_URL{address}"']
    if any("token" in way for way in operation["security"]):
        lines.append('-H "Authorization: Bearer $RUSHES_TOKEN"')
    lines += _list_headers(method, operation)
    lines += _list_body(operation.get("requestBody"))
    return BREAK.join(lines)


def _option(method: str) -> str:
    if method == "head":
        return "--head "
    return "" if method == "get" else f"-X {method.upper()} "


def _list_headers(method: str, operation: Document) -> Iterator[str]:
    is_creation = method == "post" and "201" in operation["responses"]
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        is_wanted = parameter.get("required") or (is_creation and name in AT_CREATION)
        if parameter["in"] == "header" and is_wanted and name in HEADERS:
            yield f"-H {shlex.quote(f'{name}: {HEADERS[name]}')}"


def _list_body(told: Document | None) -> Iterator[str]:
    if told is None:
        return
    media_type, content = next(iter(told["content"].items()))
    if media_type != JSON:
        if told.get("required"):
            yield f"-H {shlex.quote(f'Content-Type: {media_type}')}"
            yield "--data-binary @clip.mov"
        return
    yield f"-H {shlex.quote(f'Content-Type: {media_type}')}"
    yield f"-d {shlex.quote(json.dumps(content['example']))}"
