"""tus 1.0 as the OpenAPI document tells it: the headers and bodies of each method.

Source: https://tus.io/protocols/resumable-upload. The routes read headers as `uploads.tus` parses
them, so the framework cannot know any of these words.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from rushes.http.upload_words import Headers, path_parameters
from rushes.uploads.tus import BODY_TYPE, CHECKSUM_MISMATCH, VERSION

OVERRIDE: Final = "X-HTTP-Method-Override"

REQUEST_HEADERS: Final = MappingProxyType(
    {
        "Tus-Resumable": f"The version of the protocol: {VERSION}.",
        "Upload-Length": "Bytes of the whole file.",
        "Upload-Defer-Length": "`1`: the length is told later, with a PATCH.",
        "Upload-Concat": "`partial`, or `final;` and the addresses of partial uploads.",
        "Upload-Metadata": "Pairs of a key and a value in base64; we read filename, filetype and "
        "project (`client/project` or a project's id), and keep the rest.",
        "Upload-Offset": "The byte at which the body begins: what HEAD said last.",
        "Upload-Checksum": "An algorithm and the body's digest in base64; a body that is not it "
        "is not kept.",
        OVERRIDE: "The method that is meant, for clients that can send no other than POST.",
    }
)
ANSWER_HEADERS: Final = MappingProxyType(
    {
        "Location": "The upload's address.",
        "Upload-Offset": "Bytes that are kept, whatever happens.",
        "Upload-Length": "Bytes of the whole file, once told.",
        "Upload-Concat": "Whether it is a partial upload, or of which it is made; as sent.",
        "Upload-Expires": "When an unfinished upload is thrown away.",
        "Tus-Version": "The versions that this server speaks.",
        "Tus-Extension": "The extensions that this server speaks.",
        "Tus-Max-Size": "Bytes that a file may have at most.",
        "Tus-Checksum-Algorithm": "Algorithms of Upload-Checksum.",
    }
)

HEADERS: Final = Headers(REQUEST_HEADERS, ANSWER_HEADERS)

SENT: Final = MappingProxyType(
    {
        "POST": (
            *("Upload-Length", "Upload-Defer-Length", "Upload-Concat"),
            *("Upload-Metadata", "Upload-Checksum"),
        ),
        "PATCH": ("Upload-Offset", "Upload-Length", "Upload-Checksum"),
    }
)
ANSWERED: Final = MappingProxyType(
    {
        "POST": ("Location", "Upload-Offset", "Upload-Expires"),
        "HEAD": ("Upload-Offset", "Upload-Length", "Upload-Concat", "Upload-Expires"),
        "PATCH": ("Upload-Offset", "Upload-Expires"),
        "OPTIONS": ("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    }
)
REQUIRED: Final = frozenset({("PATCH", "Upload-Offset")})
UNVERSIONED: Final = frozenset({"GET", "OPTIONS"})
STATUSES: Final = MappingProxyType(
    {"POST": 201, "HEAD": 200, "PATCH": 204, "DELETE": 204, "GET": 307, "OPTIONS": 204}
)

RAW: Final[dict[str, Any]] = {BODY_TYPE: {"schema": {"type": "string", "format": "binary"}}}

BYTES: Final = MappingProxyType(
    {
        "200": "All bytes of what was sent.",
        "206": "One range of them.",
        "304": "They are there already.",
        "416": "The range lies beyond the end.",
    }
)
"""What a GET is answered with where the bytes come from here, not from a store's address."""


def describe(method: str, path: str) -> dict[str, Any]:
    """Return what one operation adds to the document; a POST to an upload stands for others."""
    is_stand_in = method == "POST" and path.endswith("}")
    meant = "PATCH" if is_stand_in else method
    told: dict[str, Any] = {"parameters": [*path_parameters(path)]}
    if method not in UNVERSIONED:
        told["parameters"] += [HEADERS.ask("Tus-Resumable", is_required=True)]
    if is_stand_in:
        told["parameters"] += [HEADERS.ask(OVERRIDE, is_required=True)]
    for name in SENT.get(meant, ()):
        is_required = not is_stand_in and (method, name) in REQUIRED
        told["parameters"] += [HEADERS.ask(name, is_required=is_required)]
    if meant in SENT:
        told["requestBody"] = {"required": meant == method == "PATCH", "content": RAW}
    told["responses"] = {str(STATUSES[meant]): {"headers": HEADERS.answer(ANSWERED.get(meant, ()))}}
    if method == "GET":
        told["responses"] |= {status: {"description": words} for status, words in BYTES.items()}
    if meant in SENT:
        told["responses"][str(CHECKSUM_MISMATCH)] = {
            "description": "The body is not what Upload-Checksum said; nothing of it is kept."
        }
    return told
