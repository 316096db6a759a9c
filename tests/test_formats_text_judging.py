# SPDX-License-Identifier: MIT
"""What stands at each place of the lines of a file: bytes that must stay first."""

from __future__ import annotations

import pytest

from cardlib.formats.text.judging import judge
from cardlib.formats.text.stamps import STAMPS

MS = 10**6


def judged(*lines: str) -> list[tuple[str, str, str]]:
    """Place, role and phrase of what was found."""
    return [(place.place, place.role, place.phrase) for place in judge(lines)]


NOTHING = {
    "nothing": [],
    "blank lines": ["", "  ", "\t"],
    "bytes": ["00 A4 04 00", "6A 82"],
    "colon hex": ["12:34:56:78", "10:20:30:40"],
    "times alone": ["12:34:56", "12:34:57", "12:34:58"],
    "dotted bytes": ["00.A4.04", "00.B2.01", "00.40.04 x"],
    "a pointer once": ["0x0012fe40 > 00 A4", "> 6A 82"],
    "pointers that differ": ["0x0012fe40 > 00", "0x0012fe41 > 00", "0x0012fe42 > 00"],
    "the same bytes on each line": ["0x00A40400 x"] * 2,
    "hex words": ["deadbeef > 00"] * 4,
    "status words": ["9000 x", "6A82 x", "9000 x"],
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_taken(name: str) -> None:
    assert judged(*NOTHING[name]) == []


def test_time_with_a_fraction_needs_no_second_line() -> None:
    (place,) = judge(["12:00:00.001 > 00A4"])
    assert (place.place, place.role, place.base, place.resolution_ns) == ("", "stamp", "time", MS)
    assert place.phrase == "time of day, 1 ms, in front"
    assert not STAMPS[place.stamp].is_dated


def test_time_and_thread() -> None:
    lines = [f"12:00:00.00{number} [1234] > 00A4" for number in range(3)]
    assert judged(*lines) == [
        ("", "stamp", "time of day, 1 ms, in front"),
        ("T [", "column", "thread 1234 in column 2"),
    ]


def test_a_date_is_a_stamp_wherever_it_stands() -> None:
    assert judge(["> 6F10 2026-11-30 12:00:00 x"] * 2) == []  # behind bytes there are no places
    (place,) = judge(["> x 2026-11-30 12:00:00 y"] * 2)
    assert (place.base, place.lines) == ("dated", 2)


def test_milliseconds_without_zeros() -> None:
    (place,) = judge(["12:00:00.7 > 00A4", "12:00:00.42 < 6A82", "12:00:00.123 > 00B2"])
    assert (place.unpadded, place.resolution_ns) == (True, MS)


@pytest.mark.parametrize(
    ("lines", "phrase"),
    [
        (["0x0012fe40 > 00 A4"] * 3, "pointer, in front"),
        (["0x7ffc00001000 > 00 A4", "> 6A 82"], "pointer, in front"),
        (["550e8400-e29b-41d4-a716-446655440000 > 00"], "identifier, in front"),
        (["1.10.2 > 00A4"], "version or address, in front"),
        (["wire.c:12: > 00A4"], "source line, in front"),
        (["I [card.wire:12] > 00A4"], "source line in column 2"),
    ],
)
def test_columns(lines: list[str], phrase: str) -> None:
    assert [(role, text) for _, role, text in judged(*lines)] == [("column", phrase)]


def test_a_constant_pointer_is_taken_as_it_is_written() -> None:
    (place,) = judge(["0x0012fe40 > 00 A4"] * 3)
    assert "0x0012fe40" in place.pattern


def test_numbers_of_a_logger_need_one_line() -> None:
    (place,) = judge(["I (12345) apdu: 00A4"])
    assert (place.role, place.base, place.unit) == ("tick", "tick", MS)
    assert place.phrase.startswith("tick of ESP-IDF, 1 ms")


def test_what_is_found_is_bounded() -> None:
    lines = ["( " * number + "1.10.2 x" for number in range(12)]
    lines += ["[ " * number + "1.10.2 x" for number in range(1, 12)]
    lines += ["{ " * number + "1.10.2 x" for number in range(1, 12)]
    lines += ["< " * number + "1.10.2 x" for number in range(1, 12)]
    assert len(judge(lines)) == 40


@pytest.mark.parametrize(
    ("stamps", "phrase"),
    [
        (["12000002", "12000011", "12000023", "12000025"], "ticks of an unknown unit, in front"),
        (["1200AA02", "12000011", "12000023", "12000025"], ""),
        (["120002", "120001", "110001", "100002"], ""),
    ],
)
def test_ticks_stand_beside_rows_of_bytes_that_have_none(stamps: list[str], phrase: str) -> None:
    first, second, third, last = stamps
    lines = [f"{first} -->", "00, A4, 00, 00, 02, 3F, 00", f"{second} <", f"{third} SW: 9000"]
    lines += [f"{last} -->", "80, B0, 95, 00, 21"]
    assert [found for _, _, found in judged(*lines)] == list(filter(None, [phrase]))


def test_long_hex_below_is_no_row_of_single_bytes() -> None:
    lines = ["12000002 -->", "00A40000023F00", "12000011 <", "12000023 SW: 9000"]
    assert judged(*lines) == []
