"""The gate: are the bytes of a file what may come in here.

1. What its sender says of it was judged before the first byte; here only the bytes speak.
2. Bytes that nobody knows contradict no name, but where a rule says that they must match it.
3. Bytes that are known to be something else may come if that would be taken as well.
4. A file without a name is what its bytes are.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from rushes.access.limits import Rule, TypeRefused, find_extension, find_rules
from rushes.intake.sniff import Sniffed
from rushes.media.facts import MediaKind

_WORDS: Final = {
    "aac": "aac",
    "aiff": "aif aiff aifc",
    "asf": "wmv wma asf",
    "avi": "avi",
    "avif": "avif",
    "bmp": "bmp",
    "cr2": "cr2 tif tiff",
    "cr3": "cr3",
    "dv": "dv",
    "eseq": "eseq fseq",
    "flac": "flac",
    "flv": "flv",
    "fseq": "fseq eseq",
    "gif": "gif",
    "heic": "heic heif",
    "jpeg": "jpg jpeg",
    "matroska": "mkv webm mka",
    "mov": "mp4 m4v mov qt 3gp 3g2 m4a",
    "mp3": "mp3",
    "mpeg": "mpg mpeg vob",
    "mpegts": "ts mts m2ts",
    "mxf": "mxf",
    "ogg": "ogv ogg oga opus",
    "pdf": "pdf",
    "png": "png",
    "raf": "raf",
    "text": "srt vtt cube edl xml fcpxml mhl csv txt",
    "tiff": "tif tiff dng nef arw cr2",
    "wav": "wav wave bwf rf64",
    "webp": "webp",
    "xsq": "xsq xmodel xml",
    "zip": "zip",
}
EXTENSIONS: Final = MappingProxyType(
    {name: frozenset(words.split()) for name, words in _WORDS.items()}
)
"""By which extensions files of a sniffed format go; one that is missing is not known."""

RAW_EXTENSIONS: Final = frozenset({"nef", "arw", "dng", "tif", "tiff"})
"""Camera RAW is TIFF by its bytes; the name alone tells them apart."""


def require_type(sniffed: Sniffed, file_name: str, types: tuple[str, ...]) -> None:
    """Return if a file may come in by what its bytes are; `types` are those of link or server.

    Raises:
        TypeRefused: it may not; the sentence says what it is.
    """
    rules = find_rules(types)
    extension = find_extension(file_name)
    named = [rule for rule in rules if not rule.extensions or extension in rule.extensions]
    looks = _find_looks(sniffed)
    if not rules or any(_passes(rule, extension, looks, rules) for rule in named):
        return
    if not extension and looks is not None and _is_taken(looks, rules):
        return
    what = sniffed.media_type if looks is not None else "nothing that is known here"
    raise TypeRefused(
        f"By its bytes this file is {what}, which is not taken here. Send a file of another type."
    )


def _passes(
    rule: Rule, extension: str, looks: frozenset[str] | None, rules: tuple[Rule, ...]
) -> bool:
    if rule.must_match:
        return looks is not None and extension in looks
    return looks is None or extension in looks or _is_taken(looks, rules)


def _is_taken(looks: frozenset[str], rules: tuple[Rule, ...]) -> bool:
    return any(not rule.extensions or looks & rule.extensions for rule in rules)


def _find_looks(sniffed: Sniffed) -> frozenset[str] | None:
    if sniffed.kind is MediaKind.RAW and sniffed.format not in EXTENSIONS:
        return RAW_EXTENSIONS
    return EXTENSIONS.get(sniffed.format)
