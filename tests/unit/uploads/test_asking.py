"""What a link asks is looked for in the metadata of an upload, as tus writes it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from rushes.access.question import AnswerMissing, FormField
from rushes.uploads.asking import find_answers, require_answers
from tests.support.an_upload import upload
from tests.unit.access.test_link import LINK

ASKING = replace(LINK, fields=(FormField("Day", is_required=True, key="day"),))


def told(**answers: str) -> str:
    """Return metadata with a name, and answers under their keys."""
    words = {"filename": "a.mov"} | {f"field.{key}": word for key, word in answers.items()}
    return ",".join(
        f"{key} {base64.b64encode(word.encode()).decode()}" for key, word in words.items()
    )


@pytest.mark.covers("M-LK-02")
@pytest.mark.parametrize("metadata", ["", told(), told(other="x")])
def test_a_required_answer_is_missed(metadata: str) -> None:
    """Whatever else was told."""
    with pytest.raises(AnswerMissing):
        require_answers(ASKING, metadata)


@pytest.mark.parametrize("link", [None, LINK])
def test_nobody_misses_what_was_not_asked(link: object) -> None:
    """Without a link, or by one that asks nothing."""
    require_answers(LINK if link else None, "")


def test_answers_are_found_by_their_keys() -> None:
    """Those alone that were asked."""
    sent = upload(metadata=told(day="Monday", other="x"))

    require_answers(ASKING, sent.metadata)

    assert {"day": "Monday"} == find_answers(ASKING, sent)
