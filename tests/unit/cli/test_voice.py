"""Every kind of trouble has its exit code; answers are text or JSON."""

from __future__ import annotations

import json

import pytest

from rushes.cli.places import TokenMissing, open_client
from rushes.cli.voice import EXIT_CODES, answer, complain, exit_code
from rushes.client import ClientFailure, Refused, Unreachable, WrongDigest
from rushes.errors import Kind, RushesError
from rushes.http.problem import STATUSES


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_exit_code(kind: Kind) -> None:
    """None is 0, and none is that of an interruption."""
    assert EXIT_CODES[kind] in range(1, 10)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BROKEN])
def test_a_refusal_by_the_server_ends_as_the_same_trouble_here_would(kind: Kind) -> None:
    """Whether it was found here or there, scripts see one code."""
    refused = Refused(STATUSES[kind], "x", "x")

    assert EXIT_CODES[kind] == exit_code(refused)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RushesError("x"), 1),
        (Refused(500, "x", "x"), 1),
        (WrongDigest("x"), 2),
        (Unreachable("x"), 8),
        (ClientFailure("x"), 1),
    ],
)
def test_other_failures_have_theirs(failure: RushesError | ClientFailure, code: int) -> None:
    """A bug is 1, other bytes are unusable, a server that is away is unavailable."""
    assert code == exit_code(failure)


def test_an_answer_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output; errors on the other."""
    answer({"id": "a"}, "It is a.", as_json=False)
    answer({"id": "a"}, "It is a.", as_json=True)
    complain("small.bad", "It is bad.", as_json=True)
    said = capsys.readouterr()

    assert ["It is a.", '{"id": "a"}'] == said.out.splitlines()
    assert {"code": "small.bad", "detail": "It is bad."} == json.loads(said.err)


def test_without_a_token_one_is_told_how_to_make_one() -> None:
    """A link needs none."""
    with pytest.raises(TokenMissing, match="rushes token create"):
        open_client(None, None)
    open_client(None, None, link="http://127.0.0.1/u/abc").close()
