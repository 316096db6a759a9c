# SPDX-License-Identifier: MIT
"""Rows of a hex dump: what is no place and no text column, then the proof of both."""

from __future__ import annotations

import pytest

from cardlib.formats.text.dump_rows import row_offset, without_text_column
from cardlib.formats.text.runs import Run, Spelling


def row(text: str) -> tuple[str, str]:
    """The bytes of the first run of a row, and what is left of the line."""
    runs, left = without_text_column(text, Spelling().runs(text))
    return runs[0].data.hex(" "), left


NO_OFFSETS = [
    "",
    "00 A4 04 00",
    "00A4 0400",
    "00A40400",
    "0010:",
    "00000010  ",
    "001: 00 A4",
    "00010: 00 A4",
    "0010:00 A4",
    "0010 00 A4",
    "> 0010: 00 A4",
]


@pytest.mark.parametrize("text", NO_OFFSETS)
def test_what_is_no_place_in_a_dump(text: str) -> None:
    assert row_offset(text) == (None, 0)


@pytest.mark.parametrize(
    ("text", "offset", "bytes_at"),
    [
        ("0000: 00 A4", 0, 6),
        ("0010: 00 A4", 16, 6),
        ("  00000020  00 A4", 32, 12),
        ("0x0000001A: 00 A4", 26, 12),
        ("00fF:\t00", 255, 6),
    ],
)
def test_place_of_a_row(text: str, offset: int, bytes_at: int) -> None:
    assert row_offset(text) == (offset, bytes_at)


NO_TEXT_COLUMNS = [  # a row, the bytes that must stay
    ("00 A4 04 00", "00 a4 04 00"),
    ("00 A4 04 00  SELECT", "00 a4 04 00"),
    ("41 42 43 44 45", "41 42 43 44 45"),
    ("41 42 43  ABD", "41 42 43"),
    ("41 42 43  abc", "41 42 43"),
    ("41 42 43  ABCD", "41 42 43 ab cd"),
    ("47 48 49  GHIJ", "47 48 49"),
    ("0x41, 0x42, 0x43  ABC", "41 42 43"),
    ("47 48 XX  GH.", "47 48 00"),
    ("41424344", "41 42 43 44"),
    ("41 42 AB", "41 42 ab"),  # of two bytes, one blank is no proof
]


@pytest.mark.parametrize(("text", "data"), NO_TEXT_COLUMNS)
def test_what_does_not_show_the_bytes_stays(text: str, data: str) -> None:
    runs = Spelling().runs(text)
    assert runs[0].data.hex(" ") == data
    assert without_text_column(text, runs) == (runs, text)


TEXT_COLUMNS = [  # a row, its bytes, what is left of it
    ("41 42 43  ABC", "41 42 43", "41 42 43"),
    ("41 42  AB", "41 42", "41 42"),
    ("00 A4 04 00 .... ", "00 a4 04 00", "00 A4 04 00"),
    ("00 a4 04 00  |....|", "00 a4 04 00", "00 a4 04 00"),
    ("90 00\t..", "90 00", "90 00"),
    ("6F 0A 84 08  o...", "6f 0a 84 08", "6F 0A 84 08"),
    ("31 50 41 59 2E 53 59 53  2E 44 44 46 1PAY.SYS .DDF", "31 50 41 59 2e 53 59 53 2e 44 44 46",
     "31 50 41 59 2E 53 59 53  2E 44 44 46"),
    # The text is hex itself: it ends the bytes all the same.
    ("30 30 41 34  00A4", "30 30 41 34", "30 30 41 34"),
    ("39 30 30 30  9000", "39 30 30 30", "39 30 30 30"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "data", "left"), TEXT_COLUMNS)
def test_text_column_is_taken_off(text: str, data: str, left: str) -> None:
    assert row(text) == (data, left)


def test_runs_before_the_dumped_one_stay() -> None:
    text = "len 0x05, 0x00: 41 42 43 44 45  ABCDE"
    runs = [Run(4, 14, b"\x05\x00", "prefixed"), Run(16, 30, b"ABCDE", "blanks")]
    assert without_text_column(text, runs) == (runs, text[:30])


def test_a_long_row_is_no_row_of_a_dump() -> None:
    data = " ".join(["41"] * 100)
    text = f"{data}  {'A' * 100}"
    assert len(text) == 401
    runs = [Run(0, 299, b"A" * 100, "blanks")]
    assert without_text_column(text, runs) == (runs, text)
    assert without_text_column(text[:-1], runs) == (runs, text[:-1])
    shorter = text[3:-1]  # 99 bytes
    runs = [Run(0, 296, b"A" * 99, "blanks")]
    assert without_text_column(shorter, runs) == (runs, data[3:])
