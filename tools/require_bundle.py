"""A build hook: a wheel without the web pages is no wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MANIFEST = "src/rushes/web/static/.vite/manifest.json"


class RequireBundle(BuildHookInterface[Any]):
    """Refuses a release build whose web bundle was not made; editable installs may go without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Look for the bundle's manifest before anything is packed.

        Raises:
            RuntimeError: the bundle is missing from a standard build.
        """
        del build_data
        if version != "editable" and not (Path(self.root) / MANIFEST).is_file():
            raise RuntimeError(f"The web pages were not built ({MANIFEST} is missing): `make web`.")
