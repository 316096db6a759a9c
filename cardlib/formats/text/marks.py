# SPDX-License-Identifier: MIT
"""Marks that are known from this file, alone in a line or before what nobody can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..hextext import carries_hex, count_hex_digits
from .damage import BEGINS_LIKE_BYTES, NOT_WHOLE
from .fields import Field, common_prefix, shape_of
from .halves import Row
from .learning import Reading
from .not_bytes import is_status_word

# Hex digits and letters that were digits once
_MISREAD_ROW = re.compile(r"(?=.{0,80}[0-9])(?=.{0,80}[OIl])[0-9A-Fa-fOIl]{4,80}")
_LEAST_BARE = 4
_LONGEST_MARK = 200
_NOT_HEX = "not hex behind a mark of direction"


def with_marks_alone(rows: Sequence[Row], reading: Reading) -> list[Row] | None:
    """The rows, with holes where a known mark announces bytes; None where there are none."""
    common = common_prefix([row.fields[0].pre for row in rows if row.fields])
    marks = _known_marks(reading)
    marks = [common + mark for mark in marks] + marks
    announcing = [*marks, common.rstrip()]  # what stands before most bytes is a mark, too
    is_bare = _is_bare(reading)
    below = {field.line for field in reading.fields if field.label}
    changed = False
    marked = list(rows)
    for number, row in enumerate(rows):
        if row.fields or row.kind != "other text":
            continue
        hole = _mark_in(row.cut.text, number, marks)
        if hole is None and (is_bare or _may_be_row(rows, number)):
            hole = _damaged_row(row.cut.text, number, common.rstrip())
        if hole is None:
            continue
        if hole.kind == "mark" and _announces(rows, number, below, announcing):
            continue
        marked[number] = replace(row, fields=(hole,))
        changed = True
    if not changed:
        return None
    return marked


def _known_marks(reading: Reading) -> list[str]:
    """The texts in front of halves, longest first."""
    roles_of: dict[str, set[str]] = {}
    for field, role in zip(reading.fields, reading.roles, strict=True):
        if role in "CASK" and field.place == 0 and field.pre.strip():
            roles_of.setdefault(field.pre.rstrip(), set()).add(role)
    texts = [text for text, roles in roles_of.items() if roles in ({"C"}, {"A"})]
    return sorted(texts, key=len, reverse=True)


def _is_bare(reading: Reading) -> bool:
    """Whether nearly all halves of a text stand alone in their lines."""
    bare = sum(field.is_bare for field in reading.fields)
    return bare >= _LEAST_BARE and bare * 5 >= len(reading.fields) * 4


def _may_be_row(rows: Sequence[Row], number: int) -> bool:
    """Whether a line may be a damaged row: by its letters, or by the lines above and below."""
    if _MISREAD_ROW.fullmatch(rows[number].cut.text.strip()):
        return True
    if not 0 < number < len(rows) - 1:
        return False
    return _is_bare_row(rows[number - 1]) and _is_bare_row(rows[number + 1])


def _is_bare_row(row: Row) -> bool:
    return bool(row.fields) and row.fields[0].is_bare


def _damaged_row(text: str, number: int, mark: str) -> Field | None:
    """A hole for a line that has hex digits behind the common mark, but no whole bytes."""
    digits = _behind(text, mark).strip()
    has_digit = any(map(str.isdigit, digits))
    if not has_digit or " " in digits or count_hex_digits(digits) * 2 < len(digits):
        return None
    return Field(number, 0, len(text), None, detail=NOT_WHOLE)


def _mark_in(text: str, number: int, marks: Sequence[str]) -> Field | None:
    """A hole behind a known mark: nothing stands there, or nothing that can be read."""
    shape = shape_of(text)
    for mark in marks:
        if not shape.startswith(mark):
            continue
        rest = _behind(text, mark).strip(" \t[]{}()\"'")
        if not rest:
            return Field(number, len(text), len(text), None, mark + " ", kind="mark")
        if BEGINS_LIKE_BYTES.match(rest) or carries_hex(rest):
            return Field(number, 0, len(text), None, mark + " ", detail=_NOT_HEX)
        return None
    return None


def _behind(text: str, mark: str) -> str:
    """What stands behind the first piece of a text that has the shape of a mark."""
    if not mark:
        return text
    for at in range(len(mark), min(len(text), _LONGEST_MARK) + 1):
        is_in_number = text[at : at + 1].isdigit()
        if not is_in_number and shape_of(text[:at]).rstrip() == mark:
            return text[at:]
    return text


def _announces(rows: Sequence[Row], number: int, below: set[int], marks: Sequence[str]) -> bool:
    """Whether the bytes of a mark that stands alone are in the lines below."""
    for following in range(number + 1, len(rows)):
        row = rows[following]
        if row.fields:
            first = row.fields[0]
            if following in below or first.is_bare or first.kind == "status":
                return True
            is_marked = first.pre.rstrip() in marks
            return is_status_word(first) and not is_marked
        if row.kind == "other text" and row.cut.text.strip():
            return False
    return False
