"""Names and slugs of clients and projects."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.access.project import (
    MAX_SLUG,
    BadName,
    Project,
    choose_slug,
    fold,
    free_slug,
    is_slug,
    parse_name,
    parse_place,
    slugify,
)
from tests.support.moments import NOON


@pytest.mark.covers("CF-24")
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Corp", "acme-corp"),
        ("  Caf\u00e9 \u2014 \u00c9t\u00e9!  ", "cafe-ete"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 100, "a" * MAX_SLUG),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    """Of letters, digits and single dashes, 64 at most."""
    assert slug == slugify(name)


@pytest.mark.parametrize("name", ["\u65e5\u672c", "!!!", "CON", "lpt1", "\U0001f3ac"])
def test_what_has_no_usable_letter_is_told_apart_by_a_digest(name: str) -> None:
    """A device of Windows is no folder's name either."""
    slug = slugify(name)

    assert re.fullmatch(r"[a-z0-9]+-[0-9a-f]{10}", slug)
    assert slug != slugify(f"{name}x")


@given(st.text(max_size=300))
def test_every_text_has_a_slug(name: str) -> None:
    """Nothing breaks it, nothing escapes it."""
    assert is_slug(slugify(name))


def test_a_free_slug_gets_a_number() -> None:
    """The first that nobody has; long ones make room for it."""
    taken = {"c": "C", "c-2": "C#", "a" * 64: "A"}

    assert "b" == free_slug("b", taken)
    assert "c-3" == free_slug("c", taken)
    assert "a" * 58 + "-2" == free_slug("a" * 64, taken)


def test_a_name_that_is_there_keeps_its_slug() -> None:
    """However it is written; another name gets another slug."""
    taken = {"acme-corp": "Acme Corp", "c": "C"}

    assert "acme-corp" == choose_slug("ACME  corp", taken)
    assert "acme-corp" == choose_slug("acme-corp", taken)
    assert "c-2" == choose_slug("C++", taken)
    assert fold("Acme_Corp") == fold("acme.corp") != fold("acmecorp")


@pytest.mark.parametrize(
    ("text", "name"), [(" Acme ", "Acme"), ("Cafe\u0301", "Caf\u00e9"), ("n" * 200, "n" * 200)]
)
def test_a_name_is_kept_as_it_was_given(text: str, name: str) -> None:
    """Composed and trimmed; 200 characters are allowed."""
    assert name == parse_name(text)
    assert unicodedata.is_normalized("NFC", parse_name(text))


@pytest.mark.parametrize(
    "text", ["", "   ", "n" * 201, "a\x00b", "a\nb", "a\x1b[31m", "a\u202eb", "\ud800"]
)
def test_a_name_that_fools_the_eye_is_refused(text: str) -> None:
    """Controls, turned writing, halves of characters."""
    with pytest.raises(BadName):
        parse_name(text)


def test_a_place_is_split_at_its_first_slash() -> None:
    """A project's name may hold one, a client's may not."""
    assert ("Acme", "Spring / Summer") == parse_place("Acme/Spring / Summer")
    with pytest.raises(BadName, match="client/project"):
        parse_place("Acme")


@pytest.mark.parametrize("text", ["", "-a", "a-", "a--b", "A", "a_b", "a" * 65, "a/b", "\u00e9"])
def test_other_text_is_no_slug(text: str) -> None:
    """Its form is strict, because keys are made of it."""
    assert not is_slug(text)


def test_a_project_is_named_in_one_word() -> None:
    """As uploads and the command line name it."""
    project = Project("prj_1", "acme", "spring", "Acme", "Spring", NOON)

    assert "acme/spring" == project.path


def test_a_deleted_project_lets_go_of_its_slug() -> None:
    """Another may have it; how it was named is still known."""
    project = Project("prj_1", "acme", "spring", "Acme", "Spring", NOON)
    deleted = replace(project, project_slug=project.slug_when_deleted)

    assert "spring~prj_1" == deleted.project_slug
    assert project == deleted.as_it_was
