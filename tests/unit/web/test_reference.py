"""The OpenAPI document as it is read: kinds in words, rights in words, answers told apart."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.web.reference import Field, Right, Word, describe_kind, read_reference, read_shape

POLISH = {
    "type": "object",
    "description": "How a\n    thing shines.",
    "required": ["gloss"],
    "properties": {
        "note": {"type": "string", "default": "none"},
        "gloss": {"type": "number", "description": "From 0 to 1."},
    },
}
LEVEL = {"type": "string", "enum": ["dull", "bright"], "description": "How much."}


def make_document(**operation: Any) -> dict[str, Any]:
    """Return a document of one operation, as `http.openapi` completes it."""
    told = {
        "operationId": "polish_thing",
        "tags": ["things"],
        "description": "Polish a thing.\n\nIt shines\nafter that.",
        "security": [{"token": ["write"]}, {"session": []}],
        "x-rights": [
            {"verb": "change_asset", "roles": ["superadmin", "admin"], "scope": "write"},
        ],
        "responses": {
            "200": {"description": "Here it is.", "content": {"application/json": {"schema": {}}}},
            "401": {"$ref": "#/components/responses/Unauthenticated"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    return {
        "info": {"title": "Things", "version": "1.2"},
        "tags": [
            {"name": "things", "description": "Things."},
            {"name": "rest", "description": "No."},
        ],
        "paths": {"/things/{thing_id}": {"post": told | operation}},
        "components": {
            "schemas": {"Level": LEVEL, "Polish": POLISH},
            "securitySchemes": {"token": {"description": "A token."}},
        },
    }


def spell(schema: dict[str, Any]) -> str:
    """Return a kind as one text, links in brackets and values in quotes."""
    return "".join(
        f"[{word.text}]" if word.shape else f"'{word.text}'" if word.is_value else word.text
        for word in describe_kind(schema)
    )


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 1000}, "text, at most 1,000 characters"),
        ({"type": "string", "format": "date-time"}, "time (RFC 3339)"),
        ({"type": "string", "format": "binary"}, "bytes"),
        ({"type": "integer", "minimum": 1, "maximum": 366}, "whole number, 1 to 366"),
        ({"type": "integer", "minimum": 1, "maximum": 2**63}, "whole number, at least 1"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "object", "additionalProperties": True}, "object by name"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Level"}}, "list of [Level]"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"enum": ["a", "b"]}, "'a' or 'b'"),
        ({"const": "a"}, "'a'"),
        ({}, "anything"),
    ],
)
def test_a_kind_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    """People read words, not a schema's keywords."""
    assert words == spell(schema)


def test_a_shape_has_first_what_has_to_be_there() -> None:
    """Whoever writes a body begins with what is required."""
    shape = read_shape("Polish", POLISH)

    assert "How a thing shines." == shape.about
    assert (
        Field("gloss", (Word("number"),), "From 0 to 1.", is_required=True),
        Field("note", (Word("text"),), default='"none"'),
    ) == shape.fields


def test_an_enumeration_is_its_values() -> None:
    """There is nothing else to know about it."""
    assert ("dull", "bright") == read_shape("Level", LEVEL).values


def test_an_operation_is_read_with_its_sentences_and_its_refusals() -> None:
    """The first paragraph is the summary; answers that are shared are only named."""
    reference = read_reference(make_document())
    things, rest = reference.groups
    (operation,) = things.operations

    assert ("Things", "1.2") == (reference.title, reference.version)
    assert () == rest.operations
    assert ("POST", "/things/{thing_id}") == (operation.method, operation.path)
    assert ("Polish a thing.", "It shines after that.") == (operation.summary, operation.more)
    assert ("token", "session") == operation.proofs
    assert [("200", (Word("anything"),))] == [(one.status, one.kind) for one in operation.outcomes]
    assert ("401", "default") == operation.refusals


@pytest.mark.parametrize(
    ("roles", "who"),
    [
        (["superadmin"], "superadmins alone"),
        (["superadmin", "admin"], "admins and above"),
        (["superadmin", "admin", "editor", "viewer"], "everybody with an account"),
        (["superadmin", "admin", "editor", "link"], "editors and above, and whoever has the link"),
        (["link"], "whoever has the link"),
    ],
)
def test_who_may_is_told_by_the_lowest_rank(roles: list[str], who: str) -> None:
    """Ranks above it may as well."""
    right = {"verb": "add_upload", "roles": roles, "scope": "write"}
    document = make_document(**{"x-rights": [right]})

    (operation,) = read_reference(document).groups[0].operations

    assert (Right("add upload", who, "write"),) == operation.rights


def test_a_body_brings_its_shape_along() -> None:
    """What is sent is read where it is asked for, not behind a link."""
    reference = {"$ref": "#/components/schemas/Polish"}
    schema = {"anyOf": [reference, {"type": "null"}]}
    content = {"application/json": {"schema": schema, "example": {}}}
    document = make_document(requestBody={"content": content})

    (operation,) = read_reference(document).groups[0].operations

    assert operation.body is not None
    assert operation.body.shape is not None
    assert ("application/json", "Polish") == (operation.body.media_type, operation.body.shape.name)
    assert not operation.body.is_required


def test_bytes_are_a_body_without_a_shape() -> None:
    """Parameters and the headers of answers are told as well."""
    offset = {"schema": {"type": "string"}, "description": "Bytes kept."}
    document = make_document(
        requestBody={
            "required": True,
            "content": {"application/offset+octet-stream": {"schema": {"format": "binary"}}},
        },
        parameters=[
            {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "Words."}
        ],
        responses={"204": {"description": "Done.", "headers": {"Upload-Offset": offset}}},
    )

    (operation,) = read_reference(document).groups[0].operations

    assert operation.body is not None
    assert None is operation.body.shape
    assert (Field("q", (Word("text"),), "Words.", place="query"),) == operation.parameters
    assert ["Upload-Offset"] == [one.name for one in operation.outcomes[0].headers]
