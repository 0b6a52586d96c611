"""What a picture's signals are taken for, and what becomes of them."""

from __future__ import annotations

import pytest

from rushes.media.color import (
    AUTO,
    PLAIN,
    ColorUnknown,
    Look,
    Treatment,
    built_in,
    check_choice,
    find_log,
    matrix_argument,
    matrix_of,
    name_of,
    plan_treatment,
)


@pytest.mark.parametrize(
    ("choice", "transfer", "camera", "version", "expected"),
    [
        (AUTO, 1, None, None, PLAIN),
        (AUTO, 16, None, None, Treatment(Look.PQ)),
        (AUTO, 18, "slog3", None, Treatment(Look.HLG)),
        (AUTO, 1, "slog3", None, Treatment(Look.LOG, "slog3")),
        ("rec709", 16, "slog3", None, PLAIN),
        ("pq", 1, None, None, Treatment(Look.PQ)),
        ("hlg", 1, None, None, Treatment(Look.HLG)),
        ("log:vlog", 16, None, "0a", Treatment(Look.LOG, "vlog")),
        ("log:mine", 1, None, "0a", Treatment(Look.LOG, "mine", "0a")),
        ("log:gone", 1, None, None, Treatment(Look.LOG, "gone")),
    ],
)
def test_people_choose_else_the_file_says(
    choice: str, transfer: int, camera: str | None, version: str | None, expected: Treatment
) -> None:
    """Tags win over what cameras tell; a table of ours has no version."""
    assert expected == plan_treatment(choice, transfer, camera, version)


@pytest.mark.parametrize(
    ("treatment", "word", "choice", "is_sent"),
    [
        (PLAIN, "", "rec709", False),
        (Treatment(Look.HLG), "hlg", "hlg", False),
        (Treatment(Look.LOG, "slog3"), "log_slog3", "log:slog3", False),
        (Treatment(Look.LOG, "mine", "0a"), "log_mine_0a", "log:mine", True),
    ],
)
def test_a_treatment_has_a_word_for_names_and_one_for_people(
    treatment: Treatment,
    word: str,
    choice: str,
    is_sent: bool,  # noqa: FBT001 - a table
) -> None:
    """Nothing is added to a name where signals stay as they are."""
    assert (word, choice, is_sent) == (treatment.word, treatment.choice, treatment.is_sent)


@pytest.mark.parametrize("choice", ["auto", " HLG ", "pq", "rec709", "log:slog3", "log:my-look-2"])
def test_a_choice_is_kept_in_small_letters(choice: str) -> None:
    """As it is compared later."""
    assert choice.strip().lower() == check_choice(choice)


@pytest.mark.parametrize("choice", ["", "log", "log:", "log:-a", "log:a-", "log:../x", "slog3"])
def test_any_other_choice_is_refused(choice: str) -> None:
    """A name is what may stand in the name of a folder."""
    with pytest.raises(ColorUnknown):
        check_choice(choice)


def test_only_a_log_has_a_name() -> None:
    """The others are words of their own."""
    assert ["mine", None] == [name_of("log:mine"), name_of("pq")]


def test_each_light_has_its_table() -> None:
    """Built once; what stays as it is has none."""
    log = Treatment(Look.LOG, "generic")

    tables = [
        built_in(each, is_full=False) for each in (Treatment(Look.PQ), Treatment(Look.HLG), log)
    ]

    assert built_in(PLAIN, is_full=False) is None
    assert 3 == len({table.content for table in tables if table is not None})
    assert built_in(log, is_full=False) is tables[2]


@pytest.mark.parametrize(
    ("gamma", "expected"),
    [
        ("s-log3-cine", "slog3"),
        ("S-Log3", "slog3"),
        ("SLog3 / SGamut3.Cine", "slog3"),
        ("V-Log", "vlog"),
        ("Canon Log 3", "clog3"),
        ("LOG-C", "logc3"),
        ("ARRI LogC3 (EI800)", "logc3"),
        ("rec709", None),
        ("", None),
        (None, None),
    ],
)
def test_cameras_name_their_log_in_many_ways(gamma: str | None, expected: str | None) -> None:
    """What is none of ours is not guessed."""
    assert expected == find_log(gamma)


@pytest.mark.parametrize(
    ("matrix", "height", "look", "number", "argument"),
    [
        (1, 1080, Look.PLAIN, 1, ""),
        (6, 576, Look.PLAIN, 6, ""),
        (2, 719, Look.PLAIN, 5, ":in_color_matrix=bt601"),
        (2, 720, Look.LOG, 1, ":in_color_matrix=bt709"),
        (2, 720, Look.PQ, 9, ":in_color_matrix=bt2020"),
        (2, 360, Look.HLG, 9, ":in_color_matrix=bt2020"),
    ],
)
def test_an_untagged_picture_is_taken_for_what_its_size_says(
    matrix: int, height: int, look: Look, number: int, argument: str
) -> None:
    """What is tagged stays as it says; HDR is BT.2020."""
    assert (number, argument) == (
        matrix_of(matrix, height, look),
        matrix_argument(matrix, height, look),
    )
