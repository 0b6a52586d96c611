"""Examples: each is a command line that a shell takes as it stands."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from rushes.web.curl import write_example

TOKEN = [{"token": ["read"]}]


def words_of(path: str, method: str, **operation: Any) -> list[str]:
    """Return the words that a shell would make of an example."""
    told = {"security": TOKEN, "responses": {}} | operation
    example = write_example(path, method, told)
    return shlex.split(example.replace("\\\n", ""))  # a shell joins these lines itself


def test_reading_needs_an_address_and_a_token() -> None:
    """Nothing else is typed."""
    assert [
        "curl",
        "$RUSHES_URL/api/v1/assets/ast_...",
        "-H",
        "Authorization: Bearer $RUSHES_TOKEN",
    ] == words_of("/api/v1/assets/{asset_id}", "get")


def test_what_anybody_may_call_has_no_token() -> None:
    """Whoever copies it needs no account."""
    assert ["curl", "$RUSHES_URL/healthz"] == words_of("/healthz", "get", security=[])


@pytest.mark.parametrize(("method", "option"), [("head", ["--head"]), ("delete", ["-X", "DELETE"])])
def test_another_method_is_named(method: str, option: list[str]) -> None:
    """curl asks with GET by itself, and has a word of its own for HEAD."""
    assert option == words_of("/files/{upload_id}", method)[1:-3]


def test_a_body_is_the_example_of_the_document() -> None:
    """As one line of JSON, with what says that it is JSON."""
    sent = {"client": "Acme Corp", "project": "Spring", "is_open": True}
    body = {"content": {"application/json": {"schema": {}, "example": sent}}}

    words = words_of("/api/v1/links", "post", requestBody=body)

    assert "Content-Type: application/json" in words
    assert sent == json.loads(words[-1])


def test_bytes_are_read_from_a_file_with_the_headers_that_must_be_there() -> None:
    """An append of tus, as it is typed."""
    headers = [
        {"name": name, "in": "header", "required": name != "Upload-Checksum"}
        for name in ("Tus-Resumable", "Upload-Offset", "Upload-Checksum")
    ]
    body: dict[str, Any] = {
        "required": True,
        "content": {"application/offset+octet-stream": {"schema": {}}},
    }

    words = words_of("/files/{upload_id}", "patch", parameters=headers, requestBody=body)

    assert "Upload-Offset: 0" in words
    assert not [word for word in words if word.startswith("Upload-Checksum")]
    assert ["--data-binary", "@clip.mov"] == words[-2:]


def test_a_creation_says_how_long_the_file_is_and_how_it_is_called() -> None:
    """They may be left out, and nearly nobody does so."""
    headers = [
        {"name": name, "in": "header", "required": False}
        for name in ("Upload-Length", "Upload-Metadata", "Upload-Defer-Length")
    ]
    body: dict[str, Any] = {"content": {"application/offset+octet-stream": {"schema": {}}}}

    words = words_of("/files/", "post", parameters=headers, requestBody=body, responses={"201": {}})

    assert "Upload-Length: 1048576" in words
    assert "--data-binary" not in words
    assert not [word for word in words if word.startswith("Upload-Defer")]
