# SPDX-License-Identifier: MIT
"""Lines for a terminal, a pipe or a file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from ..show.lines import folded

# Columns of the narrowest page that lines are folded for.
LEAST_WIDTH = 40


def columns(pipe: int) -> int:
    """Columns of the terminal, or COLUMNS; else what a pipe gets."""
    size = shutil.get_terminal_size((pipe, 0))
    return max(size.columns, LEAST_WIDTH)


def out(lines: Iterable[str], file: TextIO | None = None) -> None:
    """Write lines in the encoding of the terminal or pipe.

    What the encoding lacks becomes an escape. Lines for a terminal are folded.
    """
    file = file or sys.stdout
    width = columns(sys.maxsize)
    encoding = getattr(file, "encoding", None) or "utf-8"
    for paragraph in lines:
        for row in paragraph.split("\n"):
            for part in folded(row, width):
                encoded = part.encode(encoding, "backslashreplace")
                file.write(encoded.decode(encoding) + "\n")
