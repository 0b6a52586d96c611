"""What an upload page says about its link."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rushes.web.link import LinkOpen, describe_facts, format_limit, format_moment, format_size


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_250_000, "1.25 MB"),
        (999_999, "1 MB"),
        (100_000_000_000, "100 GB"),
        (10**19, "10000 PB"),
        (-1, "0 B"),
    ],
)
def test_a_size_is_written_as_in_the_browser(size_bytes: int, words: str) -> None:
    """The same figures stand in web/shared/format.test.ts."""
    assert words == format_size(size_bytes)


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (100 * 2**30, "107 GB"),
        (15_990_000_000, "15.9 GB"),
        (2_560_000, "2.56 MB"),
        (2 * 10**12, "2 TB"),
        (0, "0 B"),
    ],
)
def test_a_limit_has_three_digits_and_says_never_too_much(size_bytes: int, words: str) -> None:
    """Nobody thinks in hundredths of a gigabyte."""
    assert words == format_limit(size_bytes)


def test_a_moment_names_its_zone() -> None:
    """Readers without a program are told that it is UTC."""
    assert "4 June 2026, 09:05 UTC" == format_moment(datetime(2026, 6, 4, 9, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("title", "client", "project", "name"),
    [
        ("Cards", "Acme", "Spring", "Cards"),
        ("", "Acme", "Spring", "Acme · Spring"),
        ("", "Acme", "", "Acme"),
        ("", "", "", ""),
    ],
)
def test_a_page_is_called_by_its_title_or_its_place(
    title: str, client: str, project: str, name: str
) -> None:
    """An owner need not think of a title."""
    link = LinkOpen(link_id="lnk_1", client=client, project=project, title=title)

    assert name == link.name


def test_the_program_is_told_the_limits() -> None:
    """These names are read by web/public/facts.ts."""
    link = LinkOpen(
        link_id="lnk_1",
        client="A",
        project="B",
        files_left=3,
        extensions=("mov",),
        may_leave_mail=True,
    )

    assert {
        "endpoint": "/u/tok/files/",
        "direct": None,
        "token": "tok",
        "linkId": "lnk_1",
        "name": "A · B",
        "limits": {
            "maxFileBytes": None,
            "filesLeft": 3,
            "bytesLeft": None,
            "extensions": ("mov",),
        },
        "appendBytes": None,
        "parallel": 3,
        "preview": False,
        "color": None,
        "answerPrefix": "field.",
        "senderKey": "sender_email",
    } == describe_facts(link, "tok")
