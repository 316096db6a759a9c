# SPDX-License-Identifier: MIT
"""Write the folder of a case: `python -m investigations NAME [SEED]`."""

from __future__ import annotations

import sys

from .engine import NAMES, SHIPPED, write


def main(words: list[str]) -> int:
    """Write it, or say in a line why not."""
    if not words or len(words) > 2:
        print(f"name a case, and a seed of your own: {', '.join(NAMES)}")
        return 2
    try:
        place = write(words[0], words[1] if len(words) > 1 else SHIPPED)
    except ValueError as fault:
        print(fault)
        return 2
    print(f"{place.name}: read {place.name}/letter.md first")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
