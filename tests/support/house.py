"""The house as data: its files, their syntax trees, and who imports whom."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

HOUSE = Path(__file__).parents[2]
SOURCES = HOUSE / "src" / "rushes"
SHELLS = frozenset({"__main__", "cli", "compose", "http", "web", "workshop"})

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file and its tree."""

    path: Path
    text: str
    tree: ast.Module

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read and parse a file."""
        return cls.of(path, path.read_text(encoding="utf-8"))

    @classmethod
    def of(cls, path: Path, text: str) -> SourceFile:
        """Parse a file's text."""
        return cls(path, text, ast.parse(text, str(path)))

    @property
    def place(self) -> str:
        """Where it stands, from the top of the house."""
        inside = HOUSE in self.path.parents
        return self.path.relative_to(HOUSE).as_posix() if inside else self.path.as_posix()

    def functions(self) -> Iterator[FunctionNode]:
        """Yield every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, FunctionNode):
                yield node


@cache
def source_files() -> tuple[SourceFile, ...]:
    """Return the files of the product."""
    return tuple(SourceFile.read(path) for path in sorted(SOURCES.rglob("*.py")))


@cache
def files_beside() -> tuple[SourceFile, ...]:
    """Return the files of the tests, of the tools and of the bench."""
    folders = ("tests", "tools", "bench")
    paths = (path for folder in folders for path in (HOUSE / folder).rglob("*.py"))
    return tuple(SourceFile.read(path) for path in sorted(paths) if "fixtures" not in path.parts)


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the product."""
    parts = path.relative_to(SOURCES.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def contracts() -> configparser.ConfigParser:
    """Return importlinter.ini."""
    parsed = configparser.ConfigParser()
    parsed.read(HOUSE / "importlinter.ini")
    return parsed


def listed(contract: str, option: str) -> list[str]:
    """Return the lines of one option of one contract."""
    return contracts()[f"importlinter:contract:{contract}"][option].split()


@cache
def import_graph() -> grimp.ImportGraph:
    """Return who imports whom, outside packages included."""
    return grimp.build_graph("rushes", include_external_packages=True, cache_dir=None)


def find_pure_modules(doers: frozenset[str]) -> set[str]:
    """Return the modules of the rooms that reach none of `doers`, by any number of steps."""
    graph = import_graph()
    ours = {name for name in graph.modules if name.startswith("rushes.")}
    written = {name for name in ours if not graph.find_children(name)}
    rooms = {name for name in written if name.split(".")[1] not in SHELLS}
    reached = {name: graph.find_upstream_modules(name) | {name} for name in rooms}
    return {name for name in rooms if not any(_within(seen, doers) for seen in reached[name])}


def _within(name: str, packages: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[: end + 1]) in packages for end in range(len(parts)))
