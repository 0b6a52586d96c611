"""Requests that nobody thought of: made from the OpenAPI document, good ones and bad ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias, cast

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

CHECKS: Final = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LASTING: Final = frozenset({"/api/v1/live"})
"""Addresses whose answers go on; here they end at once."""

SEED: Final = 20_261_121

schemathesis.serializer.alias(
    ["application/offset+octet-stream", "application/partial-upload"], "application/octet-stream"
)

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Case: TypeAlias = schemathesis.Case[Any]


def list_operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Yield every operation of a document, in its order; whoever calls is not drawn."""
    plain = copy.deepcopy(document)
    for methods in plain["paths"].values():
        for told in methods.values():
            told.pop("security", None)
    for found in schemathesis.openapi.from_dict(plain).get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        yield found.ok()


def name_of(operation: Operation) -> str:
    """Return the id of an operation."""
    name: str = operation.definition.raw["operationId"]
    return name


def draw(operation: Operation, count: int, known: Mapping[str, str]) -> list[Case]:
    """Return requests that fit an operation's description, and requests that do not.

    `known` are parts of paths that lead to something: without them most would be 404.
    """
    return [
        *_draw(operation, count, GenerationMode.POSITIVE, known),
        *_draw(operation, count, GenerationMode.NEGATIVE, {}),
    ]


def _draw(
    operation: Operation, count: int, mode: GenerationMode, known: Mapping[str, str]
) -> list[Case]:
    drawn: list[Case] = []
    fixed = {name: known[name] for name in _parts(operation) if name in known}

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode, path_parameters=fixed or None))
    def note(case: Case) -> None:
        drawn.append(case)

    with suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parts
        note()
    return drawn


def _parts(operation: Operation) -> list[str]:
    return [one.name for one in operation.path_parameters]


def write_request(visitor: httpx.AsyncClient, case: Case) -> httpx.Request:
    """Return a case as it goes over the line, from somebody with a session or a token."""
    if "for_seconds" in case.query or case.path in LASTING:
        case.query |= {"for_seconds": 0}
    told = requests.Request(**case.as_transport_kwargs(base_url=str(visitor.base_url))).prepare()
    headers = [(name, str(value)) for name, value in told.headers.items()]
    body = told.body.encode() if isinstance(told.body, str) else told.body
    return visitor.build_request(
        str(told.method), str(told.url), headers=headers, content=cast("bytes | None", body)
    )


def judge(case: Case, answer: httpx.Response) -> list[str]:
    """Return what is wrong with an answer, by the document."""
    wrong = []
    told = case.operation.definition.raw["responses"]
    if answer.status_code < 400 and str(answer.status_code) not in told:
        wrong.append(f"{answer.status_code} is not in the document")
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failed:
        wrong += [f"{one.title}: {one.message}" for one in failed.exceptions]
    return wrong
