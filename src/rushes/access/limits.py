"""May this file begin to come in: its type, its size, and the room that is left.

1. The extension decides; an empty type and `application/octet-stream` always fit, because browsers
   send them for what they do not know; a type that contradicts the extension does not.
2. A file without a name has no extension: its bytes decide, at the gate.
3. The smallest of server, link, type and free space is the limit; a refusal names what is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rushes.access.link import unknown_link
from rushes.errors import Kind, RushesError

KIB, MIB, GIB = 2**10, 2**20, 2**30
DEFAULT_PRESET: Final = "media"
UNTOLD: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class TypeRefused(RushesError):
    """Files of this type are not taken here."""

    code = "upload.type_refused"
    kind = Kind.UNSUPPORTED


class FileTooLarge(RushesError):
    """The file is larger than is taken here."""

    code = "upload.file_too_large"
    kind = Kind.TOO_LARGE


class NoSpace(RushesError):
    """The disk has not got the room."""

    code = "upload.no_space"
    kind = Kind.FULL


class QuotaExceeded(RushesError):
    """The link or project has not got that many bytes left."""

    code = "quota.bytes"
    kind = Kind.TOO_LARGE


class FilesExceeded(RushesError):
    """The link takes no further file."""

    code = "quota.files"
    kind = Kind.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Rule:
    """Files of one sort that are taken.

    `media_types` are families (`video/`) or whole types; empty: any. `max_bytes` None: no limit of
    its own. With `must_match` the bytes have to be what the extension says, else they may be more.
    """

    extensions: frozenset[str]
    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    must_match: bool = False

    def takes(self, media_type: str) -> bool:
        """Say whether a declared type fits; parameters (`; charset`) are not looked at."""
        told = media_type.partition(";")[0].strip().lower()
        if told in UNTOLD or not self.media_types:
            return True
        return told.startswith(self.media_types)


def _rule(words: str, *media_types: str, max_bytes: int | None = None) -> Rule:
    return Rule(frozenset(words.split()), media_types, max_bytes)


def _checked(words: str, *media_types: str, mib: int) -> Rule:
    return Rule(frozenset(words.split()), media_types, mib * MIB, must_match=True)


_MOVING: Final = ("video/", "audio/", "application/")
_SOUND: Final = ("audio/", "video/", "application/")
_STILL: Final = ("image/", "application/")
_WRITTEN: Final = ("text/", "application/", "chemical/")

_VIDEO: Final = (
    "mp4 m4v mov qt avi mkv webm mxf ts mts m2ts mpg mpeg 3gp 3g2 flv wmv asf ogv dv vob"
)
_AUDIO: Final = "mp3 m4a aac wav wave bwf rf64 aif aiff aifc flac ogg oga opus mka wma"
_IMAGE: Final = "jpg jpeg png gif webp avif heic heif tif tiff bmp"
_RAW: Final = "cr2 cr3 nef arw dng raf"
_SEQUENCE: Final = "fseq eseq xsq xmodel"
_WRITING: Final = "zip srt vtt cube edl xml fcpxml aaf mhl csv txt"

PRESETS: Final = MappingProxyType(
    {
        "any": (),
        "media": (
            _rule(_VIDEO, *_MOVING, "text/vnd.trolltech.linguist", max_bytes=100 * GIB),
            _rule(_AUDIO, *_SOUND, max_bytes=100 * GIB),
            _rule(f"{_IMAGE} {_RAW}", *_STILL, max_bytes=100 * GIB),
            _rule("pdf", "application/", max_bytes=100 * GIB),
            _rule(f"{_SEQUENCE} {_WRITING}", *_WRITTEN, max_bytes=100 * GIB),
        ),
        "web-video": (_rule("mp4 mov webm", *_MOVING, max_bytes=500 * MIB),),
        "footage": (
            _rule("mp4 mov avi mkv", *_MOVING, max_bytes=5 * GIB),
            _rule("cr2 nef arw jpg jpeg png webp", *_STILL, max_bytes=5 * GIB),
        ),
        "post": (
            _rule(_VIDEO, *_MOVING, max_bytes=100 * GIB),
            _rule(f"{_IMAGE} {_RAW}", *_STILL, max_bytes=100 * GIB),
            _rule("pdf", "application/", max_bytes=100 * GIB),
        ),
        "sequences": (
            _checked("fseq", "application/", mib=500),
            _checked("xsq", *_WRITTEN, mib=100),
            _checked("xml", *_WRITTEN, mib=100),
            _checked("xmodel", *_WRITTEN, mib=100),
            _rule("mp3 wav ogg", *_SOUND, max_bytes=50 * MIB),
            _rule("mp4 webm mov", *_MOVING, max_bytes=200 * MIB),
            _checked("jpg jpeg png gif webp", *_STILL, mib=10),
        ),
    }
)
"""What a link or the server may name; `any` takes every file."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that somebody wants to send; the size is None where it is not known yet."""

    file_name: str
    media_type: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is allowed: sizes in bytes; `types` are presets, extensions or media types."""

    server_bytes: int
    free_bytes: int
    link_bytes: int | None = None
    types: tuple[str, ...] = ()

    @property
    def max_file_bytes(self) -> int:
        """The smaller of the server's and the link's limit."""
        return (
            self.server_bytes
            if self.link_bytes is None
            else min(self.server_bytes, self.link_bytes)
        )


@dataclass(frozen=True, slots=True)
class Use:
    """How full a link or project is; a limit of None is none."""

    used_bytes: int
    max_bytes: int | None
    used_files: int = 0
    max_files: int | None = None


def admit(offered: Offered, bounds: Bounds) -> None:
    """Return if the file may begin to come in.

    Raises:
        TypeRefused: its extension is not taken, or its declared type contradicts it.
        FileTooLarge: it is larger than server, link or type allow.
        NoSpace: the disk has not got the room.
    """
    size_bytes = offered.size_bytes or 0
    most = find_most(offered, bounds)
    if size_bytes > most:
        raise FileTooLarge(
            f"The file has {size_bytes} bytes; files of up to {most} bytes are taken here.",
            max_bytes=most,
        )
    if size_bytes > bounds.free_bytes or bounds.free_bytes <= 0:
        raise NoSpace(
            "The server has not got the room for this file now. Tell an admin, or try later.",
            retry_after=600,
        )


def find_most(offered: Offered, bounds: Bounds) -> int:
    """Return how many bytes this file may have.

    Raises:
        TypeRefused: its extension is not taken, or its declared type contradicts it.
    """
    rules = find_rules(bounds.types)
    extension = find_extension(offered.file_name)
    if not rules or not offered.file_name:
        return bounds.max_file_bytes
    named = [rule for rule in rules if not rule.extensions or extension in rule.extensions]
    if not named:
        raise TypeRefused(f"{_shown(extension)} is not taken here. Send {_allowed(rules)}.")
    fitting = [rule for rule in named if rule.takes(offered.media_type)]
    if not fitting:
        raise TypeRefused(
            f"{_shown(extension)} files are not of the type {offered.media_type[:80]}. "
            f"Send {_allowed(named)} with its own type, or without one."
        )
    limits = [rule.max_bytes for rule in fitting]
    largest = max((limit for limit in limits if limit is not None), default=None)
    is_free = largest is None or None in limits
    return bounds.max_file_bytes if is_free else min(bounds.max_file_bytes, largest or 0)


def find_rules(types: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that these words stand for; none: every file is taken."""
    rules: list[Rule] = []
    for word in types or (DEFAULT_PRESET,):
        if word == "any":
            return ()
        if word in PRESETS:
            rules += PRESETS[word]
        elif "/" in word:
            rules.append(_of_media_type(word))
        else:
            rules.append(_of_extension(word))
    return tuple(rules)


def list_extensions(types: Sequence[str]) -> tuple[str, ...]:
    """Return the extensions that these words let in, without dots; none: every file is taken."""
    rules = find_rules(types)
    if any(not rule.extensions for rule in rules):
        return ()
    return tuple(sorted(frozenset().union(*(rule.extensions for rule in rules))))


def find_extension(file_name: str) -> str:
    """Return what follows the last dot of a name's last part, in lower case."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = last.rpartition(".")
    return extension.lower() if dot and stem else ""


def explain(link: Use | None, project: Use | None, bytes_more: int, files_more: int) -> RushesError:
    """Say why room was refused."""
    for use, name in ((link, "upload link"), (project, "project")):
        if use is None:
            continue
        if use.max_files is not None and use.used_files + files_more > use.max_files:
            return FilesExceeded(
                f"This {name} takes {use.max_files} files, and has {use.used_files}. "
                "Ask for more room."
            )
        if use.max_bytes is not None and use.used_bytes + bytes_more > use.max_bytes:
            return QuotaExceeded(
                f"This {name} has {use.used_bytes} of {use.max_bytes} bytes used, and has not got "
                f"{bytes_more} more. Ask for more room."
            )
    return unknown_link()


def _of_media_type(word: str) -> Rule:
    family = word.removesuffix("*")
    known = [rule for rule in PRESETS[DEFAULT_PRESET] if rule.media_types[0] == family]
    extensions = frozenset().union(*(rule.extensions for rule in known))
    return Rule(extensions, (family,))


def _of_extension(word: str) -> Rule:
    known = [rule for rule in PRESETS[DEFAULT_PRESET] if word in rule.extensions]
    return Rule(frozenset({word}), known[0].media_types if known else ())


def _shown(extension: str) -> str:
    return f".{extension[:20]}" if extension else "A file without an extension"


def _allowed(rules: Sequence[Rule]) -> str:
    words = sorted(frozenset().union(*(rule.extensions for rule in rules)))
    types = sorted({kind for rule in rules if not rule.extensions for kind in rule.media_types})
    return ", ".join([f".{word}" for word in words] + types)
