# SPDX-License-Identifier: MIT
"""Lines whose bytes cannot be read to their end, and lines that are in order."""

from __future__ import annotations

import pytest

from cardlib.formats.hextext import carries_hex
from cardlib.formats.text.damage import fault_before, fault_in, hole_in, is_cut_row
from cardlib.formats.text.fields import Field
from cardlib.formats.text.runs import Spelling


def fields_in(text: str) -> list[Field]:
    return [Field(0, run.start, run.stop, run.data) for run in Spelling().runs(text)]


DAMAGED_BEHIND = [
    "> 00 A4 04 0",
    "> 00 A4 04 0Z",
    "> 00 A4 04 G0 00",
    "> 00 A4 O4",
    "> 00A4, 0",
    "> 00A4\0",
    "> 00A4\x7f",
    "> 00A4\ufffd",
    "< 6F10é",
    "00B2010C00 # 1234",
    "00B2010C00 (6A83 (9000",
    "00 A4 04 00 O0 3F 00",
    "00 A4 04 00 \0 3F 00",
    "00 A4 04 00 l: 3F 00",
]


@pytest.mark.parametrize("text", DAMAGED_BEHIND)
def test_bytes_that_go_on_unreadably(text: str) -> None:
    fields = fields_in(text)
    assert fields
    assert fault_in(fields, text)


@pytest.mark.parametrize("sign", ["...", " ..", "…", " [...]", " (truncated)", " <snip>", " cut"])
def test_bytes_that_were_left_out_are_called_so(sign: str) -> None:
    text = "< 6F10 8407" + sign
    assert fault_in(fields_in(text), text) == "bytes were left out"


IN_ORDER = [
    "> 00 A4 04 00",
    "> 00 A4 04 00,",
    "> 00A4040000 // SELECT",
    "> 00A4040000 (SELECT)",
    "< 6A82 选择",
    "< 6A82; file not found",
    '"apdu": "00A40400"}',
    "< 9000, 12 ms",
    "< 9000   1",  # a column
    "00B2010C00 --> 6A83",
    "00B2010C00 | 6A83",
    "send 00B2010C00 recv 6A83",
    "00B2010C00,6A83",
]


@pytest.mark.parametrize("text", IN_ORDER)
def test_lines_in_order(text: str) -> None:
    assert fault_in(fields_in(text), text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "> O0 ",
        "> 0x0O, 0x",
        "> 1l:",
        "> 00A4:",
        "send 00A4041 ",
        "TX 00A40 (",
        "\\x",
        "> \0",
        "send \ufffd",
        "9?",
        "5&",
    ],
)
def test_bytes_that_begin_unreadably(text: str) -> None:
    assert fault_before(text)


@pytest.mark.parametrize(
    "text", ["", "> ", "send: ", "TX (5): ", "len 5 ", "recv #12 ", "[12] ", "cla "]
)
def test_beginnings_in_order(text: str) -> None:
    assert fault_before(text) == ""


NO_HOLES = [
    "",
    "hello world",
    "abc",
    "90G0",  # no hex digit is in the majority of a word
    "12",
    "[12]",
    "(12 bytes):",
    "v1.2",
    "12 - 13",
    "recv: nothing",
    "recv: 5 bytes",
    "send: the file",
    "发送: 数据",
    "x = 1234",
]


@pytest.mark.parametrize("text", NO_HOLES)
def test_lines_without_damaged_bytes(text: str) -> None:
    assert hole_in(text, 0) == []


HOLES = [  # a line, where the damaged bytes begin
    ("6F0", 0),
    ("6F1084Z7A0", 0),
    ("> 9O00", 2),
    ("recv: [0, 300, 4]", 6),
    (r"send: b'\x00\xg4'", 6),
    ("< 6A8", 2),
    ("recv = 6F1084G7A0", 7),
    ("send: 00A40, 0400", 6),
]


@pytest.mark.parametrize(("text", "start"), HOLES)
def test_damaged_bytes_are_a_hole(text: str, start: int) -> None:
    (hole,) = hole_in(text, 4)
    assert (hole.line, hole.start, hole.stop, hole.data) == (4, start, len(text), None)
    assert hole.pre == text[:start]


def test_a_mark_makes_less_look_like_bytes() -> None:
    assert hole_in("note: [0, 300, 4]", 0) == []
    assert hole_in("recv: [0, 300, 4]", 0) != []


def test_a_byte_and_half_of_one_is_a_row_that_was_cut() -> None:
    for rest in (" 0", " O", " 0O "):
        text = "90" + rest
        assert is_cut_row(text, Field(0, 0, 2, b"\x90"))
    for rest in ("", " 00", " 0 0", " x", "0"):
        assert not is_cut_row("90" + rest, Field(0, 0, 2, b"\x90"))
    assert not is_cut_row("00 A4 04 0", Field(0, 0, 8, b"\x00\xa4\x04"))


def test_digits_beside_words_are_no_hex() -> None:
    assert carries_hex("6F0")
    assert carries_hex("a1b")
    assert not carries_hex("hello")
    assert not carries_hex("5 bytes")
