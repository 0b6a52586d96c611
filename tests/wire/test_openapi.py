"""The OpenAPI document: every operation says what it does, who may, and what can go wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel

from reference_faces import read_openapi
from rushes.access.permit import RIGHTS, Rank, Verb
from rushes.http import accounts, chunks, slots
from rushes.http.openapi import TAGS, list_operations, name_schema
from rushes.http.verbs import ANYONE, VERBS

PROBLEM = {"$ref": "#/components/schemas/Problem"}

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as `rushes openapi` prints it."""
    return read_openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    """Its operations: path, method, what is said."""
    return list(list_operations(document))


def resolve(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to a component, where it is one."""
    place = told.get("$ref")
    if place is None:
        return told
    _, _, kind, name = place.split("/")
    found: dict[str, Any] = document["components"][kind][name]
    return found


def test_every_operation_says_what_it_does(operations: list[Operation]) -> None:
    """A name of its own, one group that is explained, and a sentence that a person wrote."""
    ids = [operation["operationId"] for _, _, operation in operations]

    assert 60 < len(ids) == len(set(ids))
    for path, method, operation in operations:
        assert operation["description"].endswith("."), (method, path)
        assert operation["summary"] == operation["summary"].strip(" ."), (method, path)
        assert 1 == len(operation["tags"]), (method, path)
        assert operation["tags"][0] in TAGS, (method, path)


def test_every_group_is_explained_and_used(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """Readers find their way by the groups."""
    used = {operation["tags"][0] for _, _, operation in operations}

    assert [*TAGS] == [tag["name"] for tag in document["tags"]]
    assert used == {*TAGS}


@pytest.mark.covers("X-SEC-06")
def test_every_operation_tells_its_problems(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """Whatever is no success is `application/problem+json`; nothing has the framework's form."""
    for path, method, operation in operations:
        assert "default" in operation["responses"], (method, path)
        for status, told in operation["responses"].items():
            if (status == "default" or status.startswith("4")) and method != "head":
                content = resolve(document, told)["content"]
                assert ["application/problem+json"] == [*content], (method, path, status)
                assert PROBLEM == content["application/problem+json"]["schema"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_a_body_that_is_refused_is_told_of(operations: list[Operation]) -> None:
    """422 is for payloads alone: an operation without one has none."""
    for path, method, operation in operations:
        takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
        assert takes_json == ("422" in operation["responses"]), (method, path)


@pytest.mark.covers("X-SEC-01")
def test_every_operation_says_who_may(operations: list[Operation]) -> None:
    """The verbs, roles and scopes are those of the one table."""
    for path, method, operation in operations:
        told = operation.get("x-rights", [])
        verbs = [Verb(right["verb"]) for right in told]
        assert VERBS.get(operation["operationId"], ()) == tuple(verbs), (method, path)
        for right, verb in zip(told, verbs, strict=True):
            ranks, scope = RIGHTS[verb]
            assert scope == right["scope"]
            expected = {"link"} if path.startswith("/u/") else {*ranks} - {Rank.SHARE}
            assert expected == {*right["roles"]}, (method, path)
        is_open = operation["operationId"] in ANYONE or path.startswith("/u/")
        assert is_open == (operation["security"] == []), (method, path)


def test_the_table_of_verbs_names_only_what_is_there(operations: list[Operation]) -> None:
    """A route that went away takes its row along."""
    ids = {operation["operationId"] for _, _, operation in operations}

    assert {*VERBS, *ANYONE} == ids


def test_the_ways_to_prove_who_one_is_are_described(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """A token, a session's cookie, a link's token; operations name no other."""
    schemes = document["components"]["securitySchemes"]

    named = {
        name for _, _, operation in operations for way in operation["security"] for name in way
    }

    assert {"token", "session", "link"} == {*schemes} == named
    assert all(scheme["description"] for scheme in schemes.values())


def test_every_parameter_is_described_and_every_part_of_a_path_declared(
    operations: list[Operation],
) -> None:
    """Nobody has to guess what a name means."""
    for path, method, operation in operations:
        parameters = operation.get("parameters", [])
        assert [] == [one["name"] for one in parameters if not one.get("description")]
        declared = {one["name"] for one in parameters if one["in"] == "path"}
        assert set(re.findall(r"\{(\w+)\}", path)) == declared, (method, path)


def test_every_reference_leads_to_something(document: dict[str, Any]) -> None:
    """Programs that are made from the document find all its parts."""
    references = set(re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', json.dumps(document)))

    assert set() == {
        (kind, name) for kind, name in references if name not in document["components"][kind]
    }


def test_every_json_body_has_an_example_that_fits(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """The document's own schema takes it."""
    schemas = {"components": document["components"]}
    wrong = {}

    for _, _, operation in operations:
        taken = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if taken is not None:
            judge = Draft202012Validator(taken["schema"] | schemas)
            faults = [fault.message for fault in judge.iter_errors(taken["example"])]
            if faults or not taken["example"]:
                wrong[operation["operationId"]] = faults

    assert {} == wrong


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("Page_AssetAnswer_", "AssetPage"),
        ("Page_Row_", "RowPage"),
        ("rushes__uploads__upload__State", "UploadState"),
        ("rushes__library__asset__State", "AssetState"),
        ("LinkAnswer", "LinkAnswer"),
    ],
)
def test_schemas_have_names_that_people_use(inside: str, outside: str) -> None:
    """No module of ours shows in a client that was made from the document."""
    assert outside == name_schema(inside)


@pytest.mark.covers("S-UP-01", "CF-20")
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("NewUpload", chunks.NewUpload),
        ("BegunAnswer", chunks.BegunAnswer),
        ("ChunkAnswer", chunks.ChunkAnswer),
        ("BindingWish", slots.BindingWish),
        ("LimitsWish", accounts.LimitsWish),
    ],
)
def test_examples_are_what_the_server_takes_and_gives(
    document: dict[str, Any], name: str, model: type[BaseModel]
) -> None:
    """Whoever copies one has something that works."""
    examples = document["components"]["schemas"][name]["examples"]

    assert examples
    for example in examples:
        read = model.model_validate(example, strict=False)
        assert example.items() <= read.model_dump(mode="json").items()
