"""IETF resumable uploads as the OpenAPI document tells them: headers and bodies of each method.

Source: draft-ietf-httpbis-resumable-upload. The routes read headers as `uploads.resumable` parses
them, so the framework cannot know any of these words.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from rushes.http.upload_words import Headers, path_parameters
from rushes.uploads.resumable import NEWEST, OLDEST, PARTIAL_TYPE, VERSION_HEADER

REQUEST_HEADERS: Final = MappingProxyType(
    {
        VERSION_HEADER: f"The version of the draft, {OLDEST} to {NEWEST}; without it the newest "
        "rules hold, and no interim answers are sent.",
        "Upload-Complete": "`?1`: the body ends the file; `?0`: more will come.",
        "Upload-Incomplete": "Version 3 alone: the opposite of Upload-Complete.",
        "Upload-Length": "Bytes of the whole file.",
        "Upload-Offset": "The byte at which the body begins: what HEAD said last.",
        "Content-Disposition": "The file's name: `inline; filename*=UTF-8''name.mov`.",
        "Upload-Metadata": "As in tus: filename, filetype and project in base64.",
        "Content-Digest": "The body's digest (RFC 9530); a body that is not it is not kept.",
        "Repr-Digest": "The digest of the whole file; a file that is not it is set aside.",
        "Want-Repr-Digest": "Asks for the digest of the whole file.",
    }
)
ANSWER_HEADERS: Final = MappingProxyType(
    {
        "Location": "The upload's address.",
        "Upload-Offset": "Bytes that are kept, whatever happens.",
        "Upload-Complete": "`?1`: the upload is complete.",
        "Upload-Length": "Bytes of the whole file, once told.",
        "Upload-Limit": "How large, and for how long: max-size, max-append-size, max-age.",
        "Repr-Digest": "The digest of the whole file, where it is wanted and known.",
        "Accept-Patch": "The media type of an append.",
    }
)
HEADERS: Final = Headers(
    REQUEST_HEADERS, ANSWER_HEADERS, frozenset({"Upload-Length", "Upload-Offset", VERSION_HEADER})
)

SENT: Final = MappingProxyType(
    {
        "POST": (
            *("Upload-Complete", "Upload-Incomplete", "Upload-Length", "Content-Disposition"),
            *("Upload-Metadata", "Content-Digest", "Repr-Digest", "Want-Repr-Digest"),
        ),
        "PATCH": (
            *("Upload-Offset", "Upload-Complete", "Upload-Incomplete", "Upload-Length"),
            *("Content-Digest", "Want-Repr-Digest"),
        ),
        "HEAD": ("Want-Repr-Digest",),
        "GET": ("Want-Repr-Digest",),
    }
)
STATE: Final = ("Upload-Offset", "Upload-Complete", "Upload-Limit")
ANSWERED: Final = MappingProxyType(
    {
        "POST": ("Location", *STATE, "Repr-Digest"),
        "PATCH": (*STATE, "Repr-Digest"),
        "HEAD": (*STATE, "Upload-Length", "Repr-Digest"),
        "GET": (*STATE, "Upload-Length", "Repr-Digest"),
        "OPTIONS": ("Accept-Patch", "Upload-Limit"),
    }
)
REQUIRED: Final = frozenset({("PATCH", "Upload-Offset")})
STATUSES: Final = MappingProxyType(
    {"POST": 201, "HEAD": 204, "GET": 204, "PATCH": 204, "DELETE": 204, "OPTIONS": 204}
)
BODIES: Final = MappingProxyType({"POST": "application/octet-stream", "PATCH": PARTIAL_TYPE})
WHOLE: Final = MappingProxyType(
    {"application/json": {"schema": {"$ref": "#/components/schemas/UploadAnswer"}}}
)


def describe(method: str, path: str) -> dict[str, Any]:
    """Return what one operation adds to the document."""
    names = (VERSION_HEADER, *SENT.get(method, ()))
    headers = HEADERS.answer(ANSWERED.get(method, ()))
    told: dict[str, Any] = {
        "parameters": [
            *path_parameters(path),
            *(HEADERS.ask(name, is_required=(method, name) in REQUIRED) for name in names),
        ],
        "responses": {str(STATUSES[method]): {"headers": headers}},
    }
    if method in BODIES:
        schema = {"schema": {"type": "string", "format": "binary"}}
        told["requestBody"] = {"required": False, "content": {BODIES[method]: schema}}
        whole = {
            "description": "The upload is complete",
            "headers": HEADERS.answer(ANSWERED.get(method, ())),
        }
        told["responses"]["201"] = {**whole, "content": dict(WHOLE)}
    return told
