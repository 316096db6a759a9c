# SPDX-License-Identifier: MIT
"""The cheapest dialogue, by the bytes alone: no word counts here, and nothing is learned."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.formats.text.cutting import fields_of
from cardlib.formats.text.fields import with_parts_joined, with_surroundings
from cardlib.formats.text.repeats import plain_twins, repeated
from cardlib.formats.text.runs import Spelling
from cardlib.formats.text.search import best_roles
from cardlib.formats.text.states import (
    START,
    Context,
    State,
    closed,
    closing,
    open_cost,
    same_speaker,
)


def context_of(text: str) -> Context:
    rows = [
        (line, fields_of(line, number, Spelling())) for number, line in enumerate(text.split("\n"))
    ]
    fields = with_parts_joined(with_surroundings(rows))
    return Context(fields, repeated(fields), plain_twins(fields), lambda index, group: 0.0)


def roles(*lines: str) -> str:
    return best_roles(context_of("\n".join(lines)))[0]


SELECT = "00A4040007A000000003101000"
FCI = "6F09 8407A0000000031010 9000"
READ = "00B2010C00"
RECORD = "7003 5A0112 9000"


class TestDamage:
    def test_nothing(self) -> None:
        assert best_roles(context_of("")) == ("", 0.0)

    def test_bytes_alone_begin_something(self) -> None:
        assert roles(SELECT) == "C"
        assert roles(FCI) in ("A", "N")
        assert roles("12 34 56 78 9A BC DE F0 11") == "N"

    def test_an_answer_before_the_first_command(self) -> None:
        assert roles("6A 82", SELECT, FCI) in ("ACA", "NCA")

    def test_a_damaged_command_keeps_its_neighbours(self) -> None:
        assert roles(SELECT, FCI, "00 B2 01 0", "6A 83", READ, RECORD) == "CACACA"

    def test_a_damaged_answer_keeps_its_neighbours(self) -> None:
        assert roles(SELECT, "6F 09 84 0", READ, RECORD) == "CACA"

    def test_a_missing_answer(self) -> None:
        assert roles(SELECT, READ, RECORD) == "CCA"

    def test_keys_and_counters_are_no_part(self) -> None:
        key = "11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00"
        assert roles(f"> {SELECT}", f"< {FCI}", f"key {key}", f"> {READ}", "< 6A83") == "CANCA"


class TestHalves:
    def test_in_turn(self) -> None:
        assert roles(SELECT, FCI, READ, RECORD) == "CACA"

    def test_marks_that_mean_the_opposite(self) -> None:
        assert roles(f"< {SELECT}", f"> {FCI}", f"< {READ}", f"> {RECORD}") == "CACA"

    def test_both_in_one_line(self) -> None:
        assert roles(f"{READ} -> 6A83", f"{SELECT} -> {FCI}") == "CACA"

    def test_command_in_rows(self) -> None:
        assert roles("00A4040007A0", "0000000310", "1000", FCI) == "CKKA"

    def test_answer_in_rows(self) -> None:
        assert roles(READ, "7007 5A0112", "5F240126", "9000") == "CAKS"

    def test_places_in_a_dump_prove_what_goes_on(self) -> None:
        dump = ("0000  00 A4 04 00 07 A0 00 00", "0008  00 03 10 10 00", "0000  6A 82")
        assert roles(*dump) == "CKA"

    def test_get_response(self) -> None:
        assert roles(SELECT, "610B", "00C000000B", FCI) == "CACA"

    def test_answer_to_reset(self) -> None:
        assert roles("ATR: 3B 65 00 00 20 63 CB 6F 00", SELECT, FCI) == "RCA"

    def test_frames_of_a_reader_chip_are_told_apart_by_their_first_byte(self) -> None:
        """PN532 user manual, 6.2.1.1: D4 goes to the chip, D5 comes from it."""
        assert roles("x 0000ff02fed4022a00", "x 0000ff00ff00", "x 0000ff06fad50332010607e800") in (
            "CAA",
            "CCA",
        )


class TestStatusWords:
    def test_apart(self) -> None:
        assert roles(f"> {READ}", "< 7003 5A0112", "SW 9000", f"> {SELECT}", "< 6A82") == "CASCA"

    def test_in_front_of_the_data(self) -> None:
        assert roles(f"> {READ}", "SW: 9000", "data: 70035A0112") == "CAF"

    def test_once_more(self) -> None:
        letters = roles(f"> {READ}", f"< {RECORD}", "SW 9000", f"> {SELECT}", "< 6A82")
        assert letters == "CADCA"

    def test_alone(self) -> None:
        assert roles(f"> {READ}", "SW1=6A SW2=83") == "CA"


class TestToldAgain:
    def test_data_of_the_answer(self) -> None:
        assert (
            roles(f"> {READ}", f"< {RECORD}", "data 70035A0112", f"> {SELECT}", "< 6A82") == "CADCA"
        )

    def test_data_that_are_read_back_are_an_answer(self) -> None:
        write = ("> 00D60000021234", "< 9000")
        assert roles(*write, "> 00B0000002", "< 1234", "< 9000") == "CACAS"

    def test_plain_form_of_a_protected_command(self) -> None:
        plain = "plain 00B0000002"
        protected = "> 0CB000000D 970102 8E081122334455667788 00"
        answer = "< 990290008E0811223344556677889000"
        assert roles(plain, protected, answer) == "DCA"
        assert roles(protected, plain, answer) == "CDA"


class TestProcedureBytes:
    """ISO/IEC 7816-3, 10.3.3: INS, or its complement, asks for data."""

    def test_data_in(self) -> None:
        assert roles("> 0020008004", "< 20", "> 31323334", "< 9000") == "CPKA"

    def test_complement(self) -> None:
        assert roles("> 0020008004", "< DF", "> 31323334", "< 9000") == "CPKA"

    def test_data_out(self) -> None:
        assert roles("> 00B0000002", "< B0", "< 1234", "< 9000") == "CPAS"

    @pytest.mark.parametrize(
        "lines",
        [
            ("00 A4 04 00 02", "A4", "3F 00", "90 00"),
            ("00 20 00 80 04", "20", "31 32 33 34", "90 00"),
        ],
    )
    def test_data_in_without_marks(self, lines: tuple[str, ...]) -> None:
        assert roles(*lines) == "CPKA"

    def test_all_in_one_line(self) -> None:
        assert roles("00 20 00 80 04 (20) 31 32 33 34 90 00") == "CPKA"

    @pytest.mark.xfail(strict=True, reason="the answer begins with the procedure byte")
    def test_byte_and_data_in_one_line(self) -> None:
        text = "> 00A4040002\n< A4\n> 3F00\n< 9000\n> 00B0000002\n< B0 12 34 90 00\n"
        answers = [one.response and one.response.raw for one in cardlib.read_text(text).exchanges]
        assert answers == [b"\x90\x00", b"\x12\x34\x90\x00"]


class TestSpelledOut:
    def test_a_part_a_line(self) -> None:
        lines = ["CLA: 00", "INS: B0", "P1: 00", "P2: 00", "Le: 02", "Data: 1234", "SW1: 90"]
        assert roles(*lines, "SW2: 00") == "CKKKKAKK"


def open_state(command: str | None, answer: str | None = None, began: bool = True) -> State:
    """A state in which these halves are open; "" is a half that nobody can read."""
    halves = [None if half is None else bytes.fromhex(half) for half in (command, answer)]
    return START._replace(command=halves[0], answer=halves[1], began=began)


class TestStates:
    def test_nothing_open_costs_nothing(self) -> None:
        assert open_cost(START) == 0
        assert closing(context_of(""), START) == 0

    def test_an_answer_makes_an_exchange_cheaper(self) -> None:
        assert open_cost(open_state(READ)) > open_cost(open_state(READ, RECORD))

    def test_a_command_without_answer_costs_less_at_the_end(self) -> None:
        context = context_of("")
        state = open_state(READ)
        assert closing(context, state) > closing(context, state, ends=True) > open_cost(state) - 2

    def test_an_answer_without_command_costs_less_at_the_beginning(self) -> None:
        later = open_cost(open_state(None, RECORD, began=True))
        first = open_cost(open_state(None, RECORD, began=False))
        assert later > first > open_cost(open_state(READ, RECORD))

    def test_an_unreadable_half_costs_less_than_a_missing_one(self) -> None:
        context = context_of("")
        assert closing(context, open_state(READ, "")) < closing(context, open_state(READ))
        assert closing(context, open_state("", "6A83")) < closing(context, open_state(None, "6A83"))

    def test_status_word_that_the_next_command_follows(self) -> None:
        context = context_of("")
        assert closed(context, open_state(SELECT, "610B"))[1] == b"\x61\x0b"
        assert closed(context, open_state(SELECT))[1] == b""
        earlier = START._replace(status=b"\x61\x0b")
        assert closed(context, earlier) == (0.0, b"\x61\x0b")

    def test_same_mark_is_the_same_speaker(self) -> None:
        context = context_of("> 00B2010C00\n> 00B2020C00\n< 6A83")
        assert same_speaker(context, 1)
        assert not same_speaker(context, 2)


def test_surroundings_decide_where_bytes_are_alike() -> None:
    """Both lines may be a command and an answer."""
    lines = "a 00B2010C90 00\nb 00B2020C90 00"
    plain = context_of(lines)

    def second_asks(index: int, group: str) -> float:
        return 0.0 if group == "AC"[index] else 30.0

    asked = Context(plain.fields, [0, 0], [False, False], second_asks)
    assert best_roles(asked)[0] == "AC"


def test_a_long_log_takes_the_same_roles_as_its_beginning() -> None:
    lines = [SELECT, FCI, READ, RECORD]
    assert roles(*lines * 30) == "CACA" * 30


ATR = "3B6D00000031C071D66411223300839000"


@pytest.mark.parametrize(
    "label", ["卡复位:", "Reset:", "cold reset ->", "1.234 Answer To Reset", ""]
)
def test_an_atr_needs_no_name_where_no_command_waits(label: str) -> None:
    """Its last bytes look like a status word."""
    text = f"{label} {ATR}\n> 00A40000023F00\n< 9000\n> 00B0000004\n< 010203049000\n"
    (session,) = cardlib.read_text(text).sessions
    assert session.atr == bytes.fromhex(ATR)
    assert len(session.exchanges) == 2


@pytest.mark.parametrize(
    ("answer", "exchanges"),
    [
        (ATR, 2),  # a command waits: bytes of a file, which hold the ATR of another card
        (ATR.replace("3B6D", "3B6C"), 2),  # a byte more than announced
    ],
)
def test_bytes_that_answer_a_command_are_no_atr(answer: str, exchanges: int) -> None:
    text = f"> 00A40000023F00\n< 9000\n> 00B000000F\n< {answer}\n"
    (session,) = cardlib.read_text(text).sessions
    assert session.atr is None
    assert len(session.exchanges) == exchanges
