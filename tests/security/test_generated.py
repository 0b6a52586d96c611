"""Whatever is sent, nothing breaks, and every answer is as the OpenAPI document says.

Requests are made from the document itself (`generated`), with a fixed seed: good ones about things
that are there, and bad ones. A round is short; `--long` makes twenty requests of each kind for
every operation.
"""

from __future__ import annotations

import logging

import pytest

from rushes.cli.logs import JsonLines
from tests.security.generated import Operation, draw, judge, list_operations, name_of, write_request
from tests.security.people import Town

ENDING = (
    "delete_account",
    "change_account",
    "lock_account_down",
    "reset_account_factor",
    "log_out",
)
"""What may end one's own session, and so comes at the end."""

PROTOCOLS = frozenset({"tus", "resumable", "direct"})
"""Groups whose headers have tests of their own; a short round leaves them out."""

ROUNDS, LONG_ROUNDS = 1, 20


def choose(operations: list[Operation], *, is_long: bool) -> list[Operation]:
    """Return what is asked: all, or where there is something to fill in; what may end all last."""
    chosen = [one for one in operations if is_long or _has_more_than_an_address(one)]
    return sorted(chosen, key=lambda one: ("", *ENDING).index(_late(name_of(one))))


def _late(name: str) -> str:
    return name if name in ENDING else ""


def _has_more_than_an_address(operation: Operation) -> bool:
    told = operation.definition.raw
    places = {one["in"] for one in told.get("parameters", ())}
    return PROTOCOLS.isdisjoint(told["tags"]) and ("requestBody" in told or "query" in places)


@pytest.mark.timeout(1_800)
@pytest.mark.covers("X-SEC-06", "BG-97", "M-SEC-01")
async def test_every_answer_is_as_the_document_says(
    town: Town, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """Of one who may all: no 5xx, no answer that is not in the document, no secret in the log."""
    caplog.set_level(logging.DEBUG, logger="rushes")
    caplog.handler.setFormatter(JsonLines())
    visitor, wrong = town.people["superadmin"], {}
    is_long = bool(request.config.getoption("--long"))
    operations = choose([*list_operations(town.app.openapi())], is_long=is_long)

    for operation in operations:
        for case in draw(operation, LONG_ROUNDS if is_long else ROUNDS, town.ours):
            answer = await visitor.send(write_request(visitor, case))
            for words in judge(case, answer):
                wrong[operation.label, words] = (
                    f"{case} -> {answer.status_code} {answer.text[:500]}"
                )

    assert 60 < len(operations)
    assert {} == wrong
    assert [] == [secret for secret in town.secrets if secret in caplog.text]
