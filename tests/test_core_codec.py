# SPDX-License-Identifier: MIT
"""Bytes to text and back: what does not fit first."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core import codec

HEX = [
    ("half a byte", "9", None),
    ("half a byte behind", "90 0", None),
    ("letter O", "9O00", None),
    ("prefix", "0x90", None),
    ("underscore", "0_0", None),
    ("sign", "+0", None),
    ("minus", "-0", None),
    ("NUL", "90\x0000", None),
    ("full-width", "９０", None),
    ("Arabic digits", "٩٠", None),
    ("superscript", "²²", None),
    ("colon", "90:00", None),
    ("nothing", "", b""),
    ("blanks", " \t\n", b""),
    ("lower", "a0b1", b"\xa0\xb1"),
    ("spread", " 00 A4\t04\n00 ", b"\x00\xa4\x04\x00"),
    ("blank inside a byte", "9 000", None),
]


@pytest.mark.parametrize(("text", "value"), [row[1:] for row in HEX], ids=[row[0] for row in HEX])
def test_parse_hex(text: str, value: bytes | None) -> None:
    assert codec.parse_hex(text) == value


VALUES: list[tuple[str, Callable[[bytes], Any], str, Any]] = [
    ("bcd: a letter", codec.parse_bcd, "1A", None),
    ("bcd: F is no padding", codec.parse_bcd, "12FF", None),
    ("bcd: empty", codec.parse_bcd, "", ""),
    ("bcd", codec.parse_bcd, "0756", "0756"),
    ("cn: F in the middle", codec.parse_cn, "1F2F", None),
    ("cn: a letter", codec.parse_cn, "1D2F", None),
    ("cn: only padding", codec.parse_cn, "FFFF", ""),
    ("cn: odd", codec.parse_cn, "374245001741007F", "374245001741007"),
    ("cn: even", codec.parse_cn, "1234", "1234"),
    ("semi-octets: a letter", codec.parse_semi, "1D", None),
    ("semi-octets: F in the middle", codec.parse_semi, "1FF2", None),
    ("semi-octets", codec.parse_semi, "988812010000400310F0", "8988211000000430010"),
    ("date: no such day", codec.parse_date, "230229", None),
    ("date: month 13", codec.parse_date, "231301", None),
    ("date: year 0", codec.parse_date, "00000101", None),
    ("date: a letter", codec.parse_date, "2A0101", None),
    ("date: two bytes", codec.parse_date, "2301", None),
    ("date: five bytes", codec.parse_date, "2301010101", None),
    ("date: empty", codec.parse_date, "", None),
    ("date: leap day", codec.parse_date, "240229", datetime.date(2024, 2, 29)),
    ("date: 49", codec.parse_date, "491231", datetime.date(2049, 12, 31)),
    ("date: 50", codec.parse_date, "500101", datetime.date(1950, 1, 1)),
    ("date: long", codec.parse_date, "19991231", datetime.date(1999, 12, 31)),
    ("time: 24 hours", codec.parse_time, "240000", None),
    ("time: 60 minutes", codec.parse_time, "2360", None),
    ("time: a letter", codec.parse_time, "23FF", None),
    ("time: one byte", codec.parse_time, "23", None),
    ("time: HHMM", codec.parse_time, "2359", datetime.time(23, 59)),
    ("time: HHMMSS", codec.parse_time, "235958", datetime.time(23, 59, 58)),
    ("text: any byte", codec.parse_text, "41FF", "Aÿ"),
    ("hex", codec.to_hex, "00a4", "00A4"),
]


@pytest.mark.parametrize(
    ("read", "value", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_value(read: Callable[[bytes], Any], value: str, expected: Any) -> None:
    assert read(bytes.fromhex(value)) == expected


def test_charset() -> None:
    assert codec.parse_text(bytes.fromhex("D6D0CEC4"), "gbk") == "中文"
    assert codec.parse_text(b"A\xff", "ascii") == "A�"


LUHN = [
    ("", False),
    ("4A", False),
    ("79927398710", False),
    ("79927398713", True),
    ("374245001741007", True),
    ("0", True),
]


@pytest.mark.parametrize(("digits", "ok"), LUHN)
def test_luhn(digits: str, ok: bool) -> None:
    assert codec.luhn_ok(digits) is ok


READERS = (
    codec.parse_bcd,
    codec.parse_cn,
    codec.parse_semi,
    codec.parse_date,
    codec.parse_time,
    codec.parse_text,
)
READERS += (codec.to_hex,)


@given(st.binary(max_size=40))
def test_total(value: bytes) -> None:
    for read in READERS:
        read(value)
    assert codec.parse_hex(codec.to_hex(value)) == value == codec.parse_hex(value.hex(" "))


@given(st.text())
def test_any_text(text: str) -> None:
    codec.parse_hex(text)
    codec.luhn_ok(text)
