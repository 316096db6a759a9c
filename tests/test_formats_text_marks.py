# SPDX-License-Identifier: MIT
"""Marks that are known from the file: alone in a line, or before what nobody can read."""

from __future__ import annotations

import pytest
from text_rows import read_rows, rows_of

from cardlib.formats.text.marks import with_marks_alone

PAIR = ["Zorb: 00B2010C00", "Blip: 70035A01129000"]


def holes(*lines: str) -> list[tuple[int, str, str]]:
    """Line, text in front and kind of each hole, once marks that are known were looked for."""
    rows = rows_of("\n".join(lines))
    marked = with_marks_alone(rows, read_rows(rows)) or rows
    fields = [field for row in marked for field in row.fields if field.data is None]
    return [(field.line, field.pre, field.kind) for field in fields]


def test_none_where_nothing_changes() -> None:
    rows = rows_of("\n".join(PAIR))
    assert with_marks_alone(rows, read_rows(rows)) is None


NO_HOLES = {
    "nothing": [""],
    "no mark": [*PAIR, "hello world", *PAIR],
    "words behind a mark": [*PAIR, "Zorb: said the reader", *PAIR],
    "another mark": [*PAIR, "Quux:", *PAIR],
    "a mark of both halves": ["- 00B2010C00", "- 70035A01129000", "-"],
    "a mark above its bytes": [*PAIR, "Zorb:", "00B2010C00", "Blip: 6A83"],
    "a comment": [*PAIR, "# Zorb:", *PAIR],
    "a number": [*PAIR, "1234", *PAIR],
}


@pytest.mark.parametrize("name", NO_HOLES)
def test_no_hole(name: str) -> None:
    assert holes(*NO_HOLES[name]) == []


def test_mark_alone_is_a_half_that_is_not_here() -> None:
    assert holes(*PAIR, "Zorb:", *PAIR) == [(2, "Zorb: ", "mark")]
    assert holes(*PAIR, "Zorb:") == [(2, "Zorb: ", "mark")]


@pytest.mark.parametrize("rest", ["9O00", "[0, 300, 4]", r"b'\x00\xg4'", "0 A4 4G 0"])
def test_mark_before_what_nobody_can_read(rest: str) -> None:
    assert holes(*PAIR * 2, f"Blip: {rest}", *PAIR) == [(4, "Blip: ", "")]


def test_numbers_in_a_mark_may_differ() -> None:
    lines = ["Zorb 1: 00B2010C00", "Blip 2: 70035A01129000"]
    assert holes(*lines, "Zorb 345:", *lines) == [(2, "Zorb 0: ", "mark")]


def test_what_most_lines_begin_with_stands_before_the_mark() -> None:
    lines = [f"DEBUG card: {line}" for line in PAIR * 2]
    assert holes(*lines, "DEBUG card: Zorb:", *lines) == [(4, "DEBUG card: Zorb: ", "mark")]


def test_letters_for_digits_among_bare_lines() -> None:
    bare = ["00B2010C00", "70035A01129000"] * 2
    assert holes(*bare, "7OO35AO1I29000", *bare) == [(4, "", "")]
    assert holes(*PAIR, "7OO35AO1I29000", *PAIR) == [(2, "", "")]


def test_nearly_hex_between_rows() -> None:
    assert holes(*PAIR, "00B2010C00", "70Q3W5Z0", "00B2020C00") == [(3, "", "")]
    assert holes(*PAIR, "70Q3W5Z0", *PAIR) == []
