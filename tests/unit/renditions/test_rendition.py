"""A rendition moves only as its table says."""

from __future__ import annotations

from itertools import product

import pytest

from rushes.renditions.rendition import STEPS, IllegalStep, State, Step, after


@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(STEPS)))
def test_an_illegal_step_raises(state: State, step: Step) -> None:
    """Every pair outside the table is refused."""
    with pytest.raises(IllegalStep, match=f"{state} cannot {step}"):
        after(state, step)


@pytest.mark.parametrize(("pair", "state"), STEPS.items())
def test_a_legal_step_leads_where_the_table_says(pair: tuple[State, Step], state: State) -> None:
    """The table is the truth."""
    assert state == after(*pair)
