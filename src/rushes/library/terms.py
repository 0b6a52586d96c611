"""Terms: the words by which an asset is found, cut the same way for every database.

1. A word is a run of letters and digits, without case and accents: `Müller` is `muller`, and
   `mueller` too. A letter of Chinese or Japanese is a word of its own.
2. `A001_C003.mov` is `a001`, `c003`, `mov`, and `001`, `003`; `InterviewFinal` is `interview` too.
3. What is asked for finds words that begin with it, and all of it has to be found.
4. A facet is a term for a value that is asked for as a whole: a project, a tag, a field's value.
   It begins with `:`, which no word does.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

MAX_WORD: Final = 64
"""Characters of a word that count."""

MAX_TERMS: Final = 4_000
"""Terms of one asset; of longer texts the beginning is found."""

MAX_ASKED: Final = 32
"""Words of a question that count."""

PROJECT: Final = "project"
TAG: Final = "tag"
FIELD: Final = "field"

_ALONE: Final = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD: Final = re.compile(f"[{_ALONE}]|[^\\W_{_ALONE}]+")
_PART: Final = re.compile(r"\d+|[^\W\d_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "ð": "d", "þ": "th"}
)
_SPELLED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def fold(text: str) -> str:
    """Return a text without case and accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def split(text: str) -> Iterator[str]:
    """Yield the words of a text, in their order."""
    for word in _WORD.findall(fold(text)):
        yield word[:MAX_WORD]


def terms_of(texts: Iterable[str], facets: Iterable[str]) -> list[str]:
    """Return what an asset with these texts and facets is found by, each once, sorted."""
    terms = dict.fromkeys(facets)
    for text in texts:
        for term in _list_terms(text):
            if len(terms) >= MAX_TERMS:
                return sorted(terms)
            terms[term] = None
    return sorted(terms)


def _list_terms(text: str) -> Iterator[str]:
    for word in split(text):
        yield word
        parts = _PART.findall(word)
        if len(parts) > 1:
            yield from (part for part in parts if len(part) > 1)
    yield from split(_spell(text))
    yield from split(_HUMP.sub(" ", text))


def _spell(text: str) -> str:
    """Return a text as those write it whose keyboard has no umlauts."""
    return unicodedata.normalize("NFC", text).casefold().translate(_SPELLED)


def ask(text: str) -> list[tuple[str, ...]]:
    """Return what has to be found, each by one of its spellings; no word of a text: nothing."""
    asked: dict[tuple[str, ...], None] = {}
    for word in text.split():
        plain, spelled = [*split(word)], [*split(_spell(word))]
        if plain == spelled or len(plain) != len(spelled):
            asked |= dict.fromkeys((each,) for each in plain)
        else:
            pairs = zip(plain, spelled, strict=True)
            asked |= dict.fromkeys(tuple(dict.fromkeys(pair)) for pair in pairs)
    return [*asked][:MAX_ASKED]


def facet(kind: str, *values: str) -> str:
    """Return the term of a value that is asked for as a whole."""
    told = "\0".join((kind, *values)).encode()
    return ":" + hashlib.blake2b(told, digest_size=8).hexdigest()


def facets_of(
    project_id: str, tags: Sequence[str], metadata: Mapping[str, object]
) -> Iterator[str]:
    """Yield the facets of an asset."""
    yield facet(PROJECT, project_id)
    for tag in tags:
        yield facet(TAG, fold(tag).strip())
    for key, value in metadata.items():
        for form in list_forms(value):
            yield facet(FIELD, key, form)


def list_forms(value: object) -> Iterator[str]:
    """Yield how a value may be asked for: a number however it is written, a list by each of it."""
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, list | tuple):
        for each in value:
            yield from list_forms(each)
    elif isinstance(value, int | float):
        yield _number(str(value)) or str(value)
    elif isinstance(value, str):
        yield fold(value).strip()
        number = _number(value)
        if number is not None:
            yield number


def form_of(text: str) -> str:
    """Return a value that is asked for, as `list_forms` would give it."""
    return _number(text) or fold(text).strip()


def texts_of(value: object) -> Iterator[str]:
    """Yield the texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_of(each)


def _number(text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return f"{number:.15g}"
