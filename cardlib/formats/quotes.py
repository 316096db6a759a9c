# SPDX-License-Identifier: MIT
"""Problems of a text file quote their line: it is read again where it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import BinaryIO

from ..core.model import Problem
from .style import HEAD, TextStyle, style_of

MAX_QUOTED = 512  # bytes of a line
_LINE_END = re.compile(r"[\r\n]")


def bytes_at(file: BinaryIO, start: int, size: int) -> bytes:
    """Bytes of a file that is being read; none where a packed file would have to be unpacked again."""
    remembered = getattr(file, "recent", None)
    if remembered is not None:
        data: bytes = remembered(start, size)
        return data
    here = file.tell()
    file.seek(start)
    data = file.read(size)
    file.seek(here)
    return data


class Quotes:
    """Gives each problem of a text its line."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.head = bytes_at(file, 0, HEAD)

    @cached_property
    def style(self) -> TextStyle:
        """How the text is written."""
        return style_of(self.head)

    def add(self, problem: Problem) -> Problem:
        """The problem with the line that it is about; as it is where it is about none."""
        if not problem.unit:
            return problem
        size = min(max(problem.stop - problem.start, 0), MAX_QUOTED)
        raw = bytes_at(self.file, problem.start, size)
        first_line, *_ = _LINE_END.split(self.style.text(raw), maxsplit=1)
        return replace(problem, quote=first_line)
