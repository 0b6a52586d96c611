"""Answers before the end of a request's body: what they hold open is let go in every case."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from rushes.http.bodies import Incoming, Unhurried
from rushes.http.ranged import FileAnswer


async def test_a_file_is_given_and_closed_though_the_request_has_a_body(tmp_path: Path) -> None:
    """A GET with a body of unknown length: nobody reads it, the bytes come, the file is closed."""
    path = tmp_path / "clip"
    path.write_bytes(b"0123456789")
    file = os.open(path, os.O_RDONLY)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "GET", "headers": headers, "asgi": {"spec_version": "2.4"}}
    answer = FileAnswer(file, [(0, 10)], {"Content-Length": "10"})

    await Unhurried(answer, Incoming(Request(scope, receive)))(scope, receive, send)

    assert b"0123456789" == b"".join(message.get("body", b"") for message in sent)
    assert (b"connection", b"close") in sent[0]["headers"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)
