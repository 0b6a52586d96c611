"""The IETF draft's words are read as each version means them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.errors import RushesError
from rushes.uploads.checksum import Algorithm, BadChecksum, Checksum
from rushes.uploads.resumable import (
    Appending,
    BadHeader,
    DigestMismatch,
    EncodingRefused,
    LengthInconsistent,
    Rules,
    UploadComplete,
    WrongBodyType,
    end_at,
    find_rules,
    find_wanted,
    judge_excess,
    parse_append,
    parse_creation,
    require_bare,
    require_end,
    words_of,
)
from rushes.uploads.tus import Metadata
from rushes.uploads.upload import Append, Protocol, State, Upload, UploadTooLarge
from tests.support.an_upload import upload as an_upload

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
RULES = {version: Rules(version, version) for version in range(3, 9)}
NEW, OLD = RULES[8], RULES[3]
EMPTY = Checksum(Algorithm.SHA256, hashlib.sha256().digest())
EMPTY_FIELD = f"sha-256=:{base64.b64encode(EMPTY.digest).decode()}:"
PARTIAL = {"content-type": "application/partial-upload"}


def upload(size_bytes: int | None = 10, offset: int = 4, state: State = State.RECEIVING) -> Upload:
    """Return an upload on its way."""
    return an_upload(
        state,
        protocol=Protocol.RESUMABLE,
        size_bytes=size_bytes,
        offset=offset,
        reserved_bytes=0,
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, Rules(None, 8)),
        ("3", Rules(3, 3)),
        ("8", Rules(8, 8)),
        ("2", Rules(None, 8)),
        ("9", Rules(None, 8)),
        ("?1", Rules(None, 8)),
        ("six", Rules(None, 8)),
        ("6, 6", Rules(None, 8)),
    ],
)
def test_who_names_no_version_of_ours_gets_the_newest(told: str | None, expected: Rules) -> None:
    """And no interim answers."""
    rules = find_rules({} if told is None else {"upload-draft-interop-version": told})

    assert expected == rules
    assert (expected.told is not None) == rules.may_announce


def test_what_differs_between_versions_stands_in_one_table() -> None:
    """Inverted, progress, type, limits, lifetime, status of an append, state in questions."""
    all_rules: list[Rules] = [*RULES.values(), Rules(None, 8)]
    table = {
        rules.told: (
            rules.is_inverted,
            rules.may_tell_progress,
            rules.needs_partial_type,
            rules.tells_limits,
            rules.lifetime,
            rules.appended,
            rules.refuses_state_in_questions,
        )
        for rules in all_rules
    }

    assert {
        3: (True, False, False, False, "max-age", 201, True),
        4: (False, False, False, False, "max-age", 201, True),
        5: (False, True, False, False, "max-age", 201, True),
        6: (False, True, True, True, "expires", 204, False),
        7: (False, True, True, True, "max-age", 204, False),
        8: (False, True, True, True, "max-age", 204, False),
        None: (False, False, True, True, "max-age", 204, False),
    } == table


@pytest.mark.parametrize(
    ("headers", "rules", "size_bytes", "append", "is_last"),
    [
        ({"upload-complete": "?0"}, NEW, None, Append(0, 0), False),
        ({"upload-complete": "?0", "upload-length": "9"}, NEW, 9, Append(0, 0, 9), False),
        ({"upload-complete": "?1", "content-length": "9"}, NEW, 9, Append(0, 9, 9), True),
        (
            {"upload-complete": "?1", "content-length": "9", "upload-length": "9"},
            NEW,
            9,
            Append(0, 9, 9),
            True,
        ),
        ({"upload-complete": "?0", "content-length": "4"}, NEW, None, Append(0, 4), False),
        (
            {"upload-complete": "?1", "transfer-encoding": "chunked"},
            NEW,
            None,
            Append(0, None),
            True,
        ),
        (
            {"upload-complete": "?1", "transfer-encoding": "chunked", "upload-length": "9"},
            NEW,
            9,
            Append(0, None, 9),
            True,
        ),
        ({"content-length": "9"}, NEW, 9, Append(0, 9, 9), True),
        ({"upload-complete": "yes", "content-length": "9"}, NEW, 9, Append(0, 9, 9), True),
        ({"upload-complete": "?0", "upload-length": "-9"}, NEW, None, Append(0, 0), False),
        ({"upload-complete": "?0", "upload-length": "9.5"}, NEW, None, Append(0, 0), False),
        ({"upload-complete": "?0", "upload-length": "é"}, NEW, None, Append(0, 0), False),
        ({"upload-complete": "?0;x=1", "upload-length": "9"}, NEW, 9, Append(0, 0, 9), False),
        ({"upload-incomplete": "?1", "upload-length": "9"}, OLD, 9, Append(0, 0, 9), False),
        ({"upload-incomplete": "?0", "content-length": "9"}, OLD, 9, Append(0, 9, 9), True),
        ({"upload-complete": "?0", "content-length": "9"}, OLD, 9, Append(0, 9, 9), True),
    ],
)
def test_a_creation_is_read(
    headers: dict[str, str],
    rules: Rules,
    size_bytes: int | None,
    append: Append,
    *,
    is_last: bool,
) -> None:
    """Length and completeness, by whatever tells them; what is none of its kind is not there."""
    creation = parse_creation(headers, rules)

    assert (size_bytes, append, is_last) == (creation.size_bytes, creation.append, creation.is_last)


def test_a_creation_brings_what_is_known_of_the_file() -> None:
    """Its name, its type, its digest, and by what digest it is to be told."""
    headers = {
        "upload-complete": "?0",
        "upload-length": "0",
        "content-type": "Video/MP4; codecs=x",
        "content-disposition": "inline; filename=a.mp4",
        "content-digest": EMPTY_FIELD,
        "repr-digest": EMPTY_FIELD,
        "want-repr-digest": "sha-512=1",
        "content-encoding": "identity",
    }

    creation = parse_creation(headers, NEW)

    assert Metadata("", "a.mp4", "video/mp4") == creation.metadata
    assert (EMPTY, EMPTY, Algorithm.SHA512) == (
        creation.append.checksum,
        creation.told,
        creation.wanted,
    )
    assert (f"sha-256:{EMPTY.digest.hex()}", "sha512") == words_of(creation)
    assert (None, None) == words_of(parse_creation({}, NEW))
    assert "" == parse_creation(PARTIAL, NEW).metadata.media_type


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"content-encoding": "gzip"}, EncodingRefused),
        ({"content-length": "9", "upload-length": "8"}, LengthInconsistent),
        ({"repr-digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"}, DigestMismatch),
        ({"repr-digest": "sha-256"}, BadChecksum),
        ({"content-digest": "sha-256"}, BadChecksum),
        ({"want-repr-digest": "sha-256=99"}, BadChecksum),
    ],
)
def test_a_creation_that_breaks_a_rule_is_refused(
    headers: dict[str, str], error: type[RushesError]
) -> None:
    """Before anything is made."""
    with pytest.raises(error):
        parse_creation({"upload-complete": "?1", **headers}, NEW)


@pytest.mark.parametrize(
    ("headers", "rules", "expected"),
    [
        (
            {**PARTIAL, "upload-offset": "4", "upload-complete": "?0", "content-length": "3"},
            NEW,
            Appending(Append(4, 3), is_last=False),
        ),
        (
            {**PARTIAL, "upload-offset": "4", "upload-complete": "?1", "content-length": "3"},
            NEW,
            Appending(Append(4, 3, 7), is_last=True),
        ),
        (
            {"upload-offset": "4", "upload-complete": "?0", "transfer-encoding": "chunked"},
            RULES[5],
            Appending(Append(4, None), is_last=False),
        ),
        (
            {"upload-offset": "4", "upload-incomplete": "?1", "upload-length": "9"},
            OLD,
            Appending(Append(4, 0, 9), is_last=False),
        ),
        ({"upload-offset": "4"}, OLD, Appending(Append(4, 0, 4), is_last=True)),
    ],
)
def test_an_append_is_read(headers: dict[str, str], rules: Rules, expected: Appending) -> None:
    """The end of the file tells its length; in version 3 what says nothing is the end."""
    assert expected == parse_append(headers, rules)


APPEND = {**PARTIAL, "upload-offset": "4", "upload-complete": "?1", "content-length": "3"}


@pytest.mark.parametrize(
    ("changes", "rules", "error"),
    [
        ({"content-type": "video/mp4"}, NEW, WrongBodyType),
        ({"content-type": None}, RULES[6], WrongBodyType),
        ({"content-encoding": "br"}, NEW, EncodingRefused),
        ({"upload-offset": None}, NEW, BadHeader),
        ({"upload-offset": "-1"}, NEW, BadHeader),
        ({"upload-offset": "four"}, OLD, BadHeader),
        ({"upload-complete": None}, NEW, BadHeader),
        ({"upload-complete": "1"}, RULES[4], BadHeader),
        ({"upload-length": "8"}, NEW, LengthInconsistent),
        ({"content-digest": "sha-256=:AA==:"}, NEW, BadChecksum),
    ],
)
def test_an_append_that_breaks_a_rule_is_refused(
    changes: dict[str, str | None], rules: Rules, error: type[RushesError]
) -> None:
    """Before the first byte."""
    headers = {name: value for name, value in (APPEND | changes).items() if value is not None}

    with pytest.raises(error):
        parse_append(headers, rules)


def test_old_drafts_refuse_a_state_in_a_question() -> None:
    """HEAD and DELETE with an offset or a completeness of their own."""
    for version, rules in RULES.items():
        name = "upload-incomplete" if version == 3 else "upload-complete"
        for headers in ({"upload-offset": "4"}, {name: "?0"}):
            if version > 5:
                require_bare(headers, rules)
                continue
            with pytest.raises(BadHeader):
                require_bare(headers, rules)
        require_bare({}, rules)


def test_the_wanted_digest_is_found() -> None:
    """None where nobody wants one."""
    assert None is find_wanted({})
    assert Algorithm.SHA256 is find_wanted({"want-repr-digest": "sha-256=1"})


@pytest.mark.parametrize(
    ("upload", "append", "most", "expected"),
    [
        (upload(10, 10, State.COMPLETED), Append(10, 1), None, UploadComplete),
        (upload(None), Append(4, 100), None, UploadTooLarge),
        (upload(10), Append(4, 7), None, LengthInconsistent),
        (upload(10), Append(4, 7), 3, LengthInconsistent),
        (upload(10), Append(4, 5), 3, UploadTooLarge),
        (upload(10), Append(4, None), None, LengthInconsistent),
        (upload(10), Append(4, None), 6, LengthInconsistent),
        (upload(10), Append(4, None), 3, UploadTooLarge),
    ],
)
def test_too_much_breaks_the_length_or_a_limit(
    upload: Upload, append: Append, most: int | None, expected: type[RushesError]
) -> None:
    """What goes beyond the upload's own length is another matter than a limit of ours."""
    error = UploadTooLarge("too much")

    assert expected is type(judge_excess(upload, append, error, most))


def test_an_end_before_the_length_is_refused() -> None:
    """Bytes are missing; where the length is unknown, every end is right."""
    with pytest.raises(LengthInconsistent) as refused:
        require_end(upload(10, 4))

    assert {"offset": 4} == refused.value.facts
    require_end(upload(None, 4))
    require_end(upload(10, 10, State.COMPLETED))


def test_an_upload_ends_where_it_stands() -> None:
    """By an empty append that tells the length."""
    assert Append(4, 0, 4) == end_at(upload(None, 4))


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("upload-complete", "upload-incomplete", "upload-length", "upload-offset"),
            *("content-length", "transfer-encoding", "content-type", "content-encoding"),
            *("content-disposition", "content-digest", "repr-digest", "want-repr-digest"),
            *("upload-metadata", "upload-draft-interop-version"),
        ]
    ),
    st.one_of(st.sampled_from(["?0", "?1", "0", "7", "-1", "8", "sha-256=1"]), st.text()),
)


@given(HEADERS)
def test_no_headers_break_the_parsers(headers: dict[str, str]) -> None:
    """They read them, or refuse them in our words."""
    rules = find_rules(headers)
    for parse in (parse_creation, parse_append, require_bare):
        with contextlib.suppress(RushesError):
            parse(headers, rules)
