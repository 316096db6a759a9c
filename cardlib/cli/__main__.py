# SPDX-License-Identifier: MIT
"""`python -m cardlib.cli`: the command line without its console script."""

from .main import main

if __name__ == "__main__":
    raise SystemExit(main())
