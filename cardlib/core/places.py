# SPDX-License-Identifier: MIT
"""The lines of a data file in which its rows, and the lines of their layouts, stand: for messages to its author."""

from __future__ import annotations

import re

_LAYOUTS = ("layout", "objects")
_OPENED = re.compile(r"=\s*(?:\"\"\"|''')\s*$")  # a text of several lines that begins on the next


def line_of(text: str, row: str) -> int:
    """The line of the header of a row, counted from 1, or of its key in the head of the file; 0 if it has none."""
    name = re.escape(row)
    header = re.compile(rf"\s*\[\s*([\"']?){name}\1\s*\]|([\"']?){name}\2\s*=")
    for number, line in enumerate(text.split("\n"), 1):
        if header.match(line):
            return number
    return 0


def layout_line(text: str, row: str, number: int) -> int:
    """The line in the file of line `number` of the layout of a row; the header's where it has no layout itself."""
    header = line_of(text, row)
    lines = text.split("\n")
    for place in range(header, len(lines)):
        line = lines[place]
        key = line.partition("=")[0].strip()
        if line.startswith("["):
            break
        if key in _LAYOUTS:
            first = place + 1
            if _OPENED.search(line):
                first += 1
            return first + number - 1
    return header
