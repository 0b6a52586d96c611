"""Names in the tree of the editors: safe, one for each thing, and lasting."""

from __future__ import annotations

import pytest

from rushes.tiers.editing_names import (
    Given,
    Names,
    Place,
    choose_folder,
    fold,
    free_name,
    is_form_of,
    wished_name,
)

ACME = Place("acme", "Acme", "spring", "Spring", is_finished=False)


@pytest.mark.parametrize(
    ("place", "mine", "others", "expected"),
    [
        (ACME, None, [], "Clients/Acme/Spring"),
        (ACME, "Clients/Acme/Spring", [], "Clients/Acme/Spring"),
        (ACME, None, [Given("acme", "Clients/Acme/SPRING")], "Clients/Acme/Spring (2)"),
        (
            ACME,
            "Clients/Acme/Spring (2)",
            [Given("acme", "Clients/Acme/Summer")],
            "Clients/Acme/Spring (2)",
        ),
        (ACME, None, [Given("other", "Clients/ACME/Spring")], "Clients/Acme (2)/Spring"),
        (
            ACME,
            None,
            [Given("other", "Clients/ACME/Spring"), Given("acme", "Archives/Acme (2)/Old")],
            "Clients/Acme (2)/Spring",
        ),
        (ACME, "Clients/Old/Spring", [], "Clients/Acme/Spring"),
        (
            Place("acme", "Acme", "spring", "Spring", is_finished=True),
            "Clients/Acme/Spring",
            [Given("acme", "Clients/Acme/Summer")],
            "Archives/Acme/Spring",
        ),
        (Place("a-b", "A/B", "con", "CON.", is_finished=False), None, [], "Clients/A_B/_CON"),
        (Place("n-1", "...", "n-2", "???", is_finished=False), None, [], "Clients/n-1/n-2"),
    ],
)
def test_a_project_gets_a_folder_of_its_own(
    place: Place, mine: str | None, others: list[Given], expected: str
) -> None:
    """Two never share one, a client has one over both roots, and a name that fits stays."""
    assert expected == choose_folder(place, mine, others)


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("A001.mov", "A001.mp4"),
        ("A001", "A001.mp4"),
        ("Interview: Take 2?.mxf", "Interview_ Take 2_.mp4"),
        ("aux.mov", "_aux.mp4"),
        ("...", "ast_1.mp4"),
        ("Cafe\u0301.mov", "Caf\u00e9.mp4"),
    ],
)
def test_a_file_has_the_name_of_its_original(file_name: str, expected: str) -> None:
    """Made safe for Windows and macOS, with the proxy's extension."""
    assert expected == wished_name(file_name, "mp4", "ast_1")


def test_a_taken_name_gets_the_next_number() -> None:
    """Names are taken without regard to case and composition."""
    taken = {fold("CAFÉ.mp4"), fold("café (2).mp4")}

    assert "Cafe\u0301 (3).mp4" == free_name("Cafe\u0301.mp4", taken)
    assert "v1.0 cut (2)" == free_name("v1.0 cut", {fold("V1.0 CUT")})
    assert ".mp4 (2)" == free_name(".mp4", {".mp4"})


@pytest.mark.parametrize(
    ("name", "wished", "expected"),
    [
        ("clip.mp4", "clip.mp4", True),
        ("clip (2).mp4", "clip.mp4", True),
        ("clip (x).mp4", "clip.mp4", False),
        ("clip.m4a", "clip.mp4", False),
        ("Spring (12)", "Spring", True),
        ("Springs", "Spring", False),
    ],
)
def test_a_numbered_name_is_a_form_of_the_wished_one(
    name: str, wished: str, *, expected: bool
) -> None:
    """What was given because of a clash need not change when the clash is over."""
    assert expected is is_form_of(name, wished)


def test_names_that_are_taken_together_are_all_different() -> None:
    """Also where a numbered name was wished for itself, and where only the case differs."""
    names = Names()

    wished = ("a.mov", "A.mov", "a (2).mov", "a.mov", "b.mov")
    given = [names.take(each) for each in wished]

    assert ["a.mov", "A (2).mov", "a (2) (2).mov", "a (3).mov", "b.mov"] == given


def test_a_number_that_somebody_wished_for_is_left_out() -> None:
    """The next free one is taken."""
    names = Names()

    given = [names.take(each) for each in ("a (2).mov", "a.mov", "a.mov")]

    assert ["a (2).mov", "a.mov", "a (3).mov"] == given
