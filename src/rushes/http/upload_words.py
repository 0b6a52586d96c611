"""What the OpenAPI document says alike of every protocol whose addresses are an upload's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


def path_parameters(path: str) -> list[dict[str, Any]]:
    """Return the parts of a path that it names."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("token", "upload_id")
        if f"{{{name}}}" in path
    ]


@dataclass(frozen=True, slots=True)
class Headers:
    """What the headers of one protocol mean, by their names; `numbers` are those of integers."""

    asked: Mapping[str, str]
    answered: Mapping[str, str]
    numbers: frozenset[str] = frozenset({"Upload-Length", "Upload-Offset"})

    def ask(self, name: str, *, is_required: bool) -> dict[str, Any]:
        """Return the parameter that is sent as this header."""
        return {
            "name": name,
            "in": "header",
            "required": is_required,
            "description": self.asked[name],
            "schema": {"type": "integer" if name in self.numbers else "string"},
        }

    def answer(self, names: Iterable[str]) -> dict[str, Any]:
        """Return what an answer says of its headers."""
        return {
            name: {"description": self.answered[name], "schema": {"type": "string"}}
            for name in names
        }
