"""Languages: what containers call them, what playlists call them, and what people call them.

Containers write three letters (ISO 639-2, with two codes for some), playlists the shortest tag
there is (RFC 5646): two letters where a language has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NONE: Final = frozenset({"und", "mis", "mul", "zxx", "qaa"})
"""Codes that name no language: undetermined, uncoded, several, none at all, kept for own use."""

_ROWS: Final = """
ara ar Arabic
ben bn Bengali
bul bg Bulgarian
cat ca Catalan
chi zh Chinese
zho zh Chinese
cze cs Czech
ces cs Czech
dan da Danish
dut nl Dutch
nld nl Dutch
eng en English
est et Estonian
fin fi Finnish
fre fr French
fra fr French
ger de German
deu de German
gre el Greek
ell el Greek
heb he Hebrew
hin hi Hindi
hrv hr Croatian
hun hu Hungarian
ice is Icelandic
isl is Icelandic
ind id Indonesian
ita it Italian
jpn ja Japanese
kor ko Korean
lav lv Latvian
lit lt Lithuanian
may ms Malay
msa ms Malay
nob nb Norwegian
nor no Norwegian
per fa Persian
fas fa Persian
pol pl Polish
por pt Portuguese
rum ro Romanian
ron ro Romanian
rus ru Russian
slo sk Slovak
slk sk Slovak
slv sl Slovenian
spa es Spanish
srp sr Serbian
swe sv Swedish
tam ta Tamil
tel te Telugu
tha th Thai
tur tr Turkish
ukr uk Ukrainian
urd ur Urdu
vie vi Vietnamese
"""

_TAG: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def _read() -> tuple[Mapping[str, str], Mapping[str, str]]:
    rows = [line.split() for line in _ROWS.split("\n") if line]
    tags = {code: tag for code, tag, _ in rows}
    return MappingProxyType(tags), MappingProxyType({tag: name for _, tag, name in rows})


TAGS, NAMES = _read()
"""Three letters -> tag, and tag -> what it is called in English."""


def tag_of(code: str | None) -> str | None:
    """Return the tag of a language as a container writes it; None where it names none."""
    plain = (code or "").strip().lower().replace("_", "-")
    if plain in NONE or not _TAG.fullmatch(plain):
        return None
    return TAGS.get(plain, plain)


def name_of(tag: str | None) -> str | None:
    """Return what people call a language in English; None where we have no word for it."""
    return None if tag is None else NAMES.get(tag.partition("-")[0])
