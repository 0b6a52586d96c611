"""Hostile names of clients and projects: data, and never a path, a header or a command."""

from __future__ import annotations

import re

import httpx
import pytest

NAMES = (
    *("../../etc/passwd", "..%2f..%2fetc", "..\\..\\boot.ini", "....//....//x", "%2e%2e%2f"),
    *("..%252f", "\u2025/\u2025/x", "..\u2215x", "..\uff0fx", "%c0%ae%c0%ae/"),
    *("/etc/shadow", "\\\\server\\share", "C:\\Windows", "C:x", "file:///etc/passwd"),
    *("http://evil.example/", "concat:a|b", "pipe:0", "%d.png", "a%0a"),
    *("$(id)", "`id`", "; rm -rf ~", "| cat", "&& true"),
    *("-rf", "--help", "-i", "@file", "*"),
    *("CON", "PRN.txt", "aux", "NUL", "COM1"),
    *("LPT9.tar.gz", "name.", "name ", " name", ".hidden"),
    *("a\u202egnp.exe", "a\u200bb", "\ufeffname", "Cafe\u0301", "Caf\u00e9"),
    *(
        "\U0001f3ac\U0001f1e9\U0001f1ea",
        "x" * 10_000,
        'a"b',
        "a; filename*=UTF-8''b",
        "<img src=x>",
    ),
    *("a\r\nSet-Cookie: b=c", "a\x1b]0;x\x07", "a:b", "a\x00b", "\ud800"),
    *("", ".", "..", "   ", "\u3000"),
)


@pytest.mark.covers("BG-11")
async def test_sixty_hostile_names_make_no_trouble(admin: httpx.AsyncClient) -> None:
    """Each is kept with a safe slug, or refused with a sentence; most are kept."""
    kept, statuses = {}, []
    for name in NAMES:
        body = _json(name)
        answer = await admin.post(
            "/api/v1/projects", content=body, headers={"Content-Type": "application/json"}
        )
        statuses.append(answer.status_code)
        if answer.status_code == 201:
            kept[answer.json()["id"]] = answer.json()

    assert 60 == len(NAMES)
    assert {201, 409, 422} >= set(statuses)
    assert 45 <= len(kept)
    for project in kept.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", project["client"])
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", project["project"])
        assert project["client"] not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    places = {(project["client"], project["project"]) for project in kept.values()}
    assert len(kept) == len(places)


def _json(name: str) -> bytes:
    escaped = name.encode("utf-16-be", "surrogatepass")
    units = [escaped[n : n + 2].hex() for n in range(0, len(escaped), 2)]
    text = "".join(f"\\u{unit}" for unit in units)
    return f'{{"client": "{text}", "project": "{text}"}}'.encode()
