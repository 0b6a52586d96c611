"""How a page is written: templates, words, and the headers that keep it safe.

Every page is `no-store`, names its own scripts only, and may be framed by nobody but the sites
that a share names for its embed. Pages of strangers keep the strict style rule; the portal needs
inline styles for its component library, and the pages of shares for the player.
Pages that are only read (the reference) run no script at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from rushes.web.assets import PREFIX, Bundle
from rushes.web.link import format_limit, format_moment, format_size

TEMPLATES: Final = Path(__file__).parent / "templates"
NOT_BUILT: Final = "The web pages were not built. Run `make web`.\n"

SAFETY: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
POLICY: Final = "Content-Security-Policy"
FRAMED_BY_NOBODY: Final = "frame-ancestors 'none'"
WITH_INLINE_STYLES: Final = frozenset({"portal", "watch"})
"""Entries with the component library or the player, whose parts carry styles of their own."""

READ_ONLY: Final = "reference"
"""The entry of pages that have a style and no program."""

READ_ONLY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
TICKED: Final = re.compile(r"`([^`]+)`")
HOLE: Final = re.compile(r"\{(\w+)\}")


class Shell:
    """Writes pages out of the bundle's words and files."""

    def __init__(
        self,
        bundle: Bundle | None,
        *,
        media_origins: tuple[str, ...] = (),
        store_origins: tuple[str, ...] = (),
    ) -> None:
        self.bundle = bundle
        self._media = " ".join(media_origins)
        self._stores = " ".join(store_origins)
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "fill": fill,
            "plural": choose_plural,
            "size": format_size,
            "limit": format_limit,
            "moment": format_moment,
            "code": mark_code,
        }

    def answer(self, template: str, entry: str, *, status: int = 200, **values: object) -> Response:
        """Write one page with one entry of the bundle.

        `private` pages (links, shares) tell no other site where their reader came from;
        `ancestors` are the origins whose pages may frame this one.
        """
        if self.bundle is None:
            return self.not_built()
        is_private = bool(values.pop("private", False))
        ancestors = values.pop("ancestors", ())
        page = self.write(self.bundle, template, entry, **values)
        headers = self.headers(entry, is_private=is_private)
        if isinstance(ancestors, tuple) and ancestors:
            policy, framed = headers[POLICY], f"frame-ancestors {' '.join(ancestors)}"
            headers[POLICY] = policy.replace(FRAMED_BY_NOBODY, framed)
        return HTMLResponse(page, status, headers=headers)

    def not_built(self) -> Response:
        """Say that there are no pages, and how to get them."""
        return PlainTextResponse(NOT_BUILT, 503, headers=SAFETY)

    def headers(self, entry: str, *, is_private: bool = False) -> dict[str, str]:
        """Return the headers of a page with this entry."""
        return {
            **SAFETY,
            POLICY: self.policy(entry),
            "Referrer-Policy": "no-referrer" if is_private else "strict-origin-when-cross-origin",
        }

    def write(self, bundle: Bundle, template: str, entry: str, **values: object) -> str:
        """Return the text of one page."""
        return self._templates.get_template(template).render(
            t=bundle.texts,
            icons=bundle.icons,
            entry=bundle.entries[entry],
            prefix=PREFIX,
            **values,
        )

    def policy(self, entry: str) -> str:
        """Return the content security policy; scripts are our own files on every page."""
        if entry == READ_ONLY:
            return READ_ONLY_POLICY
        has_inline_styles = entry in WITH_INLINE_STYLES
        rules = (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'" if has_inline_styles else "style-src 'self'",
            f"img-src 'self' blob: data: {self._media}",
            f"media-src 'self' blob: {self._media}",
            f"connect-src 'self' {self._stores} {self._media}",
            "font-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            FRAMED_BY_NOBODY,
        )
        return "; ".join(" ".join(rule.split()) for rule in rules)


def fill(text: str, **values: object) -> str:
    """Put values into the holes of a text; a hole without a value stays as it is."""
    return HOLE.sub(lambda hole: str(values.get(hole[1], hole[0])), text)


def mark_code(text: str) -> Markup:
    """Return a text as HTML, with what stands between backticks as code."""
    return Markup(TICKED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def choose_plural(forms: Mapping[str, Any], n: int) -> str:
    """Choose the English form that fits n, and fill it."""
    form = forms["one"] if n == 1 and "one" in forms else forms["other"]
    return fill(str(form), n=n)
