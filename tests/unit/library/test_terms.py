"""How words are cut; what is found by them stands in tests/contract/test_search.py."""

from __future__ import annotations

import pytest

from rushes.library import terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A001_C003.mov", ["001", "003", "a001", "c003", "mov"]),
        ("Müller", ["mueller", "muller"]),
        ("STRAßE", ["strasse"]),
        ("InterviewFinal", ["final", "interview", "interviewfinal"]),
        ("東京x", ["x", "京", "東"]),
        ("- _ .", []),
        ("x" * 70, ["x" * 64]),
    ],
)
def test_a_text_is_found_by_its_words(text: str, found: list[str]) -> None:
    """Runs of letters and digits, their parts, their spellings; each once."""
    assert found == terms.terms_of([text], [])


def test_of_long_texts_the_beginning_is_found() -> None:
    """An asset takes so many terms and no more; its facets are always there."""
    text = " ".join(f"w{number:05}x" for number in range(terms.MAX_TERMS))

    found = terms.terms_of([text, "late"], [":facet"])

    assert (terms.MAX_TERMS, True) == (len(found), ":facet" in found)
    assert "late" not in found


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Acme acme", [("acme",)]),
        ("Müller", [("muller", "mueller")]),
        ("a-b", [("a",), ("b",)]),
        ("...", []),
    ],
)
def test_what_is_asked_is_cut_alike(text: str, asked: list[tuple[str, ...]]) -> None:
    """Each word by one of its spellings."""
    assert asked == terms.ask(text)


def test_so_many_words_count() -> None:
    """The first ones of a long question."""
    assert terms.MAX_ASKED == len(terms.ask(" ".join(map(str, range(100)))))


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        (True, ["true"]),
        (3, ["3"]),
        (3.0, ["3"]),
        ("3.0", ["3.0", "3"]),
        (" Über ", ["uber"]),
        (["a", 1], ["a", "1"]),
        ({"x": 1}, []),
        (None, []),
    ],
)
def test_a_value_is_asked_for_in_its_forms(value: object, forms: list[str]) -> None:
    """A number however it is written."""
    assert forms == [*terms.list_forms(value)]


def test_what_is_asked_for_has_a_form_of_the_value() -> None:
    """Numbers are numbers, texts lose case and accents."""
    assert ["3", "uber"] == [terms.form_of("3.00"), terms.form_of("Über ")]


def test_facets_are_no_words() -> None:
    """They begin with a colon; each kind and value has its own."""
    found = [*terms.facets_of("prj_1", ["Ton"], {"take": 3})]

    assert (3, 3) == (len(found), len(set(found)))
    assert all(each.startswith(":") for each in found)
    assert terms.facet(terms.TAG, "ton") in found


def test_the_texts_in_a_value_are_found() -> None:
    """Whatever is nested in it."""
    value = {"a": ["b", 1, True, None], "c": {"d": 2.5}}

    assert ["b", "1", "2.5"] == [*terms.texts_of(value)]
    assert [] == [*terms.texts_of(object())]
