# SPDX-License-Identifier: MIT
"""Layouts on bytes: what is malformed first, then sizes, switches, bits, objects, marks, checks, and the way back.

Vectors are facts from public sources, named beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from cardlib.core.errors import BuildError, LayoutError
from cardlib.core.layout import Layout, Pair, compile_layout, value_list, values
from cardlib.core.model import Node

NUMBER_TYPE = "ext  1b\ntype of number  3b  {1 international, 5 alphanumeric}\nplan  4b  {1 E.164}"
USER_DATA = """needs UDHI, DCS
UDL  1  int
when UDHI = 1
  UDHL  1  int
  UDH  =UDHL
  data  ..
else when DCS = [0-3][0-3] F[0-3]
  text  =UDL septets  gsm7  !text
else
  data  =UDL"""
DELIVER = """reply path  1b
UDHI  1b
status report  1b
reserved  2b
MMS  1b
MTI  2b  {0 DELIVER}
OA digits  1  int
TON/NPI  1  use:number-type
when type of number = 5
  OA  =OA digits digits  gsm7  !name
else
  OA  =OA digits digits  digits  !phone
PID  1
DCS  1
time  7  scts
user data  -  use:user-data"""
ADN = """alpha id  ..-14  alpha  !name
length  1  int
type of number  1  use:number-type
number  10  digits  !phone
capability  1
extension record  1  int"""
FASC_N = """start  5b  bcd5
agency  20b  bcd5
separator  5b
system  20b  bcd5
separator  5b
credential  30b  bcd5  !id
separator  5b
series  5b  bcd5
separator  5b
issue  5b  bcd5
separator  5b
person  50b  bcd5  !id
category  5b  bcd5
organisation  20b  bcd5
association  5b  bcd5
end  5b
LRC  5b  bcd5  !check=lrc"""
UPDATE = """diversification data  10  !id
key version  1
scp  1
when scp = 02
  sequence counter  2  !fresh
  card challenge  6  !fresh
  card cryptogram  8  !fresh
else when scp = 03
  reserved  7b
  S16  1b
  when S16 = 1
    card challenge  16  !fresh
    card cryptogram  16  !fresh
  else
    card challenge  8  !fresh
    card cryptogram  8  !fresh
  sequence counter  3?  !fresh"""
OTHERS = {"number-type": NUMBER_TYPE, "user-data": USER_DATA, "FASC-N": FASC_N}


def leaves(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.children:
            yield from leaves(node.children)
        else:
            yield node


def texts(layout: Layout, value: str, **command: int | str) -> dict[str, str]:
    """The texts of a record by name; what is wrong stands behind an exclamation mark."""
    nodes = layout.parse(bytes.fromhex(value), given=command)
    assert layout.build(values(nodes), given=command) == bytes.fromhex(value)
    return {
        node.name: f"{node.text}!{node.error}" if node.error else node.text
        for node in leaves(nodes)
    }


SHORT_AND_LONG = [
    ("a  2\nb  2", "", {"a": "!2 bytes expected, none left"}),
    ("a  2\nb  2", "0102", {"a": "0102", "b": "!2 bytes expected, none left"}),
    ("a  2\nb  2", "010203", {"a": "0102", "b": "03!2 bytes expected, 1 byte here"}),
    ("a  2\nb  2", "0102030405", {"a": "0102", "b": "0304", "further bytes": "05!not in the layout"}),
    ("a  12b\nb  4b\nc  1", "01",
     {"a": "01!12 bits expected, 1 byte here", "b": "!4 bits expected, none left"}),
    ("length  1  int\nb  =length", "0501", {"length": "5", "b": "01!5 bytes declared, 1 byte here"}),
    ("length  1  int\nb  =length-2", "0101",
     {"length": "1", "b": "!a length of -8 bits", "further bytes": "01!not in the layout"}),
    ("length  1  bcd\nb  =length", "0A01",
     {"length": "0A!not decimal digits", "b": "01!the field length does not say how long this one is"}),
    ("b  to D  nibbles\nrest  ..", "1234", {"b": "1234!no D behind it"}),
    ("b  to 0A\nend  1", "1234", {"b": "1234!no 0A behind it", "end": "!1 byte expected, none left"}),
    ("entry  -*\n  a  1\n  b  2", "010203FF", {"a": "FF", "b": "!2 bytes expected, none left"}),
    ("objects  ..  ber\n  4F AID", "4F05A0", {"AID": "A0!5 bytes declared, 1 here"}),
    ("objects  ..  ber\n  4F AID  5", "4F01A0", {"AID": "A0!5 bytes expected, 1 byte here"}),
    ("objects  ..  ber\n  4F AID", "4F01A05F", {"AID": "A0", "further bytes": "5F!an object cut off"}),
    ("objects  ..  ber", "9F80808001", {"further bytes": "9F80808001!a tag of more than 4 bytes"}),
    ("map  1  bitmap\n  a  1", "0201",
     {"bitmap": "02!a bit is set for which there is no field", "further bytes": "01!not in the layout"}),
    ("map  2  bitmap\n  a  1", "01", {"bitmap": "01!2 bytes expected, 1 byte here"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "expected"), SHORT_AND_LONG)
def test_what_is_short_or_long_is_said(text: str, value: str, expected: dict[str, str]) -> None:
    assert texts(compile_layout(text), value) == expected


def test_what_is_missing_is_said_once() -> None:
    nodes = compile_layout("a  1\nb  1\nc  1").parse(b"")
    assert [(node.name, node.error) for node in nodes] == [("a", "1 byte expected, none left")]


def test_an_empty_field_is_no_node() -> None:
    layout = compile_layout("length  1  int\ntext  =length  latin1\nrest  ..")
    assert [node.name for node in layout.parse(b"\0")] == ["length"]


def test_a_record_within_a_buffer() -> None:
    layout = compile_layout("a  1\nb  ..")
    nodes = layout.parse(b"\1\2\3\4\5", 1, 4)
    assert [(node.start, node.stop) for node in nodes] == [(1, 2), (2, 4)]
    assert layout.parse(b"\1\2", 2) != ()
    assert [node.stop for node in layout.parse(b"\1\2", 0, 99)] == [1, 2]


# Switches


def test_a_switch_on_what_the_command_says() -> None:
    layout = compile_layout(
        "when p1 = 00\n  balance  4  int\nelse when p2 = .2\n  other  4\nelse\n  data  .."
    )
    assert texts(layout, "00000005", p1=0) == {"balance": "5"}
    assert texts(layout, "00000005", p1="03", p2=0x12) == {"other": "00000005"}
    assert texts(layout, "00000005") == {"data": "00000005"}
    with pytest.raises(ValueError, match="'p3' is none of p1, p2, cla, ins, app, record"):
        layout.parse(b"", given={"p3": 1})


def test_a_switch_on_the_bytes_left() -> None:
    layout = compile_layout("a  1\nwhen length = 2 4..5\n  b  ..\nelse\n  c  ..")
    assert texts(layout, "010203") == {"a": "01", "b": "0203"}
    assert texts(layout, "01020304") == {"a": "01", "c": "020304"}
    assert texts(layout, "0102030405") == {"a": "01", "b": "02030405"}


def test_a_switch_on_how_bytes_begin() -> None:
    layout = compile_layout("when starts 0FA.{3}0F [89]1\n  a  ..\nelse\n  b  ..")
    assert texts(layout, "0FA1230F") == {"a": "0FA1230F"}
    assert texts(layout, "0FA123F0") == {"b": "0FA123F0"}
    assert texts(layout, "0FA1") == {"b": "0FA1"}  # too short to tell
    assert texts(layout, "81") == {"a": "81"}
    assert texts(layout, "71") == {"b": "71"}
    assert texts(layout, "8F") == {"b": "8F"}


def test_a_switch_on_bits() -> None:
    layout = compile_layout("flags  1\nwhen flags & 09\n  a  1\nwhen flags & 02\n  b  1")
    assert texts(layout, "0801") == {"flags": "08", "a": "01"}
    assert texts(layout, "0A0102") == {"flags": "0A", "a": "01", "b": "02"}
    assert texts(layout, "04") == {"flags": "04"}


def test_a_part_that_is_not_there_again_is_forgotten() -> None:
    """The second record has no length of its own: that of the first does not count for it."""
    text = "record  -*\n  kind  1\n  when kind = 01\n    length  1  int\n  data  =length"
    nodes = compile_layout(text).parse(bytes.fromhex("0102AABB 00CCDD".replace(" ", "")))
    assert [node.error for node in leaves(nodes)][
        -1
    ] == "the field length does not say how long this one is"


# Bits


def test_bit_fields_are_parts_of_a_group_of_whole_bytes() -> None:
    layout = compile_layout("a  1\nreserved  3b\nb  7b  int\nc  6b  int\nd  1")
    group = layout.parse(bytes.fromhex("FF E8 85 00".replace(" ", "")))[1]
    assert (group.name, group.start, group.stop, group.bits, group.text) == ("b, c", 1, 3, None, "")
    assert [(part.name, part.bits, part.text) for part in group.children] == [
        ("reserved", (0, 3), "7"),
        ("b", (3, 10), "34"),
        ("c", (10, 16), "5"),
    ]
    assert group.children[1].raw.hex() == "e885"  # the bytes that it touches
    assert group.children[1].value == b"\x22"


def test_a_field_of_bits_is_their_group() -> None:
    layout = compile_layout("SFI  1\n  number  5b  int\n  reserved  3b")
    (node,) = layout.parse(b"\x30")
    assert [part.bits for part in node.children] == [(0, 5), (5, 8)]


def test_bits_of_an_object_count_from_its_value() -> None:
    (node,) = compile_layout("88 SFI\n  number  5b  int\n  reserved  3b", kind="ber").parse(
        b"\x88\x01\x30"
    )
    assert [(part.start, part.bits, part.text) for part in node.children] == [
        (2, (0, 5), "6"),
        (2, (5, 8), "0"),
    ]


def test_bytes_turned_round_are_derived() -> None:
    layout = compile_layout("access  2  reversed\n  first  4b\n  second  12b  int")
    (node,) = layout.parse(bytes.fromhex("3412"))
    assert [(part.text, part.derived, part.buf.hex()) for part in node.children] == [
        ("1", "bytes turned round", "1234"),
        ("564", "bytes turned round", "1234"),
    ]


# Objects

KINDS = [
    ("ber", "4F 02 A0A1 9F10 01 FF", "4F AID\n9F10 data", {"AID": "A0A1", "data": "FF"}),
    ("ber", "00 00 4F 01 A0 FF FF", "4F AID", {"AID": "A0", "padding": "FFFF"}),
    ("der", "30 03 02 01 05", "30 set  ..  der\n  02 number  ..  int", {"number": "5"}),
    ("simple", "01 01 41 02 FF0001 42", "01 a  ..  latin1\n02 b  ..  latin1", {"a": "A", "b": "B"}),
    ("compact", "31 80 52 0102", "43 services  1\n45 data", {"services": "80", "data": "0102"}),
    (
        "comp",
        "81 03 012180 02 02 8182",
        "01 details\n02 devices",
        {"details": "012180", "devices": "8182"},
    ),
    ("comp", "7F8123 01 41", "7F0123 three bytes  ..  latin1", {"three bytes": "A"}),
    (
        "dgi",
        "0101 02 7000 9000 FF0003 AABBCC",
        "0101 record\n9000 KCV  3*",
        {"record": "7000", "KCV": "AABBCC"},
    ),
    ("ndef", "00 03 01 D0 FE 00", "03 message", {"message": "D0", "padding": "00"}),
    (
        "decimal",
        "3030303230316030",
        "00 format  ..  utf8",
        {"format": "01", "further bytes": "6030!an object cut off"},
    ),
]


@pytest.mark.parametrize(("kind", "value", "rows", "expected"), KINDS)
def test_a_list_of_objects(kind: str, value: str, rows: str, expected: dict[str, str]) -> None:
    assert texts(compile_layout(rows, kind=kind), value) == expected


def test_characters_are_counted_in_a_qr_code() -> None:
    """EMV QR Code: a length counts characters, and these have three bytes each."""
    payload = "0002ZH0104最佳运输".encode()
    layout = compile_layout("00 language  ..  utf8\n01 name  ..  utf8", kind="decimal")
    assert texts(layout, payload.hex()) == {"language": "ZH", "name": "最佳运输"}


def test_objects_without_a_row() -> None:
    plain = compile_layout("4F AID", kind="ber").parse(bytes.fromhex("E0034F0101"))
    assert [(node.tag, node.fact.known, node.children) for node in plain] == [("E0", False, ())]
    (opened,) = compile_layout("4F AID", kind="ber:open").parse(bytes.fromhex("E0034F0101"))
    assert [(node.tag, node.name, node.text) for node in opened.children] == [("4F", "AID", "01")]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ("30003001AA0101FF", ["30 first", "30 second", "01 flag"]),
        ("0101FF30003000", ["01 flag", "30 first", "30 second"]),
        ("3000300030000400", ["30 first", "30 second", "30 SEQUENCE", "04 unknown object"]),
        ("300030", ["30 first", "further bytes"]),
        ("3005AA", ["30 first"]),
    ],
)
def test_objects_told_apart_by_their_order(data: str, names: list[str]) -> None:
    """Each row is for its own place; the third of a tag has no row, and what is cut off costs none."""
    layout = compile_layout("30 first\n30.2 second\n01 flag", kind="der")
    raw = bytes.fromhex(data)
    pairs = values(layout.parse(raw))
    assert [pair.name for pair in pairs] == names
    assert layout.build(pairs) == raw


def test_objects_told_apart_by_their_order_are_built_by_name() -> None:
    layout = compile_layout("30 first\n30.2 second", kind="der")
    assert layout.build([("first", "01"), ("second", "02")]) == bytes.fromhex("300101300102")


def test_an_object_that_is_the_same_part_again() -> None:
    (node,) = compile_layout("5C list  1*  {61 DG1, 75 DG2}", kind="ber").parse(
        bytes.fromhex("5C026175")
    )
    assert [part.text for part in node.children] == ["DG1", "DG2"]


# Marks and checks


def kinds(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    return [(node.name, node.fact.sensitive) for node in leaves(nodes)]


def test_a_mark_holds_for_parts() -> None:
    layout = compile_layout(
        "holder  -  !name !fresh !tells\n  first  1\n  second  1  !key\n  third  1  !share\nnumber  1  !pan"
    )
    nodes = layout.parse(b"\1\2\3\4")
    assert kinds(nodes) == [("first", "name"), ("second", "key"), ("third", ""), ("number", "pan")]
    facts = [node.fact for node in leaves(nodes)]
    assert [fact.fresh for fact in facts] == ["always", "always", "always", ""]
    assert [fact.share for fact in facts] == ["", "", "all", ""]
    assert (nodes[0].fact.tells, facts[0].tells) == (True, False)
    assert layout.marks == ("key", "name", "pan")


def test_a_mark_of_a_use_adds_to_those_inside() -> None:
    layout = compile_layout("a  2  use:b  !id", layouts={"b": "c  1\nd  1  !pin"})
    assert kinds(layout.parse(b"\1\2")) == [("c", "id"), ("d", "pin")]


def test_what_is_broken_takes_the_strongest_mark() -> None:
    layout = compile_layout("name  2  latin1  !name\nPIN  1  !pin\ndate  3  date")
    assert kinds(layout.parse(bytes.fromhex("4142 01 240102"))) == [
        ("name", "name"),
        ("PIN", "pin"),
        ("date", ""),
    ]
    assert kinds(layout.parse(bytes.fromhex("4142 01 241302")))[-1] == ("date", "pin")
    assert kinds(layout.parse(bytes.fromhex("41")))[0] == ("name", "pin")
    assert kinds(layout.parse(bytes.fromhex("4142 01 240102 FF")))[-1] == ("further bytes", "pin")
    plain = compile_layout("date  3  date")
    assert kinds(plain.parse(bytes.fromhex("241302FF"))) == [("date", ""), ("further bytes", "")]


def test_facts_are_made_once() -> None:
    layout = compile_layout("a  1*", ref="a source", checked="memory")
    nodes = layout.parse(b"\1\2\3")
    assert nodes[0].fact is nodes[2].fact
    assert (nodes[0].fact.ref, nodes[0].fact.checked) == ("a source", "memory")


def test_a_layout_that_needs_the_whole_record_says_so() -> None:
    assert compile_layout(ADN, layouts=OTHERS).needs_whole
    assert compile_layout("when length = 3\n  a  ..-1\n  b  1\nelse\n  c  ..").needs_whole
    assert not compile_layout("length  1  int\na  =length\n  b  ..-1\n  c  1").needs_whole
    assert not compile_layout("a  ..").needs_whole


CHECKED = [
    ("number  8  n  !check=luhn", "4761739001010119", "4761739001010110"),
    ("UID  4\nBCC  1  !check=xor", "0102030404", "0102030405"),
    ("a  2\nsum  2  !check=sum16", "FF020101", "FF020102"),
    ("a  9\nCRC  2  !check=crc16", "31323334353637383929B1", "31323334353637383929B2"),
    ("number  9  mrz\ndigit  1  latin1  !check=mrz", b"L898902C36".hex(), b"L898902C35".hex()),
    ("number  9  mrz\ndigit  1  latin1  !check=mrz", b"<<<<<<<<<<".hex(), b"<<<<<<<<<1".hex()),
]


@pytest.mark.parametrize(("text", "right", "wrong"), CHECKED)
def test_a_check_fails_where_it_must(text: str, right: str, wrong: str) -> None:
    layout = compile_layout(text)
    assert layout.parse(bytes.fromhex(wrong))[-1].error.startswith("the check ")
    assert layout.parse(bytes.fromhex(right))[-1].error == ""


COMPOSITE = [
    # ICAO Doc 9303-4, appendix A; -6, appendix A; -5, appendix A
    (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<1",
        "0",
    ),
    ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<", "6"),
    ("I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<", "6"),
]


@pytest.mark.parametrize(("before", "digit"), COMPOSITE)
def test_the_composite_digit_of_a_passport(before: str, digit: str) -> None:
    layout = compile_layout(
        f"text  {len(before)}  mrz\ndigit  1  latin1  !check=mrz-composite\nrest  .."
    )
    assert layout.parse((before + digit).encode())[1].error == ""
    assert layout.parse((before + "9").encode())[1].error == "the check mrz-composite fails"


# Vectors


def test_a_message_that_comes() -> None:
    """osmocom/pysim tests/unittests/test_sms.py: a sender in 7-bit letters, data for the card."""
    layout = compile_layout(DELIVER, layouts=OTHERS)
    found = texts(layout, "0408D0E5759A0E7FF6907090307513000824010101BB400101")
    assert (found["MTI"], found["OA"], found["time"]) == (
        "DELIVER",
        "ekit",
        "2009-07-09 03:57:31 +00:00",
    )
    assert found["data"] == "24010101BB400101"
    found = texts(layout, "040BC87238880900F10000993092516195800AE8329BFD4697D9EC37")
    assert (found["OA"], found["text"]) == ("27838890001", "hellohello")


def test_an_entry_of_the_phone_book() -> None:
    """osmocom/pysim pySim/ts_51_011.py, EF_ADN."""
    layout = compile_layout(ADN, layouts=OTHERS)
    found = texts(layout, "4B756E64656E626574726575756E67FF0791947112122721FFFFFFFFFFFF")
    assert (found["alpha id"], found["number"]) == ("Kundenbetreuung", "491721217212")
    assert found["type of number"] == "international"


@pytest.mark.parametrize(
    ("value", "agency", "credential", "person"),
    [
        # TIG SCEPACS, page 32; Yubico/yubico-piv-tool lib/util.c
        ("D0439458210C2C19A0846D83685A1082108CE73984108CA3FC", "0032", "092446", "1112223333"),
        ("D4E739DA739CED39CE739D836858210842108421C84210C3EB", "9999", "999999", "0000000000"),
    ],
)
def test_a_number_of_five_bits_a_digit(
    value: str, agency: str, credential: str, person: str
) -> None:
    layout = compile_layout(FASC_N)
    found = texts(layout, value)
    assert (found["agency"], found["credential"], found["person"]) == (agency, credential, person)
    broken = bytes.fromhex(value[:-2]) + b"\xe0"
    assert layout.parse(broken)[-1].children[-1].error != ""


def test_a_check_within_an_object_is_over_its_fields() -> None:
    """Yubico/yubikey-manager tests/test_piv.py: the number stands behind its tag."""
    layout = compile_layout("30 FASC-N  25  use:FASC-N", kind="ber", layouts=OTHERS)
    (node,) = layout.parse(bytes.fromhex("3019D4E739DA739CED39CE739D836858210842108421C84210C3EB"))
    assert [part.error for part in leaves(node.children) if part.error] == []


def test_initialize_update_of_two_protocols() -> None:
    """osmocom/pysim tests/unittests/test_globalplatform.py."""
    layout = compile_layout(UPDATE)
    found = texts(layout, "00000000000000000000700200016B4524ABEE7CF32EA3838BC148F3")
    assert (found["sequence counter"], found["card challenge"]) == ("0001", "6B4524ABEE7C")
    found = texts(layout, "000000000000000000003003703EB51047495B249F66C484C1D2EF1948000002")
    assert found["card challenge"] == "3EB51047495B249F"
    assert found["sequence counter"] == "000002"


def test_a_transit_record() -> None:
    """SocialSisterYi/T-Union_Master."""
    text = """counter  2  int
    overdraft limit  3  int
    amount  4  money
    type  1  {09 compound}
    terminal  6
    time  7  datetime"""
    text = text.replace("    ", "")
    found = texts(compile_layout(text), "042D000000000001F40930008900034020241229141740")
    assert found == {
        "counter": "1069",
        "overdraft limit": "0",
        "amount": "5.00",
        "type": "compound",
        "terminal": "300089000340",
        "time": "2024-12-29 14:17:40",
    }


# The way back


def test_what_does_not_give_its_bytes_back_keeps_them() -> None:
    layout = compile_layout("name  ..  ucs2")
    assert values(layout.parse(bytes.fromhex("4F60FFFF"))) == (Pair("name", "你", "4F60FFFF"),)
    assert values(layout.parse(bytes.fromhex("4F60"))) == (Pair("name", "你"),)
    long_form = compile_layout("4F AID", kind="ber")
    assert values(long_form.parse(bytes.fromhex("4F8101A0"))) == (Pair("4F AID", "A0", "4F8101A0"),)
    bits = compile_layout("number  to D  nibbles\nend  4b\nrest  ..")
    assert [pair.raw for pair in values(bits.parse(bytes.fromhex("123D")))] == ["", ""]


def test_values_of_a_person() -> None:
    layout = compile_layout(
        "count  1  int\nname  10  alpha\nkind  4b  {1 load}\nmore  4b\n"
        "objects  ..  ber\n  4F AID\n  50 label  ..  latin1"
    )
    built = layout.build(
        [
            ("count", "2"),
            ("name", "Anna"),
            ("kind", "load"),
            ("more", "0"),
            ("objects", (("4F", "A000"), ("label", "ab"))),
        ]
    )
    assert built.hex() == "02416e6e61ffffffffffff104f02a00050026162"


WRONG = [
    ([("a", "5"), ("c", "1")], "c: no such field stands here"),
    ([("a", "5")], "b: these values make a record that reads wrong: 2 bytes expected, none left"),
    ([("a", "300"), ("b", "0102")], "a: '300' cannot be written"),
    ([("a", "x"), ("b", "0102")], "a: 'x' cannot be written"),
    ([("a", "1"), ("b", "010203")], "b: 3 bytes, 2 expected"),
    ([("a", "1", "zz"), ("b", "0102")], "a: the raw bytes are not hex"),
]


@pytest.mark.parametrize(("pairs", "said"), WRONG)
def test_values_that_make_no_record(pairs: list[tuple[str, ...]], said: str) -> None:
    with pytest.raises(BuildError) as caught:
        compile_layout("a  1  int\nb  2").build(pairs)
    assert said in str(caught.value)


def test_a_branch_is_chosen_by_the_bytes_that_it_writes() -> None:
    """Both branches have the same names: how the bytes begin decides, also where only the end shows it."""
    layout = compile_layout("when starts F0FF\n  a  1\n  b  1\nelse\n  a  1  int\n  b  1")
    assert layout.build([("a", "F0"), ("b", "FF")]).hex() == "f0ff"
    assert layout.build([("a", "16"), ("b", "FF")]).hex() == "10ff"
    by_length = compile_layout("when length = 2\n  a  1\nelse\n  a  1  int\nrest  ..")
    assert by_length.build([("a", "10"), ("rest", "00")]).hex() == "1000"
    assert by_length.build([("a", "10"), ("rest", "0000")]).hex() == "0a0000"


def test_a_list_of_names_as_it_stands_in_a_file() -> None:
    assert value_list("1 Local phone book\n2 Fixed numbers\n\n") == {
        "1": "Local phone book",
        "2": "Fixed numbers",
    }
    assert value_list("00 off, 01 on") == {"00": "off", "01": "on"}


def test_fields_share_a_list_of_bits() -> None:
    names = {"services": {"1": "phone book", "9": "calls", "16": "ranges", "2.3": "reports"}}
    text = "first  1  flags  @services\nsecond  1  flags:9  @services\nlast  4b  flags:2.1  @services\nrest  4b"
    layout = compile_layout(text, names=names)
    nodes = layout.parse(bytes.fromhex("018450"))
    first, second, group = nodes
    assert (first.text, second.text) == ("phone book", "ranges; reports")
    assert [part.text for part in group.children] == ["calls; reports", "0"]
    assert layout.build(values(nodes)) == bytes.fromhex("018450")


def test_a_first_bit_that_is_none() -> None:
    with pytest.raises(LayoutError, match="'x' is not a bit"):
        compile_layout("a  1  flags:x  {1 on}")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("24", "24"),
        ("01FF", "01FF"),
        ("00", ""),
        ("00687474703A2F2F", "http://"),
        ("0061", "a"),
        ("0161", "http://a"),
        ("0261", "http://www.a"),
    ],
)
def test_a_text_behind_the_code_of_its_beginning(raw: str, text: str) -> None:
    """What a longer beginning could have said too keeps its bytes."""
    names = {"prefixes": {"00": "", "01": "http://", "02": "http://www."}}
    layout = compile_layout("URI  ..  prefixed  @prefixes", names=names)
    nodes = layout.parse(bytes.fromhex(raw))
    assert [node.text for node in nodes] == [text]
    assert layout.build(values(nodes)) == bytes.fromhex(raw)


def test_beginnings_have_to_be_named() -> None:
    with pytest.raises(LayoutError, match="prefixed needs the beginnings"):
        compile_layout("URI  ..  prefixed")


ALTERNATIVES = """
when length = 2 4
  when starts 01
    like one
  else
    data  ..
else when starts 02
  like two
"""


@pytest.mark.parametrize(
    ("value", "name"),
    [("", ""), ("01", ""), ("0200", ""), ("0100", "one"), ("01000000", "one"), ("02", "two")],
)
def test_which_layout_was_taken(value: str, name: str) -> None:
    layout = compile_layout(ALTERNATIVES, layouts={"one": "a  ..", "two": "b  .."})
    assert layout.alternatives == ("one", "two")
    assert layout.alternative(bytes.fromhex(value)) == name


def test_a_layout_without_alternatives() -> None:
    for text in ("a  ..", "a  1\nwhen a = 01\n  like one", "when starts 01\n  a  1\n  like one"):
        layout = compile_layout(text, layouts={"one": "b  .."})
        assert layout.alternatives == () and layout.alternative(b"\1\2") == ""


def test_rows_of_another_layout_are_compiled_once_and_serve_twice() -> None:
    text = "A1 first  ..  ber\n  like rows\nA2 second  ..  ber  !pin\n  like rows\nA3 third  ..  ber\n  like rows"
    layout = compile_layout(text, kind="ber", layouts={"rows": "80 a  1  int\n81 b  ..  latin1"})
    nodes = layout.parse(bytes.fromhex("A103800105A203800105A303810141"))
    assert [
        (n.children[0].name, n.children[0].text, n.children[0].fact.sensitive) for n in nodes
    ] == [
        ("a", "5", ""),
        ("a", "5", "pin"),
        ("b", "A", ""),
    ]


def test_a_fault_in_rows_of_another_layout_is_said_for_each_line() -> None:
    with pytest.raises(LayoutError) as caught:
        compile_layout(
            "A1 a  ..  ber\n  like rows\nA2 b  ..  ber\n  like rows",
            kind="ber",
            layouts={"rows": "80 x  1  mony"},
        )
    assert [number for number, *_ in caught.value.faults] == [2, 4]
