"""Run the command line as ``python -m polyconstraints``."""

from __future__ import annotations

from polyconstraints.cli.main import main

if __name__ == "__main__":
    main()
