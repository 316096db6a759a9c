# SPDX-License-Identifier: MIT
"""Rows of data become texts: what is malformed first, then formats, bits, enumerations, layouts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.bits import ByteText, bit
from cardlib.core.errors import DictionaryError
from cardlib.core.layout.formats import FORMATS
from cardlib.core.layout.summary import short_text
from cardlib.core.model import Fact
from cardlib.core.values import Resources, compile_row, sizes

CODES = {
    ("countries", "756"): "Switzerland",
    ("currencies", "978"): "EUR",
    ("languages", "en"): "English",
}


def lookup(table: str, key: str) -> str | None:
    return CODES.get((table, key))


def fact(tag: str = "9F01", /, **row: object) -> Fact:
    return compile_row(tag, {"name": "Row", **row}, lookup)


NESTED = """
head  1   int
pair  2*
  a   1
  b   1
"""
FORMS = """
when starts 1F....
  whole  3
else when starts 06....03
  four   4
  rest   ..?
else when starts A. 5A0.
  high   4b
  low    4b  int
else
  data   ..
"""
SIMPLE_BITS = [
    [1, "8-7", 0, "low"],
    [1, "8-7", 2, "high"],
    [1, "1", 1, "last"],
    [2, "4-1", "INT", "count {n}"],
]
NAMED = [[1, "8-4", 0, "none"], [1, "8-4", "INT", "SFI {n}"]]

BROKEN = [
    ({"name": ""}, "a row needs a name"),
    ({"nmae": "x"}, "unknown key 'nmae'"),
    ({"format": "float"}, "format 'float' is none of a, alpha,"),
    ({"checked": "guess"}, "checked 'guess'"),
    ({"opens": "window"}, "opens 'window'"),
    ({"sensitive": "very"}, "sensitive 'very'"),
    ({"ref": 5}, "ref must be text"),
    ({"length": "many"}, "length 'many'"),
    ({"length": True}, "length True"),
    ({"values": {"xx": "y"}}, "value 'xx'"),
    ({"values": {"00": 1}}, "value '00'"),
    ({"values": "planets"}, "table of values 'planets'"),
    ({"values": {"00": "a"}, "bits": []}, "only one of bits, values, layout and objects"),
    ({"bits": [[1, "8-7", 4, "x"]]}, "value 4 does not fit bits 8-7"),
    ({"bits": [[1, "7-8", 1, "x"]]}, "need the high bit first"),
    ({"bits": [[1, "8-7", "INT", "x"]]}, "for INT with {n} in it"),
    ({"bits": [[1, "9", 1, "x"]]}, "bits '9' are not like"),
    ({"bits": [[0, "1", 1, "x"]]}, "byte 0"),
    ({"bits": [[1, "1", 1]]}, "not in the form of a row"),
    ({"bits": 7}, "not in the form of a row"),
    ({"parts": [{"name": "p"}]}, "unknown key 'parts'"),
    ({"forms": []}, "unknown key 'forms'"),
    ({"layout": 5}, "layout and objects are texts of lines"),
    ({"layout": "a  1", "objects": "80 a"}, "only one of bits, values, layout and objects"),
    ({"layout": "a  1", "tlv": "ber"}, "tlv says how objects are written"),
    ({"layout": "a  1", "bits": []}, "only one of bits, values, layout and objects"),
    ({"values": "@planets"}, "no list of names @planets"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
def test_a_wrong_row_is_named_in_one_line(row: dict[str, object], reason: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        fact(**row)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.row == "9F01"


TEXTS = [
    # values that do not fit come first
    ({"format": "date", "length": "3"}, "311331", "311331 (not a date)"),
    ({"format": "date", "length": "3"}, "3112", "3112 (not a date) (length 2, expected 3)"),
    ({"format": "date", "length": "3"}, "", "(length 0, expected 3)"),
    ({"format": "n"}, "0A", "0A (not decimal digits)"),
    ({"format": "cn"}, "12FA", "12FA (not decimal digits)"),
    ({"format": "amount"}, "00000000000A", "00000000000A (not an amount)"),
    ({"format": "yymm"}, "2013", "2013 (not a month)"),
    ({"format": "yymm"}, "201231", "201231 (not a month)"),
    ({"format": "time"}, "246000", "246000 (not a time)"),
    ({"format": "int"}, "00" * 9, "00" * 9 + " (not a number of up to 8 bytes)"),
    ({"format": "semi"}, "1AF2", "1AF2 (not decimal digits)"),
    ({"format": "imsi"}, "FF", "FF (not an IMSI)"),
    ({"format": "plmn"}, "62F2", "62F2 (not a network)"),
    ({"format": "plmn"}, "62A210", "62A210 (not a network)"),
    ({"format": "alpha"}, "41FF42", "41FF42 (not an alpha identifier)"),
    ({"format": "alpha"}, "4100", "A@"),
    ({"format": "semi"}, "2143F5", "12345"),
    ({"format": "imsi"}, "0910100000000010", "001010000000001"),
    ({"format": "plmn"}, "62F210", "262-01"),
    ({"format": "plmn"}, "130014", "310-410"),
    ({"format": "plmn"}, "FFFFFF", "none"),
    ({"format": "alpha"}, "4142FFFF", "AB"),
    ({"format": "track2"}, "5413D1413201", "5413D1413201 (not track 2 data)"),
    ({"format": "track2"}, "541333D14F2F", "541333D14F2F (not track 2 data)"),
    ({"format": "track2"}, "541333D1412F", "541333 expires 2014-12, then not digits: F"),
    ({"length": "1,3"}, "0102", "0102 (length 2, expected 1 or 3)"),
    ({"length": "2-4"}, "01", "01 (length 1, expected 2-4)"),
    ({"values": {"00": "zero"}}, "01", "01 (unknown value)"),
    ({"values": "countries"}, "0999", "999 (unknown value)"),
    ({"values": "countries"}, "075600", "075600 (unknown value)"),
    ({"values": "languages"}, "656E7A", "English, z (unknown value)"),
    ({"layout": FORMS}, "2F0102", "data 2F0102"),
    ({"layout": FORMS}, "1F01", "data 1F01"),
    (
        {"layout": NESTED},
        "01AABBCC",
        "head 1; pair a AA, b BB; pair a CC, b (1 byte expected, none left) (2 bytes expected, 1 byte here)",
    ),
    # and values that do
    ({}, "00ff", "00FF"),
    ({"format": "hex"}, "00ff", "00FF"),
    ({"format": "none"}, "00", ""),
    ({"format": "n"}, "0012", "0012"),
    ({"format": "cn"}, "123F", "123"),
    ({"format": "amount"}, "000000001000", "1000 minor units"),
    ({"format": "amount"}, "000000000000", "0 minor units"),
    ({"format": "date"}, "311231", "2031-12-31"),
    ({"format": "date"}, "991231", "1999-12-31"),
    ({"format": "date"}, "19701231", "1970-12-31"),
    ({"format": "yymm"}, "2912", "2029-12"),
    ({"format": "time"}, "235959", "23:59:59"),
    ({"format": "int"}, "0100", "256"),
    ({"format": "ans"}, "4120E4", "A \u00e4"),
    (
        {"format": "track2"},
        "5413330089600044D14122010123409172",
        "5413330089600044 expires 2014-12 service 201 data 0123409172",
    ),
    ({"format": "track2"}, "541333D1412201FF", "541333 expires 2014-12, then not digits: 201FF"),
    (
        {"format": "track2"},
        "541333D1412FFF0F",
        "541333 expires 2014-12, then digits overwritten with F",
    ),
    ({"format": "track2"}, "5413330D1412201F", "5413330 expires 2014-12 service 201"),
    ({"bits": SIMPLE_BITS}, "8105", "high; last; count 5"),
    ({"bits": SIMPLE_BITS}, "40", "(not named: 40)"),
    ({"bits": SIMPLE_BITS}, "42F003", "count 0 (not named: 42F003)"),
    ({"bits": SIMPLE_BITS}, "000000", "low; count 0"),
    ({"bits": [[1, "7", 1, ""]]}, "40", "none set"),
    ({"bits": [[1, "7", 1, ""]]}, "C0", "(not named: 80)"),
    ({"bits": NAMED}, "00", "none"),
    ({"bits": NAMED}, "58", "SFI 11"),
    ({"values": {"00": "zero"}}, "00", "zero"),
    ({"values": "countries"}, "0756", "Switzerland"),
    ({"values": "currencies"}, "0978", "EUR"),
    ({"layout": NESTED}, "01AABBCCDD", "head 1; pair a AA, b BB; pair a CC, b DD"),
    ({"layout": FORMS}, "1F0203", "whole 1F0203"),
    ({"layout": FORMS}, "06FFFF0301", "four 06FFFF03; rest 01"),
    ({"layout": FORMS}, "A7", "high A; low 7"),
    ({"layout": FORMS}, "5A", "data 5A"),
    ({"layout": FORMS}, "5A0F", "high 5; low 10; further bytes 0F (not in the layout)"),
    ({"layout": "a  1  flags  {8 on}\nb  1"}, "0001", "a none set; b 01"),
    ({"layout": "a  2\n  b  1  flags  {8 on}\n  c  1  int"}, "0001", "a c 1"),
    ({"layout": "a  1\n  b  1  flags  {8 on}"}, "00", "a none set"),
    ({"layout": "a  4b\nreserved  4b"}, "10", "a 1"),
    ({"layout": "a  4b\nreserved  4b"}, "12", "a 1; reserved 2"),
    ({"layout": "a  1"}, "", ""),
    ({"layout": "a  ..?"}, "", ""),
]


@pytest.mark.parametrize(("row", "value", "text"), TEXTS)
def test_text_of_a_value(row: dict[str, object], value: str, text: str) -> None:
    assert fact(**row).describe(bytes.fromhex(value)) == text


def test_a_template_and_a_dol_have_no_text_of_their_own() -> None:
    assert (fact("6F").opens, fact("6F").describe(b"\x84\x00")) == ("template", "")
    assert (fact("8C", opens="dol").opens, fact("8C", opens="dol").describe(b"\x95\x05")) == (
        "dol",
        "",
    )
    assert (fact("8A").opens, fact("62/A5").opens, fact("62/82").opens) == (
        "none",
        "template",
        "none",
    )


def test_abbreviation_stands_behind_the_name() -> None:
    assert fact(abbr="RW").name == "Row (RW)"


def test_fields_inherit_the_source() -> None:
    row = compile_row(
        "94", {"name": "x", "ref": "Book 3", "checked": "seen", "layout": NESTED}, lookup
    )
    (head,) = row.layout.parse(b"\x01")[:1]
    assert (head.fact.ref, head.fact.checked, head.name) == ("Book 3", "seen", "head")
    assert row.opens == "parts"


def test_a_field_from_memory_says_so() -> None:
    layout = fact(layout="a  1\nb  1  !memory\n").layout
    assert [node.fact.checked for node in layout.parse(b"\1\2")] == ["spec", "memory"]


def test_a_list_of_names_of_the_file() -> None:
    resources = Resources({"planets": {"01": "Mercury"}})
    row = compile_row("9F01", {"name": "x", "values": "@planets"}, lookup, resources)
    assert (row.describe(b"\1"), row.describe(b"\2")) == ("Mercury", "02 (unknown value)")


def test_what_a_few_bytes_say_stands_in_one_line() -> None:
    small = fact(layout="pair  2\n  a  4b  int\n  b  12b  int\n").layout
    (pair,) = small.parse(b"\x10\x02")
    assert (pair.text, short_text(pair)) == ("", "a 1; b 2")
    alone = fact(layout="reserved  4b\na  4b  int").layout
    assert short_text(alone.parse(b"\x05")[0]) == "5"
    large = fact(layout="pair  7\n  a  1  int\n  b  6\n").layout
    broken = fact(layout="pair  2\n  a  1  bcdint\n  b  1\n").layout
    secret = fact(layout="pair  2\n  a  1  !pin\n  b  1\n").layout
    for layout, value in ((large, bytes(7)), (broken, b"\x0a\0"), (secret, b"\1\2")):
        assert short_text(layout.parse(value)[0]) == ""


def test_equal_rows_compare_equal() -> None:
    for row in (
        {"bits": SIMPLE_BITS},
        {"values": {"00": "zero"}},
        {"layout": NESTED},
        {"layout": FORMS},
        {"format": "n"},
    ):
        assert fact(**row) == fact(**row)
        assert hash(fact(**row)) == hash(fact(**row))
    assert fact(bits=SIMPLE_BITS) != fact(bits=NAMED)


def test_parameter_byte() -> None:
    read = ByteText((bit("8-1", 0, "current record"), bit("8-1", "INT", "record {n}")))
    assert (read(0), read(3)) == ("current record", "record 3")
    assert ByteText((bit("8", 1, "close"),))(0) == ""


def test_sizes() -> None:
    assert (sizes("2"), sizes("1-16"), sizes("1,3"), sizes("var"), sizes(0)) == (
        ((2, 2),),
        ((1, 16),),
        ((1, 1), (3, 3)),
        (),
        (),
    )


ROWS = [row for row, _, _ in TEXTS] + [{"format": name} for name in FORMATS]


@given(st.sampled_from(ROWS), st.binary(max_size=300))
def test_any_bytes_have_a_text_and_parts_tile_them(row: dict[str, object], value: bytes) -> None:
    compiled = fact(**row)
    assert isinstance(compiled.describe(value), str)
    if compiled.layout:
        nodes = compiled.layout.parse(value)
        edges = [edge for node in nodes for edge in (node.start, node.stop)]
        assert not nodes or (edges[0], edges[-1]) == (0, len(value))
        assert edges[1:-1:2] == edges[2::2]
