# SPDX-License-Identifier: MIT
"""Digits that are no bytes, and status words that are called so."""

from __future__ import annotations

import pytest

from cardlib.formats.text.fields import Field
from cardlib.formats.text.not_bytes import (
    ends_in_status_word,
    is_status_word,
    status_pairs,
    statuses_joined,
    without_numbers,
)
from cardlib.formats.text.runs import Spelling


def fields_in(text: str) -> list[Field]:
    """A field for each run of a line."""
    return [Field(0, run.start, run.stop, run.data) for run in Spelling().runs(text)]


def kept(text: str) -> list[str]:
    """The digits of a line that stay bytes."""
    fields = without_numbers(fields_in(text), text)
    return [text[field.start : field.stop] for field in fields]


NUMBERS = [  # a line, what stays bytes in it
    ("1234 bytes sent", []),
    ("len: 20", []),
    ("size=10", []),
    ("count 42", []),
    ("(1234) > 00A4040002", ["00A4040002"]),
    ("[1234] > 00A4040002", ["00A4040002"]),
    ("[12]: 00A4040002", ["00A4040002"]),
    ("12) 00A4040002", ["00A4040002"]),
    ("12. 00A4040002", ["00A4040002"]),
    ("wire.c:1234: 00A4040002", ["00A4040002"]),
    ("1234 bytes: 00A4040002", ["00A4040002"]),
    ("12 messages", []),
]


@pytest.mark.parametrize(("text", "left"), NUMBERS)
def test_numbers_are_no_bytes(text: str, left: list[str]) -> None:
    assert kept(text) == left


BYTES = [
    "> 9000",
    "> 00A40400",
    "> 20",
    "00200080",
    "< 6A82",
    "answer 90 00",
    "SW1SW2 [9000]",
    "done (9000)",
    "[6a82]",
    "16400080",
]


@pytest.mark.parametrize("text", BYTES)
def test_what_may_be_bytes_stays(text: str) -> None:
    fields = fields_in(text)
    assert len(fields) == 1
    assert without_numbers(fields, text) == fields


@pytest.mark.parametrize("text", ["(9000)", "[9000]", "[6300]"])
def test_a_status_word_alone_in_brackets_stays(text: str) -> None:
    assert kept(text) == [text[1:-1]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, False),
        (b"", False),
        (b"\x90", False),
        (b"\x90\x00\x00", False),
        (b"\x50\x00", False),
        (b"\x60\x00", False),  # a procedure byte: ISO/IEC 7816-3, 10.3.3
        (b"\x90\x00", True),
        (b"\x61\x0c", True),
        (b"\x6a\x82", True),
        (b"\x9f\x0c", True),
    ],
)
def test_what_may_be_a_status_word(data: bytes | None, expected: bool) -> None:
    assert is_status_word(Field(0, 0, 4, data)) is expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, False),
        (b"\x90", False),
        (b"\x90\x00\x00", False),
        (b"\x00\x90\x00", True),
        (b"\x6a\x82", True),
    ],
)
def test_what_may_end_in_a_status_word(data: bytes | None, expected: bool) -> None:
    assert ends_in_status_word(Field(0, 0, 4, data)) is expected


def statuses(text: str) -> list[tuple[str, str]]:
    fields = statuses_joined(status_pairs(fields_in(text), text, 0), text)
    return [((field.data or b"").hex().upper(), field.kind) for field in fields]


STATUSES = [  # a line, its bytes and what they are called
    ("SW1=90 SW2=00", [("9000", "status")]),
    ("sw1=6a, sw2=82", [("6A82", "status")]),
    ("SW1: 0x6A, SW2: 0x82", [("6A82", "status")]),
    ("SW1=0x90 SW2=0x0", [("9000", "status")]),
    ("(SW1=0x6A, SW2=0x82)", [("6A82", "status")]),
    ("SW: 9000", [("9000", "status")]),
    ("SW1SW2 = 6A82", [("6A82", "status")]),
    ("sw1,sw2: 90 00", [("9000", "status")]),
    ("status word 6982", [("6982", "status")]),
    ("Status: 0x9000", [("9000", "status")]),
    ("data 6F02 SW 9000", [("6F02", ""), ("9000", "status")]),
    # An answer that ends in its status word already has it.
    ("< 6F029000 SW: 9000", [("6F029000", "")]),
    ("< 6F029000 SW1=90 SW2=00", [("6F029000", "")]),
    ("< 6F026A82 SW1=90 SW2=00", [("6F026A82", ""), ("9000", "status")]),
    # Not called so.
    ("answer 9000", [("9000", "")]),
    ("SW: 6F029000", [("6F029000", "")]),
]


@pytest.mark.parametrize(("text", "expected"), STATUSES)
def test_status_words_that_are_called_so(text: str, expected: list[tuple[str, str]]) -> None:
    assert statuses(text) == expected


def test_a_status_word_in_two_parts_stands_where_both_do() -> None:
    text = "> 00B2010C00 SW1=6A SW2=83 end"
    fields = status_pairs(fields_in(text), text, 7)
    assert [text[field.start : field.stop] for field in fields] == ["00B2010C00", "6A SW2=83"]
    assert [field.line for field in fields] == [0, 7]
