# SPDX-License-Identifier: MIT
"""From a line to its fields: damaged lines and numbers first, then what stands around the bytes."""

from __future__ import annotations

import pytest

from cardlib.formats.text.cutting import fields_of, has_remarks, is_remark
from cardlib.formats.text.fields import Field
from cardlib.formats.text.runs import Spelling


def cut(text: str) -> list[Field]:
    return fields_of(text, 3, Spelling())


def data_of(text: str) -> list[str | None]:
    """The bytes of each field of a line, None for a hole."""
    return [None if field.data is None else field.data.hex().upper() for field in cut(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello world",
        "connected to reader 0",
        "2 cards, 3 readers",
        "took 12.5 ms",
        "; ".join(["00A4"] * 65),  # a table of something else
    ],
)
def test_no_fields(text: str) -> None:
    assert cut(text) == []


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("> 00 A4 04 0", 2),
        ("> 00 A4 0Z 00", 2),
        ("< 90 0", 2),
        ("6F0", 0),
        ("> 00 A4 04 00 ... 00", 2),
        ("> 00 B2 01 0C 00 # 1234", 2),
        ("< 6F10 ...", 2),
        ("> 00 A4\ufffd 04 00", 2),
    ],
)
def test_a_damaged_line_is_one_hole(text: str, start: int) -> None:
    (hole,) = cut(text)
    assert (hole.data, hole.line, hole.start, hole.stop) == (None, 3, start, len(text))
    assert hole.detail


@pytest.mark.parametrize("text", ["00A40400  6A82", "9000  00B2010C00"])
def test_bytes_before_two_blanks_are_in_a_field(text: str) -> None:
    assert "".join(half or "" for half in data_of(text)) == text.replace(" ", "")


def test_both_halves_of_a_line_are_two_fields() -> None:
    first, second = cut("[send: 00B2010C00, recv: 6A83] in 3 ms")
    assert (first.data, first.place, first.pre, first.tail) == (
        bytes.fromhex("00B2010C00"),
        0,
        "[send: ",
        "",
    )
    assert (second.data, second.place, second.pre) == (b"\x6a\x83", 1, ", recv: ")
    assert second.tail == "] in 0 ms"


def test_digits_in_front_are_no_part_of_the_shape() -> None:
    (field,) = cut("TX #12 (5 bytes): 00B2010C00")
    assert (field.pre, field.counts) == ("TX #0 (0 bytes): ", (12, 5))


def test_a_remark_behind_bytes_is_none_of_them() -> None:
    assert data_of("> 00 B2 01 0C 00 // resp: 9000") == ["00B2010C00"]
    assert data_of("< 6A83 (the file 9000 is not there)") == ["6A83"]
    assert data_of("> 00B2010C00 -- and 6A83") == ["00B2010C00"]


def test_an_arrow_between_halves_is_no_remark() -> None:
    assert data_of("00B2010C00 --> 6A83") == ["00B2010C00", "6A83"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("12:00:00 > 00A40400", "00A40400"),
        ("[12:00:00] send 00A40400", "00A40400"),
        ("1782453414 send 00A40400", "00A40400"),
        ("buf=0x55d000002000, 6A82", "6A82"),
        ("write(0x7ffc00001000, 00A40400)", "00A40400"),
    ],
)
def test_clocks_and_pointers_are_no_bytes(text: str, data: str) -> None:
    assert data_of(text) == [data]


@pytest.mark.parametrize("text", ["12:00:00 90 00", "20:10:10:10 9000", "1782453414 9000"])
def test_what_may_be_bytes_is_no_clock_before_bytes(text: str) -> None:
    joined = "".join(half or "" for half in data_of(text))
    assert joined == text.replace(" ", "").replace(":", "")


def test_row_of_a_dump_loses_its_place_and_its_text() -> None:
    (row,) = cut("00000010  41 42 43 90 00                                   ABC..")
    assert (row.data, row.offset, row.pre, row.tail) == (b"ABC\x90\x00", 16, "", "")
    assert row.is_bare


def test_row_of_a_dump_keeps_its_indentation() -> None:
    (row,) = cut("    0000: 90 00")
    assert (row.data, row.offset, row.pre) == (b"\x90\x00", 0, "    ")


def test_place_of_a_row_without_bytes_is_bytes() -> None:
    assert data_of("9000: ") == ["9000"]


@pytest.mark.parametrize("label", ["ATR: ", "card ATR = ", "<atr> ", "ATR of the card: "])
def test_answer_to_reset_is_named(label: str) -> None:
    (field,) = cut(label + "3B 65 00 00 20 63 CB 6F 00")
    assert field.kind == "atr"


@pytest.mark.parametrize("text", ["3B 65 00 00", "atrium 3B6500", "ATR: 6A82", "ATR: 3B"])
def test_bytes_that_are_no_answer_to_reset(text: str) -> None:
    assert [field.kind for field in cut(text)] == [""]


def test_frame_of_a_reader_chip_is_known() -> None:
    (field,) = cut("< 0000ff00ff00")  # an acknowledgement: PN532 user manual, 6.2.1.3
    assert field.kind == "host"


class TestSpelledOut:
    def test_command_by_the_names_of_its_fields(self) -> None:
        assert data_of("CLA=00 INS=B0 P1=00 P2=00 Le=10") == ["00B0000010"]
        assert data_of(
            "APDU { cla: 0x00, ins: 0xA4, p1: 0x00, p2: 0x0C, lc: 0x02, data: 3F 00 }"
        ) == ["00A4000C023F00"]

    def test_tool_of_the_java_card_kit(self) -> None:
        line = "CLA: 00, INS: a4, P1: 04, P2: 00, Lc: 02, 3f, 00, Le: 02, 6f, 00, SW1: 90, SW2: 00"
        assert data_of(line) == ["00A40400023F00", "6F009000"]
        line = "CLA: 80, INS: b8, P1: 00, P2: 00, Lc: 00, Le: 00, SW1: 6a, SW2: 82"
        assert data_of(line) == ["80B8000000", "6A82"]

    @pytest.mark.parametrize(
        ("text", "kind", "data"),
        [
            ("  INS: B2", "INS", "B2"),
            ("* Lc = 0x05", "LC", "05"),
            ("Data: 01 02 03", "DATA", "010203"),
            ("SW1: 6A", "SW1", "6A"),
            ("Data:", "DATA", ""),
        ],
    )
    def test_one_part_a_line(self, text: str, kind: str, data: str) -> None:
        (field,) = cut(text)
        assert (field.kind, (field.data or b"").hex().upper()) == (kind, data)

    def test_what_pyscard_gives_back(self) -> None:
        assert data_of("([], 144, 0)") == ["9000"]
        assert data_of("([111, 2, 132, 0], 106, 130)") == ["6F0284006A82"]

    def test_bytes_of_kotlin(self) -> None:
        assert data_of("byteArrayOf(0x00.toByte(), 0xA4.toByte())") == ["00A4"]


class TestRemarks:
    @pytest.mark.parametrize("text", ["", " ", "# SELECT", "  // x", "; x", "% x", "-- x"])
    def test_a_remark(self, text: str) -> None:
        assert is_remark(text)

    @pytest.mark.parametrize("text", ["--> 00A4", "---> 00A4", "> # x", "x // y", "-> 9000"])
    def test_no_remark(self, text: str) -> None:
        assert not is_remark(text)

    def test_signs_of_remarks_before_the_commands_are_marks(self) -> None:
        texts = ["# 00A40400023F00", "9000", "# 00B0000002", "12349000"]
        assert not has_remarks(texts, Spelling())
        assert not is_remark(texts[0], has_remarks=False)
        assert is_remark("   ", has_remarks=False)

    def test_commands_outside_make_them_remarks(self) -> None:
        texts = ["# was 00A40400023F00", "> 00A40400023F00", "9000", "> 00B0000002", "12349000"]
        assert has_remarks(texts, Spelling())
        assert has_remarks(["# nothing", "00A40400023F00"], Spelling())
        assert has_remarks([], Spelling())
