"""The API reference as it is read: groups, operations and shapes, made of the OpenAPI document.

Nothing here knows a route or a template: the document alone says what is written. What a program
would follow (a reference to a shape) becomes a word with a link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from rushes.http.examples import REFERENCE
from rushes.http.openapi import METHODS, REFUSALS
from rushes.web.curl import write_example

Document = Mapping[str, Any]

LEAST: Final = MappingProxyType(
    {
        "viewer": "everybody with an account",
        "editor": "editors and above",
        "admin": "admins and above",
        "superadmin": "superadmins alone",
        "link": "whoever has the link",
    }
)
"""Who may, by the lowest rank that may."""

SIMPLE: Final = MappingProxyType(
    {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "object": "object",
        "null": "null",
    }
)
FORMATS: Final = MappingProxyType({"date-time": "time (RFC 3339)", "binary": "bytes"})
HUGE: Final = 2**62
"""A limit beyond it is no limit that anybody meets."""


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text; `shape` names the schema that it leads to, `is_value` a literal."""

    text: str
    shape: str = ""
    is_value: bool = False


Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a body; `default` is JSON, empty where there is none."""

    name: str
    kind: Words
    about: str = ""
    place: str = ""
    is_required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema: an object's members, or the values of an enumeration."""

    name: str
    about: str
    fields: tuple[Field, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """What is asked of a caller, in words; `scope` is what a token needs for it."""

    verb: str
    who: str
    scope: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer that is told of by itself."""

    status: str
    about: str
    kind: Words = ()
    headers: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: its media type, and its shape where it is JSON."""

    media_type: str
    kind: Words
    shape: Shape | None
    is_required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    more: str
    rights: tuple[Right, ...]
    proofs: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: Body | None
    outcomes: tuple[Outcome, ...]
    refusals: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together."""

    name: str
    about: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A way to prove who one is."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything on the page."""

    title: str
    version: str
    proofs: tuple[Proof, ...]
    refusals: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]
    shapes: tuple[Shape, ...]


def read_reference(document: Document) -> Reference:
    """Return the reference of a complete document (see `http.openapi.complete`)."""
    components = document["components"]
    schemas: Document = components["schemas"]
    operations = [
        (operation["tags"][0], _read_operation(path, method, operation, schemas))
        for path, methods in document["paths"].items()
        for method in METHODS
        if (operation := methods.get(method)) is not None
    ]
    return Reference(
        title=document["info"]["title"],
        version=document["info"]["version"],
        proofs=tuple(
            Proof(name, scheme["description"])
            for name, scheme in components["securitySchemes"].items()
        ),
        refusals=tuple((status, about) for status, (_, about) in REFUSALS.items()),
        groups=tuple(
            Group(
                tag["name"],
                tag["description"],
                tuple(each for name, each in operations if name == tag["name"]),
            )
            for tag in document["tags"]
        ),
        shapes=tuple(read_shape(name, schema) for name, schema in schemas.items()),
    )


def read_shape(name: str, schema: Document) -> Shape:
    """Return a schema as it is read: first what has to be there."""
    required = schema.get("required", ())
    members = [
        _read_member(member, told, is_required=member in required)
        for member, told in schema.get("properties", {}).items()
    ]
    return Shape(
        name,
        _join(schema.get("description", "")),
        tuple(sorted(members, key=lambda member: not member.is_required)),
        tuple(str(value) for value in schema.get("enum", ())),
    )


def describe_kind(schema: Document) -> Words:
    """Return what kind of value a schema takes, in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(REFERENCE)
        return (Word(name, shape=name),)
    if "anyOf" in schema:
        return _join_kinds([describe_kind(part) for part in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return _join_kinds([(Word(str(value), is_value=True),) for value in values])
    if schema.get("type") == "array":
        return (Word("list of "), *describe_kind(schema.get("items", {})))
    if "additionalProperties" in schema and "properties" not in schema:
        return (Word("object by name"),)
    plain = FORMATS.get(schema.get("format", "")) or SIMPLE.get(schema.get("type", ""), "anything")
    return (Word(plain + _describe_limits(schema)),)


def _describe_limits(schema: Document) -> str:
    """Return the limits of a value, as ", 1 to 366"; nothing where there are none."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and high < HUGE:
        return f", {low:g} to {high:,.0f}"
    if low is not None:
        return f", at least {low:g}"
    longest = schema.get("maxLength")
    return "" if longest is None else f", at most {longest:,} characters"


def _join_kinds(kinds: list[Words]) -> Words:
    joined: list[Word] = []
    for kind in kinds:
        joined += [Word(" or ")] if joined else []
        joined += kind
    return tuple(joined)


def _read_member(name: str, schema: Document, *, is_required: bool) -> Field:
    return Field(
        name,
        describe_kind(schema),
        _join(schema.get("description", "")),
        is_required=is_required,
        default=_read_default(schema),
    )


def _read_default(schema: Document) -> str:
    default = schema.get("default")
    return "" if default in (None, "", []) else json.dumps(default)


def _read_operation(path: str, method: str, told: Document, schemas: Document) -> Operation:
    summary, _, more = str(told.get("description", "")).partition("\n\n")
    parameters = tuple(_read_parameter(one) for one in told.get("parameters", ()))
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        summary=_join(summary),
        more=_join(more),
        rights=tuple(_read_right(right) for right in told.get("x-rights", ())),
        proofs=tuple(name for way in told["security"] for name in way),
        parameters=parameters,
        body=_read_body(told.get("requestBody"), schemas),
        outcomes=tuple(_read_outcomes(told["responses"])),
        refusals=tuple(status for status, one in told["responses"].items() if _is_refusal(one)),
        example=write_example(path, method, told),
    )


def _read_parameter(told: Document) -> Field:
    schema = told["schema"]
    return Field(
        told["name"],
        describe_kind(schema),
        _join(told.get("description", "")),
        place=told["in"],
        is_required=told.get("required", False),
        default=_read_default(schema),
    )


def _read_right(told: Document) -> Right:
    *_, least = [role for role in told["roles"] if role != "link"] or ["link"]
    who = LEAST[least]
    if least != "link" and "link" in told["roles"]:
        who = f"{who}, and {LEAST['link']}"
    return Right(str(told["verb"]).replace("_", " "), who, told["scope"])


def _read_body(told: Document | None, schemas: Document) -> Body | None:
    if told is None:
        return None
    media_type, content = next(iter(told["content"].items()))
    kind = describe_kind(content["schema"])
    named = next((word.shape for word in kind if word.shape), "")
    shape = read_shape(named, schemas[named]) if named else None
    return Body(media_type, kind, shape, told.get("required", False))


def _read_outcomes(responses: Document) -> Iterator[Outcome]:
    for status, told in responses.items():
        if _is_refusal(told) or status in REFUSALS:
            continue
        content: Document = next(iter(told.get("content", {}).values()), {})
        headers = tuple(
            Field(name, describe_kind(header["schema"]), header["description"])
            for name, header in told.get("headers", {}).items()
        )
        kind = describe_kind(content["schema"]) if "schema" in content else ()
        yield Outcome(status, _join(told["description"]), kind, headers)


def _is_refusal(told: Document) -> bool:
    return "$ref" in told


def _join(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
