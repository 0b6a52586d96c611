"""What passes by itself is waited for, counts as no attempt, and is told on the job's row."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rushes.errors import Kind, RushesError
from rushes.jobs.patience import is_awaited, patiently
from rushes.media.failures import BoxUnavailable, DecodeFailed


class StoreFull(RushesError):
    """No room."""

    code = "store.full"
    kind = Kind.FULL


@dataclass(slots=True)
class Row:
    """The row of a job, by its words."""

    told: list[str] = field(default_factory=list)
    is_cancelled: bool = False

    async def waits(self, job_id: str, code: str, detail: str) -> None:
        """Note what it waits for."""
        self.told.append(f"{job_id} {code} {detail}")

    async def goes_on(self, job_id: str) -> None:
        """Note that it goes on."""
        self.told.append(f"{job_id} goes on")

    async def is_unwanted(self, job_id: str) -> bool:
        """Say whether it was cancelled."""
        return self.is_cancelled and bool(job_id)


@dataclass(slots=True)
class Deed:
    """Fails as often as it is told."""

    failures: list[RushesError]

    async def attempt(self) -> str:
        """Fail, or be done."""
        if self.failures:
            raise self.failures.pop(0)
        return "done"


async def test_room_and_a_box_are_waited_for() -> None:
    """Each time the row says for what; in the end it goes on."""
    row, deed = Row(), Deed([StoreFull("Full."), BoxUnavailable("No box.")])

    answer = await patiently(deed.attempt, "job_1", row, first_pause=0.001)

    assert "done" == answer
    assert [
        "job_1 store.full Full.",
        "job_1 box.unavailable No box.",
        "job_1 goes on",
    ] == row.told


async def test_what_went_well_tells_nothing() -> None:
    """The row of most jobs never hears of it."""
    row = Row()

    assert "done" == await patiently(Deed([]).attempt, "job_1", row)
    assert [] == row.told


@pytest.mark.parametrize(
    ("error", "job_id", "is_cancelled"),
    [
        (DecodeFailed("Bad."), "job_1", False),
        (StoreFull("Full."), None, False),
        (StoreFull("Full."), "job_1", True),
    ],
)
async def test_what_is_not_worth_waiting_comes_out(
    *, error: RushesError, job_id: str | None, is_cancelled: bool
) -> None:
    """Bad input, work without a job, and a job that nobody wants any more."""
    row = Row(is_cancelled=is_cancelled)

    with pytest.raises(type(error)):
        await patiently(Deed([error]).attempt, job_id, row)

    assert [] == row.told


def test_only_what_passes_is_awaited() -> None:
    """By kind, and the one code of a box."""
    assert is_awaited(StoreFull(""))
    assert is_awaited(BoxUnavailable(""))
    assert not is_awaited(DecodeFailed(""))
