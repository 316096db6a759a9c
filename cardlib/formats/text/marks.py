# SPDX-License-Identifier: MIT
"""Marks that are known from this file, alone in a line or before what nobody can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..hextext import carries_hex
from .damage import BEGINS_LIKE_BYTES
from .fields import Field, common_prefix, shape_of
from .halves import Row
from .learning import Reading
from .not_bytes import is_status_word

_LETTER_FOR_DIGIT = re.compile(r"(?=.{0,80}[0-9])(?=.{0,80}[OIl])[0-9A-Fa-fOIl]{4,80}")
_LEAST_BARE = 4
_LONGEST_MARK = 200
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_NOT_BYTES = "hex digits that are no whole bytes"
_NOT_HEX = "not hex behind a mark of direction"


def with_marks_alone(rows: Sequence[Row], reading: Reading) -> list[Row] | None:
    """The rows, with holes where a known mark announces bytes; None where there are none."""
    common = common_prefix([row.fields[0].pre for row in rows if row.fields])
    marks = _known_marks(reading)
    known = [*(common + mark for mark in marks), *marks]
    announced = [*known, common.rstrip()]  # what stands before most bytes is a mark, too
    is_bare = _is_bare(reading)
    below = {field.line for field in reading.fields if field.label}
    changed = False
    marked = list(rows)
    for number, row in enumerate(rows):
        if row.fields or row.kind != "other text":
            continue
        field = _mark_in(row.cut.text, number, known)
        is_damaged = bool(_LETTER_FOR_DIGIT.fullmatch(row.cut.text.strip()))
        is_row = is_bare or is_damaged or _is_between_rows(rows, number)
        if field is None and is_row and _is_nearly_hex(_behind(row.cut.text, common.rstrip())):
            field = Field(number, 0, len(row.cut.text), None, detail=_NOT_BYTES)
        if field is None or (field.kind == "mark" and _announces(rows, number, below, announced)):
            continue
        marked[number] = replace(row, fields=(field,))
        changed = True
    return marked if changed else None


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


def _is_between_rows(rows: Sequence[Row], number: int) -> bool:
    """Whether the lines above and below are rows of bytes without a mark."""
    near = [rows[place] for place in (number - 1, number + 1) if 0 <= place < len(rows)]
    return len(near) == 2 and all(row.fields and row.fields[0].is_bare for row in near)


def _is_nearly_hex(text: str) -> bool:
    text = text.strip()
    digits = sum(letter in _HEX_DIGITS for letter in text)
    return digits * 2 >= len(text) > 0 and any(map(str.isdigit, text)) and " " not in text


def _mark_in(text: str, number: int, known: Sequence[str]) -> Field | None:
    """A hole behind a known mark: nothing stands there, or nothing that can be read."""
    shape = shape_of(text)
    for mark in known:
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
    for at in range(len(mark) if mark else 1000, min(len(text), _LONGEST_MARK) + 1):
        if shape_of(text[:at]).rstrip() == mark and not text[at : at + 1].isdigit():
            return text[at:]
    return text


def _announces(rows: Sequence[Row], number: int, below: set[int], known: Sequence[str]) -> bool:
    """Whether the bytes of a mark that stands alone are in the lines below."""
    for following in range(number + 1, len(rows)):
        row = rows[following]
        if row.fields:
            first = row.fields[0]
            is_marked = first.pre.rstrip() in known
            is_status = first.kind == "status" or (is_status_word(first) and not is_marked)
            return following in below or first.is_bare or is_status
        if row.kind == "other text" and row.cut.text.strip():
            return False
    return False
