# SPDX-License-Identifier: MIT
"""Rows of a hex dump: the place in front of the bytes, and the text that shows them again."""

from __future__ import annotations

import re

from .runs import Run

_OFFSET = re.compile(  # without a colon only small ones: others look like bytes
    r"\s*(?:0[xX])?(?:([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4}):\s"
    r"|(0{4}[0-9A-Fa-f]{4}|0[0-9A-Fa-f]{2}[08])\s{2})(?=\s{0,3}\S)"
)

_NO_BLANKS = str.maketrans("", "", " \t|")

_SHORTEST_TEXT = 3  # bytes of a row whose text column proves its end

_LONGEST_TEXT = 16  # bytes that a text column may look like

_LONGEST_ROW = 400  # characters of a row of a dump


def row_offset(text: str) -> tuple[int | None, int]:
    """The place that a row of a dump names in front of its bytes, and where these begin."""
    match = _OFFSET.match(text)
    if not match:
        return None, 0
    return int(match[1] or match[2], 16), match.end()


def without_text_column(text: str, runs: list[Run]) -> tuple[list[Run], str]:
    """The runs and the text, without what shows the bytes of a dump as text."""
    for place, run in enumerate(runs):
        size = _size_by_text(text, run)
        if size is not None:
            stop = _stop_of(text, run, size)
            row = Run(run.start, stop, run.data[:size], run.spelling)
            return [*runs[:place], row], text[:stop]
    return runs, text


def _stop_of(text: str, run: Run, size: int) -> int:
    """Where the first `size` bytes of a run end."""
    digits = 0
    for at in range(run.start, run.stop):
        if text[at] not in " \u00a0":
            digits += 1
        if digits == 2 * size:
            return at + 1
    return run.stop


def _size_by_text(text: str, run: Run) -> int | None:
    """How many bytes a row of a dump has, if what follows them is what they look like as text."""
    if run.spelling != "blanks" or run.hidden or len(text) > run.start + _LONGEST_ROW:
        return None
    if run.stop == len(text) and " " not in text[run.start : run.stop]:
        return None
    most = len(run.data)
    least = max(1, most - _LONGEST_TEXT)
    for size in range(most, least - 1, -1):
        rest = text[_stop_of(text, run, size) :]
        if not rest.startswith((" ", "\t", "|", "\u00a0")):
            continue
        is_short = size < _SHORTEST_TEXT and size < most
        if is_short and not rest.startswith(("  ", " |", "\t", "|")):
            continue
        shown = _squeezed(rest)
        if shown and shown == _squeezed(_as_text(run.data[:size])):
            return size
    return None


def _squeezed(text: str) -> str:
    """A text column without blanks: some programs put one in its middle."""
    return text.translate(_NO_BLANKS)


def _as_text(data: bytes) -> str:
    """Bytes as a hex dump shows them: ASCII, and dots."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
