# SPDX-License-Identifier: MIT
"""The quick way: which shapes are not sure first, then what a sure shape reads."""

from __future__ import annotations

import pytest
from regex_growth import verdict
from text_rows import read_rows, rows_of

from cardlib.formats.text.branches import Branches, branches_of, is_fair_answer, is_fair_command


def branches(*lines: str) -> Branches | None:
    rows = rows_of("\n".join(lines))
    return branches_of(rows, read_rows(rows))


COMMAND = "> 00 B2 01 0C 00"
ANSWER = "< 70 03 5A 01 12 90 00"

NOT_SURE = {
    "nothing": [""],
    "too few": [COMMAND, ANSWER] * 2,
    "no answers": [COMMAND] * 6,
    "no commands": [ANSWER] * 6,
    "bytes of no role": [COMMAND, ANSWER, "112233445566778899AABBCC"] * 4,
    "one mark for both": ["- 00 B2 01 0C 00", "- 70 03 5A 01 12 90 00"] * 4,
    "both halves in a line": [COMMAND + " " + ANSWER] * 6,
}


@pytest.mark.parametrize("name", NOT_SURE)
def test_shapes_that_are_not_sure(name: str) -> None:
    assert branches(*NOT_SURE[name]) is None


@pytest.fixture(scope="module")
def sure() -> Branches:
    compiled = branches(*["tx 1 (5): 00 B2 01 0C 00", "rx 2 (7): 70 03 5A 01 12 90 00"] * 4)
    assert compiled is not None
    return compiled


class TestSure:
    @pytest.mark.parametrize(
        ("text", "role", "data"),
        [
            ("tx 1 (5): 00 B2 01 0C 00", "C", "00B2010C00"),
            ("tx 4711 (12): 00A40400", "C", "00A40400"),
            ("rx 3 (2): 6A 83", "A", "6A83"),
            ("rx  3 (2): 6a  83", "A", "6A83"),
        ],
    )
    def test_lines_of_a_sure_shape(self, sure: Branches, text: str, role: str, data: str) -> None:
        assert sure.read(text) == (role, bytes.fromhex(data))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "tx 1 (5): ",
            "tx 1 (5): 00 B2 0",
            "tx 1 (5): 00 B2 01 0C 00 and more",
            "tx (5): 00 B2 01 0C 00",
            "ty 1 (5): 00 B2 01 0C 00",
            " tx 1 (5): 00 B2 01 0C 00",
            "rx 3 (2): 6A:83",
        ],
    )
    def test_any_other_line_is_left_to_the_search(self, sure: Branches, text: str) -> None:
        assert sure.read(text) is None

    def test_pattern_is_linear(self, sure: Branches) -> None:
        assert verdict(sure.pattern, "fullmatch") == "linear"


def test_text_behind_the_bytes_belongs_to_the_shape() -> None:
    compiled = branches(*["> 00 B2 01 0C 00 ok", "< 70 03 5A 01 12 90 00 ok"] * 4)
    assert compiled is not None
    assert compiled.read("> 00 B2 02 0C 00 ok") == ("C", bytes.fromhex("00B2020C00"))
    assert compiled.read("> 00 B2 02 0C 00") is None


def test_what_is_told_again_may_be_a_sure_shape() -> None:
    lines = ["> 00 B2 01 0C 00", "< 70 03 5A 01 12 90 00", "data 70 03 5A 01 12"]
    compiled = branches(*lines * 5)
    assert compiled is not None
    assert compiled.read("data 70 03 5A 01 12") == ("D", bytes.fromhex("70035A0112"))


@pytest.mark.parametrize(
    ("data", "fair"),
    [
        ("", False),
        ("00B201", False),
        ("00A40400033F00", False),  # Lc does not fit
        ("006201000000", False),  # ISO/IEC 7816-4, 5.4.2
        ("00B2010C00", True),
        ("00A40400023F00", True),
        ("80FD000000", True),  # nobody knows it, and nothing is wrong with it
    ],
)
def test_commands_that_need_no_search(data: str, fair: bool) -> None:
    assert is_fair_command(bytes.fromhex(data)) is fair


@pytest.mark.parametrize(
    ("data", "fair"),
    [
        ("", False),
        ("90", False),
        ("1234", False),
        ("9000", True),
        ("70035A01126A83", True),
        ("6F02", True),
    ],
)
def test_answers_that_need_no_search(data: str, fair: bool) -> None:
    assert is_fair_answer(bytes.fromhex(data)) is fair
