"""Check the front end: types, rules, form, and the tests of its pure modules.

python tools/check_web.py
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from build_web import ADVICE, find_node, install

CHECKS: Final = (
    ("node_modules/typescript/bin/tsc", "--noEmit"),
    ("node_modules/eslint/bin/eslint.js", ".", "--max-warnings", "0"),
    ("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."),
    ("node_modules/vitest/vitest.mjs", "run", "--silent", "--reporter", "dot"),
)


def main() -> None:
    """Run every check, and fail if one of them did."""
    node = find_node()
    if node is None:
        sys.exit(ADVICE)
    install(node)
    failed = []
    for program, *words in CHECKS:
        try:
            node.run(program, *words)
        except subprocess.CalledProcessError:
            failed.append(program.split("/")[1])
    if failed:
        sys.exit(f"The front end fails: {', '.join(failed)}")


if __name__ == "__main__":
    main()
