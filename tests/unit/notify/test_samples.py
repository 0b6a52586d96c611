"""Examples of events have the shape of real ones."""

from __future__ import annotations

import json

import pytest

from rushes.events.event import Event, EventType
from rushes.notify.endpoint import NAMES
from rushes.notify.posting import payload_of
from rushes.notify.samples import make_sample
from tests.support.moments import NOON


@pytest.mark.covers("M-WH-15")
@pytest.mark.parametrize("name", NAMES)
def test_every_event_has_an_example(name: str) -> None:
    """With the fields that each payload has."""
    event = Event("evt_1", EventType(name), NOON, "system", "upl_1", asset_id="ast_1")
    real = json.loads(payload_of(event))

    sample = make_sample(name)

    assert (name, real.keys()) == (sample["type"], sample.keys())
    assert {"subject", "actor"} <= sample["data"].keys()  # type: ignore[union-attr]
    assert "ast_1" == real["data"]["asset_id"]


def test_half_of_a_surrogate_pair_is_posted_as_a_question_mark() -> None:
    """No receiver could read its bytes, and none could be made."""
    event = Event("evt_1", EventType.ASSET_READY, NOON, "system", "ast_1", data={"name": "a\ud800"})

    assert "a?" == json.loads(payload_of(event))["data"]["name"]
