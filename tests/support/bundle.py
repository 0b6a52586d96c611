"""A bundle for tests of pages: the real words and signs, and two files in place of programs."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from tests.support.house import HOUSE

SCRIPT = "upload-Ab3.js"
STYLE = "page-Cd4.css"


def write_bundle(folder: Path) -> Path:
    """Write what the build would write, as small as it can be."""
    (folder / ".vite").mkdir(parents=True)
    (folder / "text").mkdir()
    shared = HOUSE / "web" / "shared"
    shutil.copy(shared / "text" / "en.json", folder / "text" / "en.json")
    for name in ("icons.svg", "favicon.svg"):
        shutil.copy(shared / name, folder / name)
    chunks: dict[str, object] = {
        f"{name}.ts": {"file": SCRIPT, "name": name, "isEntry": True, "imports": ["_page.js"]}
        for name in ("upload", "login", "portal", "watch")
    }
    chunks["reference.css"] = {"file": STYLE, "name": "reference", "isEntry": True}
    chunks["_page.js"] = {"file": "page-Ef5.js", "css": [STYLE], "imports": ["_page.js"]}
    chunks["_page.css"] = {"file": STYLE}
    (folder / ".vite" / "manifest.json").write_text(json.dumps(chunks))
    for name in (SCRIPT, STYLE, "page-Ef5.js", "forgotten-Gh6.js"):
        (folder / name).write_text(f"/* {name} */")
    (folder / f"{SCRIPT}.gz").write_bytes(gzip.compress(b"/* packed */"))
    return folder
