# SPDX-License-Identifier: MIT
"""A pasted log as the modules of its reader see it: rows with fields, and a reading of them."""

from __future__ import annotations

from cardlib.formats.lines import Line
from cardlib.formats.text.columns import Cut
from cardlib.formats.text.cutting import fields_of, is_remark
from cardlib.formats.text.fields import Field
from cardlib.formats.text.halves import Row
from cardlib.formats.text.hints import NO_HINTS, Hints
from cardlib.formats.text.learning import Counts, Reading, read
from cardlib.formats.text.reader import _fields as fields_in
from cardlib.formats.text.runs import Spelling

__all__ = ["fields_in", "read_rows", "rows_of"]


def rows_of(text: str) -> list[Row]:
    """The rows of a log without stamps and columns; lines are numbered from 1."""
    rows = []
    start = 0
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        stop = start + len(line.encode()) + 1
        fields: list[Field] = []
        kind = "other text"
        if is_remark(line):
            kind = "blank or comment"
        else:
            fields = fields_of(line, number, Spelling())
        rows.append(Row(Line(number + 1, start, stop, line), Cut(line, None, None), fields, kind))
        start = stop
    return rows


def read_rows(rows: list[Row], hints: Hints = NO_HINTS, counts: Counts | None = None) -> Reading:
    """The best reading, in one go: marks that stand alone are not looked for."""
    return read(fields_in(rows), hints, counts)
