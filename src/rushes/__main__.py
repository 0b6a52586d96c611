"""The command `rushes`, also as `python -m rushes`."""

from __future__ import annotations

from rushes.cli.main import main

if __name__ == "__main__":
    main()
