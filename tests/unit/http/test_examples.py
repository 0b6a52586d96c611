"""Examples of bodies: an operation's own, its schema's, or what is required with words for it."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.http.examples import BODIES, sample_body

SCHEMAS: dict[str, Any] = {
    "NewLink": {
        "required": ["client", "project", "is_open", "parts", "address", "note"],
        "properties": {
            "client": {"type": "string"},
            "project": {"type": "string"},
            "is_open": {"type": "boolean"},
            "parts": {"type": "integer"},
            "address": {"type": "string", "examples": ["https://example.com/"]},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    },
    "Change": {"properties": {"title": {"type": "string"}, "note": {"type": "string"}}},
    "Shown": {"examples": [{"file_name": "a.mov"}], "properties": {}},
}


def test_a_body_holds_what_is_required() -> None:
    """Names that people know have values that people know; members may bring their own."""
    expected = {"client": "Acme Corp", "project": "Spring", "is_open": True, "parts": 1}
    expected |= {"address": "https://example.com/", "note": "..."}

    assert expected == sample_body("make", {"$ref": "#/components/schemas/NewLink"}, SCHEMAS)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$ref": "#/components/schemas/Shown"}, {"file_name": "a.mov"}),
        (
            {"anyOf": [{"$ref": "#/components/schemas/Change"}, {"type": "null"}]},
            {"title": "Interview, day 2"},
        ),
        ({"type": "object"}, {}),
    ],
    ids=["its own", "nothing required", "no schema of ours"],
)
def test_a_body_may_have_an_example_or_nothing_required(
    schema: dict[str, Any], expected: dict[str, Any]
) -> None:
    """An empty object would teach nothing, where there is anything to say."""
    assert expected == sample_body("make", schema, SCHEMAS)


def test_an_operation_may_have_its_own() -> None:
    """Whatever its schema says."""
    assert BODIES["set_color"] == sample_body("set_color", {}, SCHEMAS)
