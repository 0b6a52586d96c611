"""The pages under /docs: how the API is called, and what each of its errors means.

They are written once, when they are first asked for: what they say changes with the program alone.
They run no script and ask nobody else for anything, so they can be read before there is an account.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rushes.web.assets import Bundle, read_encodings
from rushes.web.codes import list_nouns, list_remedies
from rushes.web.reference import read_reference
from rushes.web.shell import READ_ONLY, Shell


class Manual:
    """Answers with the reference; `describe` gives the OpenAPI document."""

    def __init__(self, shell: Shell, describe: Callable[[], dict[str, Any]]) -> None:
        self._shell = shell
        self._describe = describe
        self._written: dict[str, bytes] = {}

    async def reference(self, request: Request) -> Response:
        """Show every operation."""
        return self._answer(
            request, "docs.html", lambda: {"book": read_reference(self._describe())}
        )

    async def errors(self, request: Request) -> Response:
        """Show every code; problem documents link to them."""
        return self._answer(
            request,
            "docs_errors.html",
            lambda: {"nouns": list_nouns(), "remedies": list_remedies()},
        )

    def _answer(
        self, request: Request, template: str, read: Callable[[], dict[str, object]]
    ) -> Response:
        bundle = self._shell.bundle
        if bundle is None:
            return self._shell.not_built()
        packed = self._written.get(template) or self._write(bundle, template, read())
        headers = {**self._shell.headers(READ_ONLY), "Vary": "Accept-Encoding"}
        if "gzip" not in read_encodings(request.headers.get("accept-encoding", "")):
            return HTMLResponse(gzip.decompress(packed), headers=headers)
        return HTMLResponse(packed, headers=headers | {"Content-Encoding": "gzip"})

    def _write(self, bundle: Bundle, template: str, values: dict[str, object]) -> bytes:
        page = self._shell.write(bundle, template, READ_ONLY, **values)
        self._written[template] = packed = gzip.compress(page.encode())
        return packed
