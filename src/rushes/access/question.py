"""Questions of an upload link: what its page asks with each batch, and what answers are taken.

Answers come as metadata of an upload, under `field.` and the question's key. They are read when an
upload begins, so that nobody sends a hundred gigabytes to learn that a date was missing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from rushes.errors import Kind, RushesError

PREFIX: Final = "field."
"""What the keys of answers begin with, so that none is taken for the name of the file."""

MAX_QUESTIONS: Final = 16
MAX_LABEL: Final = 200
MAX_CHOICES: Final = 100
MAX_ANSWER: Final = 2_000
MAX_KEY: Final = 40

_KEY: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{MAX_KEY - 1}}}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}


class ValueKind(StrEnum):
    """What an answer is, and a value of the library's fields."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LIST = "list"


class BadQuestion(RushesError):
    """A link cannot ask this."""

    code = "link.bad_question"
    kind = Kind.UNUSABLE


class AnswerMissing(RushesError):
    """The link asks for something that was not answered."""

    code = "link.answer_missing"
    kind = Kind.UNUSABLE


class BadAnswer(RushesError):
    """An answer does not fit its question."""

    code = "link.bad_answer"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class FormField:
    """A question that the page asks with each batch; `key` is where the asset keeps its answer."""

    label: str
    is_required: bool = False
    choices: tuple[str, ...] = ()
    key: str = ""
    kind: ValueKind = ValueKind.TEXT


def parse_questions(asked: Iterable[FormField]) -> tuple[FormField, ...]:
    """Return questions as they are kept: each has a key of its own; choices make a choice.

    Raises:
        BadQuestion: one of them cannot be, or there are too many.
    """
    questions = tuple(_parse(one) for one in asked)
    if len(questions) > MAX_QUESTIONS:
        raise BadQuestion(f"A link asks {MAX_QUESTIONS} questions at most.")
    keys = [one.key for one in questions]
    if len(set(keys)) < len(keys):
        raise BadQuestion("Two questions have the same key. Give each its own.")
    return questions


def recall_question(kept: Mapping[str, Any]) -> FormField:
    """Return a question as it was kept; older ones have neither a key nor a kind."""
    choices = tuple(kept["choices"])
    older = ValueKind.CHOICE if choices else ValueKind.TEXT
    key = kept["key"] if "key" in kept else key_of(kept["label"])
    kind = ValueKind(kept.get("kind", older))
    return FormField(kept["label"], kept["is_required"], choices, key, kind)


def read_answers(questions: Iterable[FormField], told: Mapping[str, str]) -> dict[str, object]:
    """Return the answers by their keys, each as its question keeps it; what nobody asked is left.

    Raises:
        AnswerMissing: one that is required is not there.
        BadAnswer: one does not fit.
    """
    answers: dict[str, object] = {}
    for question in questions:
        text = told.get(question.key, "").strip()
        if not text and question.is_required:
            raise AnswerMissing(
                f"This link asks for {question.label!r}. Send it as metadata "
                f"`{PREFIX}{question.key}`.",
                key=question.key,
            )
        if text:
            answers[question.key] = read_answer(question, text)
    return answers


def keep_answers(questions: Iterable[FormField], told: Mapping[str, str]) -> dict[str, object]:
    """Return the answers of an upload that was taken: as texts, where a question changed since."""
    kept: dict[str, object] = {}
    for question in questions:
        text = told.get(question.key, "").strip()
        if not text or not _is_plain(text):
            continue
        try:
            kept[question.key] = read_answer(question, text)
        except BadAnswer:
            kept[question.key] = text
    return kept


def read_answer(question: FormField, text: str) -> object:
    """Return an answer as its question keeps it.

    Raises:
        BadAnswer: it does not fit.
    """
    if len(text) > MAX_ANSWER or not _is_plain(text):
        raise BadAnswer(
            f"An answer has {MAX_ANSWER} characters at most, and no control characters.",
            key=question.key,
        )
    value = _read(question, text)
    if value is None:
        raise BadAnswer(f"{question.label!r} takes {_describe(question)}.", key=question.key)
    return value


def key_of(label: str) -> str:
    """Return a key made of a label: `Drehtag (Süd)` is `drehtag_sud`; empty if nothing is left."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return words.lstrip("0123456789_")[:MAX_KEY].rstrip("_")


def _parse(asked: FormField) -> FormField:
    label = asked.label.strip()
    if not 0 < len(label) <= MAX_LABEL or not _is_plain(label):
        raise BadQuestion(f"A question has 1 to {MAX_LABEL} characters.")
    key = asked.key or key_of(label)
    if _KEY.fullmatch(key) is None:
        raise BadQuestion(
            f"Give {label!r} a key: small letters, digits and `_`, {MAX_KEY} at most, a letter "
            "first."
        )
    choices = tuple(dict.fromkeys(choice.strip() for choice in asked.choices))
    if len(choices) > MAX_CHOICES or not all(choices):
        raise BadQuestion(f"A question has up to {MAX_CHOICES} choices, and none is empty.")
    kind = ValueKind.CHOICE if choices and asked.kind is ValueKind.TEXT else asked.kind
    if kind is ValueKind.CHOICE and not choices:
        raise BadQuestion(f"{label!r} needs choices to choose from.")
    if choices and kind not in {ValueKind.CHOICE, ValueKind.LIST}:
        raise BadQuestion(f"{label!r} has choices: it is a choice or a list.")
    return replace(asked, label=label, key=key, choices=choices, kind=kind)


def _is_plain(text: str) -> bool:
    return all(sign in "\n\r\t" or unicodedata.category(sign) not in {"Cc", "Cs"} for sign in text)


def _read(question: FormField, text: str) -> object:
    match question.kind:
        case ValueKind.NUMBER:
            return _number(text)
        case ValueKind.DATE:
            return read_day(text)
        case ValueKind.BOOLEAN:
            return _TRUTH.get(text.lower())
        case ValueKind.LIST:
            return _several(question, text)
        case ValueKind.CHOICE:
            return text if text in question.choices else None
    return text


def _number(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or abs(number) >= 2**53:
        return None
    return int(number) if number.is_integer() else number


def read_day(text: str) -> str | None:
    """Return a day as it is kept, `2026-01-31`; None: it is none."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _several(question: FormField, text: str) -> object:
    words = list(dict.fromkeys(word.strip() for word in text.split("\n") if word.strip()))
    if question.choices and not set(words) <= set(question.choices):
        return None
    return words


def _describe(question: FormField) -> str:
    if question.choices:
        shown = ", ".join(question.choices[:10])
        several = ", one on a line" if question.kind is ValueKind.LIST else ""
        return f"one of its choices{several}: {shown}"
    return {
        ValueKind.NUMBER: "a number",
        ValueKind.DATE: "a date like 2026-01-31",
        ValueKind.BOOLEAN: "true or false",
    }[question.kind]
