# SPDX-License-Identifier: MIT
"""What the numbers at one place are: perhaps bytes first, then counters, threads and clocks."""

from __future__ import annotations

import pytest

from cardlib.formats.text.evidence import Judged, Seen, head_of
from cardlib.formats.text.numbers import judge_numbers
from cardlib.formats.text.prefixes import Scanner, following

S, MS, US = 10**9, 10**6, 1000


def judged(*lines: str, place: str = "", is_alone: bool = True) -> list[Judged]:
    """What the numbers at a place of these lines are."""
    scanner = Scanner(comma_separates=False)
    group = []
    for line in lines:
        tokens = scanner.tokens(line)
        for index, token in enumerate(tokens):
            if token.place == place and token.sort in "FGNM":
                text = line[token.start : token.stop]
                group.append(Seen(token, text, line, following(line, tokens, index)))
    assert group
    head = head_of(lines, comma_separates=False)
    return judge_numbers(place, group[0].token.sort, group, is_alone, head)


PERHAPS_BYTES = {
    "bytes": ["00 A4 04 00", "90 00", "00 B2 01 0C"],
    "bytes that rise": ["10 00 00 00", "11 00 00 00", "14 00 00 00", "17 00 00 00"],
    "the same class byte": ["80 20 00 80 08", "80 20 00 81 08", "80 20 00 82 08"],
    "status words": ["9000 x", "9000 x", "9000 x"],
    "commands": ["00840000 08", "00840000 10", "00840000 18"],
    "groups of four bytes": ["16400080 00000000", "16400081 00000010", "16400082 00000020"],
    "decimal bytes": ["0 164 4 0 7", "106 130", "111 16 132"],
    "offsets": ["0000: 00 A4", "0010: 6F 10", "0020: 90 00"],
    "two lines": ["1234 > 00A4", "1234 < 6A82"],
    "nothing follows": ["1234", "1234", "1234"],
    "a number that falls": ["30001 > 00A4", "20001 < 6A82", "10001 > 00B2"],
    "small numbers": ["12 > 00A4", "12 < 6A82", "12 > 00B2"],
}


@pytest.mark.parametrize("name", PERHAPS_BYTES)
def test_what_may_be_bytes_stays(name: str) -> None:
    assert judged(*PERHAPS_BYTES[name]) == []


def test_bytes_at_the_same_place_on_other_lines_save_the_numbers() -> None:
    lines = ["1234 > 00A4", "1234 < 6A82", "1234 > 00B2"]
    assert judged(*lines) != []
    assert judged(*lines, is_alone=False) == []


def only(*lines: str, place: str = "") -> tuple[str, int, str]:
    """Role, unit and phrase of the one thing that the numbers are."""
    (number,) = judged(*lines, place=place)
    return number.role, number.unit, number.phrase


CLOCKS = {
    "epoch": (["1700000000 > 00A4", "1700000001 < 6A82"], ("epoch", S)),
    "epoch in milliseconds": (["1700000000123 > 00A4", "1700000000124 < 6A82"], ("epoch", MS)),
    "microseconds": (["1700000000123456 > 00A4", "1700000000123457 < 6A82"], ("epoch", US)),
    "seconds since the start": (["0.001 > 00", "0.032 < 6A", "0.040 > 00"], ("offset", S)),
    "seconds with a unit": (["0.1 s > 00", "0.3 s < 6A", "0.4 s > 00"], ("offset", S)),
    "a header": (["time_ms,dir", "1.5,TX,00", "3.0,RX,6A", "4.5,TX,00"], ("offset", MS)),
    "milliseconds": (["1104 ms [x] > 00", "1105 ms [x] < 00"], ("tick", MS)),
    "milliseconds, stuck": (["1104ms > 00", "1105ms < 00"], ("tick", MS)),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_clocks(name: str) -> None:
    lines, expected = CLOCKS[name]
    assert only(*lines)[:2] == expected


def test_deltas() -> None:
    assert only("+3 ms > 00", "+12 ms < 6A", place="+")[:2] == ("delta", MS)
    assert only("+0.106 > 00", "+0.001 < 6A", place="+")[:2] == ("delta", S)
    assert judged("+3 > 00", "+12 < 6A", place="+") == []  # in which unit?
    assert judged("+0.1 > 00", "+0.2 < 6A", place="+") == []


def test_a_falling_tick_is_a_duration() -> None:
    assert judged("52 ms > 00A4", "31 ms < 6A82") == []


def test_ticks_of_an_unknown_unit_are_no_clock() -> None:
    lines = ["82691691: 00a4040007", "82691735: 6f108407", "82691737: 00b2010c00"]
    (number,) = judged(*lines)
    assert (number.role, number.base, number.grows) == ("counter", "", True)
    assert number.phrase == "ticks of an unknown unit, in front"


@pytest.mark.parametrize(
    "lines",
    [
        ["1 > 00A4", "2 < 6A82", "3 > 00B2"],
        ["7 > 00A4", "7 < 6A82", "8 > 00B2", "8 < 6A83"],
        ["1 00 A4", "2 6A 82", "3 00 B2", "4 6A 83"],
        ["08 00 A4", "09 6A 82", "10 00 B2", "11 6A 83", "12 00 B2"],
    ],
)
def test_counters(lines: list[str]) -> None:
    assert only(*lines) == ("counter", 0, "counter at the line start")


def test_a_counter_of_two_digits_before_bytes_needs_five_lines() -> None:
    assert judged("08 00 A4", "09 6A 82", "10 00 B2", "11 6A 83") == []


def test_a_counter_that_most_lines_lack_is_none() -> None:
    lines = ["1 > 00A4", "2 < 6A82", "3 > 00B2"]
    assert judged(*lines, "> 00B2", "< 6A83") == []
    assert judged(*lines, "> 00B2") != []


def test_threads() -> None:
    assert only("1234 > 00A4", "1234 < 6A82", "1234 > 00B2") == (
        "column",
        0,
        "thread 1234, in front",
    )
    stamped = [f"12:00:00.00{n} {5010 + n % 2} > 00A4" for n in range(6)]
    assert only(*stamped, place="T ") == ("column", 0, "thread in column 2")
    many = [f"12:00:00.00{n} {5010 + n * 5 % 6} > 00A4" for n in range(6)]
    assert judged(*many, place="T ") == []


def test_a_thread_is_matched_with_its_own_digits_only() -> None:
    (number,) = judged("1234 > 00A4", "1234 < 6A82", "1234 > 00B2")
    assert "1234" in number.pattern


def test_a_number_in_brackets_behind_a_stamp_needs_two_lines() -> None:
    lines = ["12:00:00.001 [5010] > 00A4", "12:00:00.002 [5010] < 6A82"]
    assert only(*lines, place="T [") == ("column", 0, "thread 5010 in column 2")
    assert judged(lines[0], place="T [") == []
