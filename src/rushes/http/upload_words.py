"""What the OpenAPI document says alike of every protocol whose addresses are an upload's."""

from __future__ import annotations

from typing import Any


def path_parameters(path: str) -> list[dict[str, Any]]:
    """Return the parts of a path that it names."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("token", "upload_id")
        if f"{{{name}}}" in path
    ]
