# SPDX-License-Identifier: MIT
"""What is dearer than what: no number stands here, only the order that a reading rests on."""

from __future__ import annotations

import pytest

from cardlib.formats.text import costs


def hx(text: str) -> bytes:
    return bytes.fromhex(text)


DEARER_COMMANDS = [  # the first is the less likely command
    ("", "00B2010C00"),
    ("00B201", "00B2010C"),
    ("00A4040003 3F00", "00A4040002 3F00"),  # Lc does not fit
    ("00A404000A 3F00", "00A4040002 3F00"),
    ("00FC040002 3F00", "00A4040002 3F00"),  # nobody knows the instruction
    ("0065040002 3F00", "00FC040002 3F00"),  # ISO/IEC 7816-4, 5.4.2: no instruction 6X, 9X
    ("0095040002 3F00", "00FC040002 3F00"),
    ("6F10840E3150", "00B2010C00"),
    ("30A4040002 3F00", "00A4040002 3F00"),  # a class that hardly occurs
    ("00B2010C", "00A4040002 3F00"),  # a length that fits proves more than none
]


@pytest.mark.parametrize(("dear", "cheap"), DEARER_COMMANDS)
def test_which_command_costs_more(dear: str, cheap: str) -> None:
    assert costs.command(hx(dear)) > costs.command(hx(cheap))


def test_wrapped_instructions_may_be_of_any_number() -> None:
    """MIFARE DESFire in ISO frames has instructions 6X in class 90."""
    assert costs.command(hx("90600000")) < costs.command(hx("00600000"))


DEARER_ANSWERS = [
    ("", "9000"),
    ("90", "9000"),
    ("1234", "9000"),
    ("6F0284005000", "6F0284009000"),
    ("6F0384009000", "6F0284009000"),  # the template is longer than its data
    ("12349000", "6F0284009000"),
    ("6F02840064F0", "6F0284009000"),
    ("900012", "9000"),  # one byte more than an answer
    ("123400", "900012"),
]


@pytest.mark.parametrize(("dear", "cheap"), DEARER_ANSWERS)
def test_which_answer_costs_more(dear: str, cheap: str) -> None:
    assert costs.answer(hx(dear)) > costs.answer(hx(cheap))


@pytest.mark.parametrize(
    "status",
    ["9000", "61FF", "6283", "63C3", "6700", "6982", "6A82", "6C10", "6D00", "6E00", "91AF"],
)
def test_usual_status_words_cost_the_same(status: str) -> None:
    assert costs.answer(hx(status)) == costs.answer(hx("9000"))


DEARER_PAIRS = [  # command, the less likely answer, the likelier one
    ("00B2010C02", "1234569000", "12349000"),
    ("00B0000010", "12349000", "00" * 16 + "9000"),
    ("00A4040007A0000000031010", "6F0484021122 9000", "6F09 8407A0000000031010 9000"),
    ("90AF000000", "00119000", "001191AF"),
    ("00B2010C00", "9F0C", "610C"),
]


@pytest.mark.parametrize(("command", "dear", "cheap"), DEARER_PAIRS)
def test_which_answer_fits_a_command(command: str, dear: str, cheap: str) -> None:
    assert costs.pair(hx(command), hx(dear)) > costs.pair(hx(command), hx(cheap))


def test_a_sim_says_9f() -> None:
    """TS 51.011, 9.4.1: only commands of class A0 are answered so."""
    assert costs.pair(hx("A0A40000023F00"), hx("9F17")) < costs.pair(
        hx("00A40000023F00"), hx("9F17")
    )


@pytest.mark.parametrize("status", ["610C", "9F0C"])
def test_get_response_follows_what_asks_for_it(status: str) -> None:
    get_response = hx("00C000000C")
    assert costs.follows(hx(status), get_response) < 0
    assert costs.follows(hx("9000"), get_response) == 0
    assert costs.follows(b"", get_response) == 0
    assert costs.follows(hx(status), hx("00B2010C00")) == 0


@pytest.mark.parametrize(
    ("data", "sound"),
    [
        ("", False),
        ("00B201", False),
        ("00B2010C", True),
        ("00B2010C00", True),
        ("00A40400023F00", True),
        ("00A40400023F0000", True),
        ("00A40400033F00", False),
        ("00FC040002 3F00", False),
        ("6F0284009000", False),
        ("84B0950000", True),  # secure messaging and a channel are in the class
    ],
)
def test_known_commands_whose_length_fits(data: str, sound: bool) -> None:
    assert costs.is_sound_command(hx(data)) is sound


def test_an_answer_may_look_like_a_command() -> None:
    assert costs.begins_answer(hx("00A40400023F00")) > costs.begins_answer(hx("00B2010C00"))
    assert costs.begins_answer(hx("00B2010C00")) > costs.begins_answer(hx("6F0284009000"))


def test_a_row_that_is_an_answer_hardly_goes_on_with_one() -> None:
    assert costs.goes_on(hx("6F0284009000")) > costs.goes_on(hx("55667788"))
    assert costs.goes_on(hx("00A40400023F00")) > costs.goes_on(hx("55667788"))
    assert costs.goes_on(hx("9000")) == costs.goes_on(hx("55667788"))


@pytest.mark.parametrize(
    ("header", "way"),
    [
        ("00", ""),
        ("00FD", ""),
        ("00B0", "out"),
        ("00B2", "out"),
        ("00D6", "in"),
        ("0020", "in"),
        ("00A4", "in"),
    ],
)
def test_which_way_data_go(header: str, way: str) -> None:
    assert costs.data_go(hx(header)) == way


@pytest.mark.parametrize(
    ("half", "is_command", "end"),
    [
        ("", True, 0),
        ("00A40400", True, 0),
        ("00A4040000", True, 0),
        ("00FD040007", True, 0),  # nobody knows this instruction
        ("00B0000010", True, 0),  # Le, no Lc
        ("00A4040007", True, 0),  # a header alone: a procedure byte may come
        ("00A4040007A000", True, 13),  # Le may follow
        ("00A40400023F00", True, 0),  # it is all there
        ("", False, 0),
        ("6F", False, 0),
        ("9000", False, 0),
        ("1234", False, 0),
        ("FFFF", False, 0),
        ("6F108407", False, 20),  # tag, length, 16 bytes, status word
        ("7081A0", False, 165),
        ("708201001122", False, 262),
        ("6F0284009000", False, 0),
    ],
)
def test_length_that_a_half_declares(half: str, is_command: bool, end: int) -> None:
    assert costs.declared_end(hx(half), is_command) == end


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", False),
        ("90", False),
        ("9000", True),
        ("6A82", True),
        ("6F0284009000", True),
        ("6F0384009000", False),
        ("12345678", False),
    ],
)
def test_answers_that_end_here(data: str, expected: bool) -> None:
    assert costs.is_complete_answer(hx(data)) is expected


def test_commands_that_end_here() -> None:
    assert costs.is_complete_command(hx("00A40400023F00"))
    assert not costs.is_complete_command(hx("00A40400033F00"))
    assert not costs.is_complete_command(hx("00A4040002"))
    assert costs.asks_only(hx("00B2010C00"), hx("9000"))
    assert costs.asks_only(hx("00B0000002"), hx("12349000"))
    assert not costs.asks_only(hx("00A4040002"), hx("3F00"))
    assert not costs.asks_only(hx("00A40400"), hx("3F00"))


def test_objects_of_secure_messaging() -> None:
    """ISO/IEC 7816-4, 10.2: 87 cryptogram, 99 status word, 8E checksum."""
    assert costs.is_protected_answer(hx("990290008E08112233445566778890 00"))
    assert not costs.is_protected_answer(hx("6F0284009000"))
    assert not costs.is_protected_answer(hx("8E00"))
