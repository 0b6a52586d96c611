"""The checks of form: each looks at one file and yields what it finds, with place and line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator

from tests.support.house import FunctionNode, SourceFile

Check = Callable[[SourceFile], Iterator[str]]

FILE_LINES = 400
TEST_LINES = 600
FUNCTION_LINES = 60
PARAMETERS = 6

UNCLEAR = frozenset(
    {"util", "utils", "helper", "helpers", "common", "misc", "base", "core"}
    | {"manager", "service", "handler", "processor"}
)
BROAD_EXCEPT_ALLOWED = frozenset(
    {
        "src/rushes/cli/main.py",
        "src/rushes/events/relay.py",
        "src/rushes/http/app.py",
        "src/rushes/http/problem.py",
        "src/rushes/jobs/failure.py",
        "tests/fuzz/fuzzing.py",
    }
)
PROGRAMS_ALLOWED = frozenset(
    {"src/rushes/media/tool.py", "src/rushes/media/escape.py", "src/rushes/cli/serve.py"}
)
SECRET = re.compile(r"(^|_)(secret|token|signature|password|mac|digest_of_token)$")


def too_long_file(file: SourceFile) -> Iterator[str]:
    """A file of more lines than a reader keeps in mind splits by noun."""
    limit = TEST_LINES if file.place.startswith("tests/") else FILE_LINES
    count = len(file.text.splitlines())
    if count > limit:
        yield f"{file.place}: {count} lines (limit {limit})"


def too_long_function(file: SourceFile) -> Iterator[str]:
    """A function does one thing; a migration's one thing is long."""
    if "/migrations/versions/" in file.place:
        return
    for node in file.functions():
        if count_lines(node) > FUNCTION_LINES:
            yield f"{_at(file, node)} {node.name}: {count_lines(node)} lines"


def count_lines(node: FunctionNode) -> int:
    """Return how many lines a function takes, signature and docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def too_many_parameters(file: SourceFile) -> Iterator[str]:
    """More than six positional ones cannot be read at the call."""
    for node in file.functions():
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        own = [name for name in names if name not in {"self", "cls"}]
        is_test = file.place.startswith("tests/") and node.name.startswith("test_")
        if len(own) > PARAMETERS and not is_test:
            yield f"{_at(file, node)} {node.name}: {len(own)} positional parameters"


def no_caption(file: SourceFile) -> Iterator[str]:
    """Every file begins with one sentence that says what it is for."""
    text = ast.get_docstring(file.tree) or ""
    first = text.partition("\n\n")[0]
    if not first.endswith((".", ":", "?")):
        yield f"{file.place}: no caption sentence in its docstring"


def unclear_names(file: SourceFile) -> Iterator[str]:
    """A name says what a thing is; `manager` and its kin say nothing."""
    if UNCLEAR & set(file.path.stem.lower().split("_")):
        yield f"{file.place}: {file.path.stem}"
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ClassDef):
            words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", node.name)
            if UNCLEAR & {word.lower() for word in words}:
                yield f"{_at(file, node)} class {node.name}"


def import_inside_a_function(file: SourceFile) -> Iterator[str]:
    """An import in a function hides a direction, or a ring."""
    for function in file.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{_at(file, node)} import in {function.name}"


def broad_except(file: SourceFile) -> Iterator[str]:
    """Only the edges catch everything; anywhere else it would hide a fault."""
    if file.place not in BROAD_EXCEPT_ALLOWED:
        yield from find_broad_excepts(file)


def find_broad_excepts(file: SourceFile) -> Iterator[str]:
    """Yield each `except` that keeps every error to itself (one that raises it again cleans up)."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
            named = [] if node.type is None else list(ast.walk(node.type))
            names = {child.id for child in named if isinstance(child, ast.Name)}
            if node.type is None or names & {"Exception", "BaseException"}:
                yield f"{_at(file, node)} broad except"


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def re_export(file: SourceFile) -> Iterator[str]:
    """An `__init__` holds its caption; names come from where they are made (but for the SDK)."""
    if file.path.name != "__init__.py" or file.path.parent.name == "client":
        return
    for node in file.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield f"{_at(file, node)} import in an __init__"


def plain_comparison_of_a_secret(file: SourceFile) -> Iterator[str]:
    """`==` tells by its time how much was right: `hmac.compare_digest` does not."""
    if file.place.startswith("tests/"):
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, *node.comparators]
            if not any(isinstance(side, ast.Constant) for side in sides) and any(
                SECRET.search(_last_name(side)) for side in sides
            ):
                yield f"{_at(file, node)} {ast.unparse(node)}"


def program_started_elsewhere(file: SourceFile) -> Iterator[str]:
    """Programs start behind one door (and `serve` starts its worker)."""
    if file.place in PROGRAMS_ALLOWED or file.place.startswith(("tests/", "tools/", "bench/")):
        return
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        name = _last_name(node)
        if name.startswith("create_subprocess_") or name in {"posix_spawn", "fork", "execv"}:
            yield f"{_at(file, node)} {name}"


def unannotated_function(file: SourceFile) -> Iterator[str]:
    """Every parameter and every answer has its type, in tests too."""
    for node in file.functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        bare = [
            argument.arg
            for argument in arguments
            if argument.annotation is None and argument.arg not in {"self", "cls"}
        ]
        if bare or node.returns is None:
            yield f"{_at(file, node)} {node.name}: {', '.join(bare) or 'its answer'}"


def note_to_do(file: SourceFile) -> Iterator[str]:
    """What is not done is an issue, not a comment."""
    for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string):
            yield f"{file.place}:{token.start[0]} {token.string}"


CHECKS: tuple[Check, ...] = (
    too_long_file,
    too_long_function,
    too_many_parameters,
    no_caption,
    unclear_names,
    import_inside_a_function,
    broad_except,
    re_export,
    plain_comparison_of_a_secret,
    program_started_elsewhere,
    unannotated_function,
    note_to_do,
)


def _at(file: SourceFile, node: ast.stmt | ast.expr | ast.ExceptHandler) -> str:
    return f"{file.place}:{node.lineno}"


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
