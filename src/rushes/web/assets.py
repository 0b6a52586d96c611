"""The built bundle: what its manifest names, served under hashed names for a year.

1. A file that the manifest does not name is not served, whatever lies in the folder.
2. `.br` and `.gz` are made by tools/build_web.py; nothing is compressed while serving.
3. Without a bundle there are no pages, and everything else works.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

STATIC: Final = Path(__file__).parent / "static"
PREFIX: Final = "/assets/"

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

FOR_A_YEAR: Final = "public, max-age=31536000, immutable"  # a changed file has another name
FOR_A_DAY: Final = "public, max-age=86400"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One page's program: the names of its files under `PREFIX`."""

    script: str
    """Empty where the page has a style alone."""
    styles: tuple[str, ...]
    preloads: tuple[str, ...]
    """Modules that the script imports at once: named in the page, they load side by side."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that pages need from the build."""

    folder: Path
    entries: Mapping[str, Entry]
    names: frozenset[str]
    texts: Mapping[str, Any]
    icons: str


def find_bundle(folder: Path = STATIC) -> Bundle | None:
    """Read the bundle; None where it was not built."""
    try:
        manifest = json.loads((folder / ".vite" / "manifest.json").read_bytes())
        texts = json.loads((folder / "text" / "en.json").read_bytes())
        icons = (folder / "icons.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    entries = {
        chunk["name"]: _read_entry(manifest, key)
        for key, chunk in manifest.items()
        if chunk.get("isEntry")
    }
    names = frozenset(name for chunk in manifest.values() for name in _names_of(chunk))
    return Bundle(folder, entries, names, texts, icons)


def _names_of(chunk: Mapping[str, Any]) -> Iterator[str]:
    yield chunk["file"]
    yield from chunk.get("css", ())
    yield from chunk.get("assets", ())


def _read_entry(manifest: Mapping[str, Any], key: str) -> Entry:
    """Collect what an entry needs before it runs: its own files, and those of its imports."""
    if manifest[key]["file"].endswith(".css"):
        return Entry("", (manifest[key]["file"],), ())
    order = list(_imports_of(manifest, key, set()))
    styles = dict.fromkeys(name for each in order for name in manifest[each].get("css", ()))
    preloads = tuple(manifest[each]["file"] for each in order if each != key)
    return Entry(manifest[key]["file"], tuple(styles), preloads)


def _imports_of(manifest: Mapping[str, Any], key: str, seen: set[str]) -> Iterator[str]:
    """Yield chunks in the order in which their styles apply: imported ones first."""
    if key in seen:
        return
    seen.add(key)
    for imported in manifest[key].get("imports", ()):
        yield from _imports_of(manifest, imported, seen)
    yield key


def answer_asset(bundle: Bundle, request: Request) -> Response:
    """Answer `/assets/{name}`: packed where the browser takes it, 404 for what is not named."""
    name = request.path_params["name"]
    if name not in bundle.names:
        raise HTTPException(404)
    return _answer_file(bundle.folder / name, request, FOR_A_YEAR)


def answer_icon(bundle: Bundle, request: Request) -> Response:
    """Answer `/favicon.svg`, which has no hash in its name."""
    return _answer_file(bundle.folder / "favicon.svg", request, FOR_A_DAY)


def _answer_file(path: Path, request: Request, cache: str) -> Response:
    headers = {
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    media_type = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    taken = read_encodings(request.headers.get("accept-encoding", ""))
    for encoding, suffix in ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if encoding in taken and packed.is_file():
            headers["Content-Encoding"] = encoding
            return FileResponse(packed, media_type=media_type, headers=headers)
    return FileResponse(path, media_type=media_type, headers=headers)


def read_encodings(header: str) -> frozenset[str]:
    """Return the encodings of an Accept-Encoding header that are not refused by `q=0`."""
    taken = set()
    for part in header.split(","):
        encoding, _, weight = part.partition(";")
        refused = weight.replace(" ", "").lower().removeprefix("q=").strip("0.") == ""
        if not (weight and refused):
            taken.add(encoding.strip().lower())
    return frozenset(taken)
