# SPDX-License-Identifier: MIT
"""What speaks for a dialogue, in bits: bytes that are none first."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from text_rows import read_rows, rows_of

from cardlib.formats.text.chance import LEAST, Pair, bits, pair_bits, pairs, ways
from cardlib.formats.text.fields import Field


def fields_of(*rows: tuple[str, str]) -> list[Field]:
    """Fields with a text in front, one a line."""
    return [
        Field(number, 0, len(digits), bytes.fromhex(digits), pre)
        for number, (pre, digits) in enumerate(rows)
    ]


def pair(command: str, answer: str) -> Pair:
    return Pair(bytes.fromhex(command), bytes.fromhex(answer))


SELECT = "00A4040007A0000000031010"
FCI = "6F098407A00000000310109000"


class TestPairs:
    def test_nothing(self) -> None:
        assert list(pairs([], "")) == [Pair(None, None)]

    def test_rows_and_a_status_word_that_stands_apart(self) -> None:
        fields = fields_of(("", "00A4"), ("", "0400"), ("", "6F00"), ("", "9000"))
        assert list(pairs(fields, "CKAS"))[-1] == pair("00A40400", "6F009000")

    def test_a_status_word_that_stands_first(self) -> None:
        fields = fields_of(("", "00B0000002"), ("", "9000"), ("", "1234"))
        assert list(pairs(fields, "CAF"))[-1] == pair("00B0000002", "12349000")

    def test_an_answer_without_command(self) -> None:
        fields = fields_of(("", "9000"), ("", "6A82"))
        assert list(pairs(fields, "AA")) == [Pair(None, b"\x90\x00"), Pair(None, b"\x6a\x82")]


class TestBits:
    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("0103000000042150", "01030863B14AEB25B97F82CA89"),  # Modbus
            ("01DDE5FE5E6C0E", "CB280E"),
            ("17C3053E", "4553"),
        ],
    )
    def test_other_protocols(self, command: str, answer: str) -> None:
        assert pair_bits(pair(command, answer)) < 0

    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            (SELECT, FCI),
            ("00B2010C00", "6A83"),
            ("80FD0000021122", "12349000"),
            ("0084000000", "6D00"),
        ],
    )
    def test_cards(self, command: str, answer: str) -> None:
        assert pair_bits(pair(command, answer)) >= LEAST

    def test_each_fault_costs(self) -> None:
        whole = pair_bits(pair(SELECT, FCI))
        assert pair_bits(pair(SELECT[:-2], FCI)) < whole
        assert pair_bits(pair(SELECT, FCI[:-4] + "1234")) < whole
        assert pair_bits(pair(SELECT, "6F0A" + FCI[4:])) < whole
        assert pair_bits(pair("5" + SELECT[1:], FCI)) < whole
        assert pair_bits(Pair(bytes.fromhex(SELECT), None)) < whole

    def test_what_nobody_can_read_shows_nothing(self) -> None:
        assert pair_bits(Pair(b"", b"")) == 0
        assert pair_bits(Pair(b"", b"\x90\x00")) == pair_bits(pair("", "9000"))


class TestWays:
    def test_marks_leave_no_choice(self) -> None:
        fields = fields_of((">", SELECT), ("<", FCI), (">", SELECT), ("<", FCI))
        assert ways(fields, "CACA") == 0

    def test_bare_lines_do(self) -> None:
        fields = fields_of(*[("", SELECT)] * 4)
        assert ways(fields, "CACA") == pytest.approx(math.log2(6))
        assert ways(fields, "CAKN") == pytest.approx(math.log2(24))

    def test_what_is_told_again_is_no_choice(self) -> None:
        fields = fields_of(("", SELECT), ("", FCI), ("", FCI))
        assert ways(fields, "CAD") == pytest.approx(1)


def random_rows(count: int, size: int) -> str:
    """Digits of a power: the same each time, and like nothing."""
    digits = f"{7**4000:x}"
    return "\n".join(digits[place * size : (place + 1) * size] for place in range(count))


@pytest.mark.parametrize("size", [8, 16, 32, 64])
def test_rows_of_anything_are_no_dialogue(size: int) -> None:
    reading = read_rows(rows_of(random_rows(24, size)))
    assert bits(reading.fields, reading.roles) < LEAST


def test_full_rows_leave_no_choice() -> None:
    row = "70" + "5A" * 15
    fields = fields_of(("", "00B2010C00"), *[("", row)] * 20, ("", "9000"))
    assert ways(fields, "CA" + "K" * 19 + "S") < ways(fields, "CA" + "N" * 19 + "S")
    assert ways(fields, "CA" + "K" * 19 + "S") < 6


def test_text_that_no_other_line_has_leaves_a_choice() -> None:
    addresses = [f"8004{number:02x}: " for number in range(0xAA, 0xB2)]
    fields = fields_of(*[(address, "00B2") for address in addresses])
    alike = fields_of(*[("x: ", "00B2")] * 8)
    assert ways(fields, "NNCKNANN") == ways(alike, "NNCKNANN") > 0


def test_words_that_say_the_direction_leave_none() -> None:
    fields = [
        replace(field, direction=direction)
        for field, direction in zip(
            fields_of(("send 1: ", SELECT), ("got 1: ", FCI)), "CA", strict=True
        )
    ]
    assert ways(fields, "CA") == 0
