"""The OpenAPI document, completed: who may call, what refuses look like, what every name means.

The framework writes down paths, parameters and bodies. What holds for all of them is added here,
once: the ways to prove who one is, the rights of `verbs.VERBS`, the problems of RFC 9457.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from rushes.access.permit import RIGHTS, Rank, Verb
from rushes.http.auth import CSRF_HEADER, LINK_HEADER, PLAIN_COOKIE
from rushes.http.examples import REFERENCE, sample_body
from rushes.http.problem import MEDIA_TYPE
from rushes.http.repeats import HEADER as KEY_HEADER
from rushes.http.repeats import MAX_KEY, takes_key
from rushes.http.verbs import ANYONE, VERBS

Document = dict[str, Any]

METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete")

TAGS: Final = MappingProxyType(
    {
        "session": "Log in, see who one is, log out.",
        "setup": "The first account of a new server.",
        "accounts": "Who may log in.",
        "tokens": "API tokens: for programs that act for an account.",
        "projects": "Clients, their projects, and who is a member.",
        "links": "Upload links, by which a client sends files without an account.",
        "tus": "Send files with any tus 1.0 client: at /files/ with a token, or with nothing but "
        "the address /u/{token}/files/ of an upload link.",
        "resumable": "Send files by IETF resumable uploads, drafts -01 to -11 (versions 3 to 8): "
        "at /uploads/ with a token, or with nothing but the address /u/{token}/uploads/ of a link.",
        "direct": "Send files straight into the archive's bucket, past this server: what Uppy's "
        "`@uppy/aws-s3` asks of a Companion, at /s3/ and at /u/{token}/s3/.",
        "uploads": "What was sent and how far it came, whatever the protocol.",
        "colours": "What films are shown as, and the LUTs that people send.",
        "library": "Assets: found, read, described, deleted; and what happened to them.",
        "live": "What happens, while it happens.",
        "catalogue": "Fields of metadata, notes, kept searches, many assets changed alike.",
        "delivery": "Watch, download, look: signed addresses, and the bytes behind them.",
        "versions": "Qualities that are made anew when the way they are made has changed.",
        "shares": "What is shown to people without an account: made, changed, counted, ended.",
        "visits": "What a share gives to those who were sent it: the token in the path is the "
        "whole right, and a visit begins at /s/{token}/visit.",
        "tiers": "Where objects are kept: what the edge holds, what would leave it, deeds by hand.",
        "jobs": "The work that is done in the background.",
        "webhooks": "Other programs that are told what happens, and what became of it.",
        "partners": "Assets that are handed to services elsewhere: Mux, Cloudflare Stream, "
        "Frame.io.",
        "audit": "Who did what, in a chain that shows when a row was changed.",
        "health": "Whether the server lives, can work, and what it counts.",
    }
)
"""Every group of operations, in the order in which they are read."""

SCHEMES: Final = MappingProxyType(
    {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "rsh_pat_...",
            "description": "An API token. It may do what its account may and its scopes allow.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": PLAIN_COOKIE,
            "description": "The cookie of a log-in (`__Host-rushes` over TLS). What changes "
            f"anything needs the header `{CSRF_HEADER}: 1` as well.",
        },
        "link": {
            "type": "apiKey",
            "in": "header",
            "name": LINK_HEADER,
            "description": "The token of an upload link, with its grant where it has a password.",
        },
    }
)

REFUSALS: Final = MappingProxyType(
    {
        "400": ("Unreadable", "A parameter, a header or the JSON cannot be read."),
        "401": ("Unauthenticated", "Nobody that is known: log in, or send a token."),
        "403": ("Forbidden", "The role, the project or the token's scope is not enough."),
        "404": ("Missing", "There is no such thing, or none that the caller may know of."),
        "413": ("TooLarge", "The body is larger than this address takes."),
        "422": ("Unusable", "The body's values cannot be used; `errors` names each."),
        "default": ("Problem", "What else can be in the way; `code` says what."),
    }
)
"""Answers that many operations have in common: name of the component, and when it is given."""

OUTCOMES: Final = MappingProxyType(
    {
        "200": "Here it is.",
        "201": "It was made.",
        "202": "It will be done.",
        "204": "Done; there is nothing to say.",
        "307": "The address is in `Location`.",
    }
)
"""What a success says, where the route has no words of its own."""

PLAIN: Final = "Successful Response"
"""What the framework says of every success."""

PARAMETERS: Final = MappingProxyType(
    {
        "webhook_id": "The webhook's id, `whk_...`.",
        "delivery_id": "The delivery's id, `dlv_...`.",
        "account_id": "The account's id, `acc_...`.",
        "field_id": "The field's id, `fld_...`.",
        "note_id": "The note's id, `nte_...`.",
        "search_id": "The search's id, `sch_...`.",
        "asset_id": "The asset's id, `ast_...`.",
        "check_id": "The check's id, `chk_...`.",
        "file_name": "The name of the file, for people.",
        "index": "The chunk's number, from 0.",
        "job_id": "The job's id.",
        "link_id": "The link's id, `lnk_...`.",
        "name": "The name of the LUT.",
        "number": "The part's number, from 1.",
        "partner": "The partner: `mux`, `stream` or `frameio`.",
        "path": "What is wanted of the asset, as its playlist or answer names it.",
        "project_id": "The project's id, `prj_...`.",
        "share_id": "The share's id, `shr_...`.",
        "logo_id": "The logo's id.",
        "signed": "What the server signed: an asset, a purpose and a time.",
        "token": "The token of the upload link; `token~grant` for one with a password. Of a share: "
        "`token~pass`, as the visit answers it.",
        "token_id": "The token's id, `tok_...`.",
        "upload_id": "The upload's id, `upl_...`: the last part of its address.",
    }
)
"""The parts of paths."""


REPEATED: Final = MappingProxyType(
    {
        "name": KEY_HEADER,
        "in": "header",
        "required": False,
        "description": "A word of yours, like a UUID: within 24 hours the same request is done once"
        " and answered as the first time (`Idempotent-Replayed: true`); another request with it is"
        " 422, and 409 says that the first is still at work",
        "schema": {"type": "string", "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
    }
)
"""What every POST takes that may make something."""

OF_A_PAGE: Final = re.compile(r"Page_(\w+?)(?:Answer)?_")
OF_A_MODULE: Final = re.compile(r"rushes(?:__\w+?)*__([a-z]+)__([A-Z]\w*)")


class Described(FastAPI):
    """An app whose document is complete."""

    def openapi(self) -> Document:
        """Return the document; made once."""
        document = super().openapi()
        if "securitySchemes" not in document["components"]:
            complete(document)
        return document


def name_operation(route: APIRoute) -> str:
    """Return an operation's id: the name of its function, with `head_` for the body left out."""
    return f"head_{route.name}" if route.methods == {"HEAD"} else route.name


def complete(document: Document) -> None:
    """Add to a document what the framework cannot know.

    Raises:
        KeyError: an operation stands in no row of `verbs`.
    """
    _rename_schemas(document)
    components = document["components"]
    components["securitySchemes"] = {name: dict(scheme) for name, scheme in SCHEMES.items()}
    components["responses"] = {name: _problem(words) for name, words in REFUSALS.values()}
    document["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    for path, method, operation in list_operations(document):
        _complete_operation(operation, path, method)
        _add_example(operation, components["schemas"])


def list_operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield path, method in lower case and operation, in the document's order."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def find_verbs(operation_id: str) -> tuple[Verb, ...]:
    """Return what an operation asks of its caller; nothing, where anybody may call it.

    Raises:
        KeyError: nobody said.
    """
    return () if operation_id in ANYONE else VERBS[operation_id]


def name_schema(name: str) -> str:
    """Return what a schema is called outside: no module, no sign that only Python knows."""
    page = OF_A_PAGE.fullmatch(name)
    if page is not None:
        return f"{page[1]}Page"
    ours = OF_A_MODULE.fullmatch(name)
    return name if ours is None else f"{ours[1].title()}{ours[2]}"


def _rename_schemas(document: Document) -> None:
    schemas = document["components"]["schemas"]
    renamed = {name_schema(name): schema for name, schema in schemas.items()}
    document["components"]["schemas"] = dict(sorted(renamed.items()))
    for reference in _list_references(document):
        reference["$ref"] = REFERENCE + name_schema(reference["$ref"].removeprefix(REFERENCE))


def _list_references(value: object) -> Iterator[dict[str, str]]:
    """Yield every object that points to a schema."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        for inner in value.values():
            yield from _list_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _list_references(inner)


def _complete_operation(operation: Document, path: str, method: str) -> None:
    verbs = find_verbs(operation["operationId"])
    about = operation.get("description", "")
    operation["summary"] = " ".join(about.partition("\n\n")[0].split()).removesuffix(".")
    operation["security"] = list(_list_proofs(path, verbs))
    if verbs:
        operation["x-rights"] = [
            {"verb": verb, "roles": _roles(verb, path), "scope": RIGHTS[verb][1]} for verb in verbs
        ]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter["description"] = PARAMETERS[parameter["name"]]
    if method == "post" and takes_key(path) and verbs:
        operation.setdefault("parameters", []).append(dict(REPEATED))
    _add_refusals(operation, path, method)


def _add_example(operation: Document, schemas: Document) -> None:
    """Show what is sent, where that is JSON."""
    taken = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if taken is not None:
        sample = sample_body(operation["operationId"], taken["schema"], schemas)
        taken.setdefault("example", sample)


def _list_proofs(path: str, verbs: tuple[Verb, ...]) -> Iterator[dict[str, list[str]]]:
    """Yield the ways to prove who one is; a link's token in the path is one already."""
    if not verbs or path.startswith("/u/"):
        return
    ranks, scope = RIGHTS[verbs[0]]
    yield {"token": [scope]}
    yield {"session": []}
    if Rank.LINK in ranks:
        yield {"link": []}


def _roles(verb: Verb, path: str) -> list[str]:
    """Return who may, in the order of the table; at an address of a link, its holder alone.

    Visitors of shares have addresses of their own, which ask nobody's role.
    """
    ranks, _ = RIGHTS[verb]
    if path.startswith("/u/"):
        return [Rank.LINK] if Rank.LINK in ranks else []
    return [rank for rank in Rank if rank in ranks and rank is not Rank.SHARE]


def _add_refusals(operation: Document, path: str, method: str) -> None:
    """Name the answers that are problems, and say of the others what they are."""
    responses = operation["responses"]
    responses.pop("422", None)
    for status, told in responses.items():
        if told["description"] == PLAIN:
            told["description"] = OUTCOMES[status]
        if status.startswith("4"):
            told["content"] = _problem_content()
    for status in _list_refusals(operation, path):
        responses[status] = _refer("responses", REFUSALS[status][0])
    if method == "head":  # as GET says, but without a body
        for status, told in responses.items():
            words = REFUSALS[status][1] if "$ref" in told else told["description"]
            responses[status] = {"description": words, **_headers_of(told)}
    operation["responses"] = {status: responses[status] for status in sorted(responses)}


def _headers_of(told: Document) -> Document:
    return {"headers": told["headers"]} if told.get("headers") else {}


def _list_refusals(operation: Document, path: str) -> Iterator[str]:
    has_body = "requestBody" in operation
    if has_body or operation.get("parameters"):
        yield "400"
    if operation["security"]:
        yield "401"
    if "x-rights" in operation:
        yield "403"
    if "{" in path:
        yield "404"
    if has_body:
        yield "413"
    if has_body and "application/json" in operation["requestBody"]["content"]:
        yield "422"
    yield "default"


def _problem(words: str) -> Document:
    return {"description": words, "content": _problem_content()}


def _problem_content() -> Document:
    return {MEDIA_TYPE: {"schema": _refer("schemas", "Problem")}}


def _refer(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
