# SPDX-License-Identifier: MIT
"""Data fields by their rows: what no row explains stays bytes, what stands there by the standard has its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.core.model import Exchange, Node

CARD = """
[application]
name = "Test card"
aids = ["F0DD00DD00"]

[DF7E]
name = "Meter"
layout = '''
kind   1  {01 water, 02 gas}
count  ..  int
'''

[BF7E]
name = "Meters"

["BF7E/80"]
name = "Number of the meter"

[5F7E]
name = "Secret of the meter"
sensitive = "key"

["command 80D0"]
name = "SET"
layout = "limit  2  int"

["answer 80D0"]
name = "Rest"
layout = "left  2  int"

["answer 80D2 p1=01"]
name = "First answer"
layout = '''
when p2 = 02
  two  1  int
else
  other  1
'''

["file 2F01"]
name = "Log"
layout = '''
body     ..-2
balance  2  int
'''

["file 2F02"]
name = "Text"
format = "text"

["file sfi 05 record 02"]
name = "Second record"
layout = "number  1  int"

["command 00A4 p1=AA"]
name = "ASK"
"""
SELECT = ("00A4040005F0DD00DD00", "9000")


@pytest.fixture
def card(tmp_path: Path) -> str:
    path = tmp_path / "card.toml"
    path.write_text(CARD)
    return str(path)


def last(card: str, *pairs: tuple[str, str]) -> Exchange:
    log = "".join(f"> {asked}\n< {answered}\n" for asked, answered in (SELECT, *pairs))
    capture = cardlib.read_text(log, dictionaries=[card])
    assert capture.problems == ()
    return capture.exchanges[-1]


def nodes_of(exchange: Exchange, side: int) -> list[tuple[str, str, str]]:
    """Tag, name and value of the nodes of a data field, parents before their parts."""
    fixed = ("CLA", "INS", "P1", "P2", "Lc", "Le", "SW")
    half: Node = cardlib.decode(exchange).children[side]
    found = [node for _, node in half.walk() if node.name not in fixed]
    return [(node.tag, node.name, node.value.hex().upper()) for node in found]


def names(exchange: Exchange, side: int) -> list[str]:
    return [name for _, name, _ in nodes_of(exchange, side)]


ANSWERS = [
    # why it stays bytes, or what is opened; command, answer, names
    ("a URL is no template", "00CA5F5000", "68747470733A2F2F782E6F7267", ["data"]),
    ("unknown tags", "00CA00FE00", "DF0101AADF0201BB", ["data"]),
    ("known tags, then rubbish", "00CA00FE00", "8201388301AABBCC", ["data"]),
    (
        "known tags to the end",
        "00B0000000",
        "620482027821",
        [
            "File control parameters (FCP)",
            "File descriptor",
            "file descriptor byte",
            "reserved",
            "sharing",
            "kind",
            "data coding byte",
        ],
    ),
    ("a value by its tag", "80CADF7E00", "010203", ["Meter", "kind", "count"]),
    ("an object by its tag", "80CADF7E00", "DF7E03010203", ["Meter", "kind", "count"]),
    ("in 53", "00CB3FFF045C02DF7E", "5303010203", ["Discretionary data", "Meter", "kind", "count"]),
    ("a tag list of two", "00CB3FFF055C03DF7E80", "010203", ["data"]),
    (
        "a template by its tag",
        "80CABF7E00",
        "80011280010A",
        ["Number of the meter", "Number of the meter"],
    ),
    ("an answer by its command", "80D0000000", "0007", ["Rest", "left"]),
    ("an answer of another P1", "80D2000000", "07", ["data"]),
    ("P2 chooses", "80D2010200", "07", ["First answer", "two"]),
    ("P2 chooses the other", "80D2010300", "07", ["First answer", "other"]),
    (
        "an answer by its command, too long",
        "80D0000000",
        "000708",
        ["Rest", "left", "further bytes"],
    ),
    ("an answer by its command, refused", "80D0000000", "", []),
    ("a challenge", "0084000008", "62068202412183009000"[:16], ["challenge"]),
    ("a record of no row", "00B2012C00", "0102", ["data"]),
    ("a record of a row", "00B2022C00", "07", ["Second record", "number"]),
]


@pytest.mark.parametrize(
    ("asked", "answered", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_answers(card: str, asked: str, answered: str, expected: list[str]) -> None:
    assert names(last(card, (asked, answered + "9000")), 1) == expected


def test_a_refused_answer_is_not_read_by_its_row(card: str) -> None:
    assert names(last(card, ("80D0000000", "00076A80")), 1) == ["data"]


COMMANDS = [
    ("of a row", "80D00000020007", ["SET", "limit"]),
    ("of a row, too short", "80D000000107", ["SET", "limit"]),
    ("of no row", "80D10000020007", ["data"]),
    ("PUT DATA of a value", "00DADF7E03010203", ["Meter", "kind", "count"]),
    ("another command in SELECT's place", "00A4AA00020102", ["data"]),
    ("secure messaging", "0CD000000A8E081122334455667788", ["Message authentication code (MAC)"]),
    ("secure messaging that is none", "84D00000020007", ["SET", "limit"]),
    ("a PIN", "002000810431323334", ["verification data"]),
]


@pytest.mark.parametrize(
    ("asked", "expected"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS]
)
def test_commands(card: str, asked: str, expected: list[str]) -> None:
    assert names(last(card, (asked, "9000")), 0) == expected


def test_a_command_in_the_place_of_select_selects_nothing(card: str) -> None:
    exchange = last(card, ("00A4AA00022F01", "9000"), ("00B0000000", "01029000"))
    assert exchange.context.ef == "" and names(exchange, 1) == ["data"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("00A4040005F0DD00DD00", "Test card"),
        ("00A4040004F0DD00DD", "Test card"),  # in part
        ("00A4040005F0DD00DD01", "unknown application"),
        ("00A4040006F0DD00DD0000", "unknown application"),
    ],
)
def test_a_refused_name_is_not_that_of_what_is_selected(card: str, asked: str, name: str) -> None:
    [_, _, _, _, _, df_name, *_] = cardlib.decode(last(card, (asked, "6A82"))).children[0].children
    assert (df_name.name, df_name.text) == ("DF name (AID)", name)


def test_a_layout_from_the_end_is_laid_on_whole_files_only(card: str) -> None:
    file = ("00A40000022F01", "9000")
    (part,) = nodes_of(last(card, file, ("00B0000004", "010203049000")[:2]), 1)[:1]
    assert part[1] == "Log"
    cut = cardlib.decode(last(card, file, ("00B0000008", "010203049000"))).children[1].children[0]
    assert (cut.children, cut.note) == ((), "its layout needs the whole record")
    whole = last(card, file, ("00B0000000", "010203049000"))
    assert nodes_of(whole, 1)[1:] == [("", "body", "0102"), ("", "balance", "0304")]


def test_a_file_read_on_is_laid_on_all_that_was_read(card: str) -> None:
    file = ("00A40000022F02", "9000")
    exchange = last(card, file, ("00B0000002", "61629000"), ("00B0000202", "63649000"))
    node = cardlib.decode(exchange).children[1].children[0]
    assert (node.name, node.value, node.note) == ("Text", b"cd", "from byte 2 of the file")
    hole = last(card, file, ("00B0000002", "61629000"), ("00B0000302", "63649000"))
    node = cardlib.decode(hole).children[1].children[0]
    assert node.note == "from byte 3 of the file, without what stands before"


def test_a_file_that_is_not_written(card: str) -> None:
    exchange = last(card, ("00A40000022F02", "9000"), ("00B0000000", "FFFFFF9000"))
    assert cardlib.decode(exchange).children[1].children[0].text == "all FF"
    command = last(card, ("80D0000002FFFF", "9000"))
    assert nodes_of(command, 0)[1] == ("", "limit", "FFFF")  # here it is a number


def test_secrets_are_marked_wherever_they_stand(card: str) -> None:
    for asked, answered in (("80CA5F7E00", "AABBCC"), ("80CA5F7E00", "5F7E03AABBCC")):
        exchange = last(card, (asked, answered + "9000"))
        assert [node.fact.sensitive for node in cardlib.decode(exchange).children[1].children][
            :1
        ] == ["key"]


@given(
    st.sampled_from(
        [
            "80CADF7E",
            "00CB3FFF",
            "00B00000",
            "00B2022C",
            "80D00000",
            "80D20102",
            "00A4AA00",
            "0CD00000",
        ]
    ),
    st.binary(max_size=30),
    st.binary(max_size=30),
)
def test_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, head: str, asked: bytes, answered: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(CARD)
    exchange = last(str(path), (f"{head}{len(asked):02X}{asked.hex()}", answered.hex() + "9000"))
    root = cardlib.decode(exchange)
    assert not root.error
    for half in root.children:
        at = 0
        for node in half.children:
            assert node.start == at and isinstance(node.text, str)
            at = node.stop
        assert at == len(half.raw)


DOCUMENT = "> 00A4040C07A0000002471001\n< 9000\n> 00A4020C020101\n< 9000\n"
LOCATION = "> 00A4040007A0000000871002\n< 9000\n> 00A4000C026F7E\n< 9000\n"
HEADS = [
    # how the file is selected, what is asked for, what is answered
    (DOCUMENT, "00B0000001", "61"),
    (DOCUMENT, "00B0000002", "6182"),
    (DOCUMENT, "00B0000003", "615D5F"),
    (DOCUMENT, "00B0000004", "615D5F1F"),
    (LOCATION, "00B0000004", "47D1264A"),
    (LOCATION, "00B0000005", "47D1264A62"),
]


def errors_of_a_read(select: str, command: str, answer: str) -> list[str]:
    exchange = cardlib.read_text(f"{select}> {command}\n< {answer}9000\n").exchanges[-1]
    return [node.error for _, node in cardlib.decode(exchange).walk() if node.error]


@pytest.mark.parametrize(("select", "command", "answer"), HEADS)
def test_a_read_of_the_beginning_of_a_file_is_no_damage(
    select: str, command: str, answer: str
) -> None:
    assert errors_of_a_read(select, command, answer) == []


@pytest.mark.parametrize(("select", "command", "answer"), HEADS)
def test_fewer_bytes_than_were_asked_for_are_damage(select: str, command: str, answer: str) -> None:
    assert errors_of_a_read(select, command[:8] + "0B", answer)


def test_what_is_wrong_inside_a_read_of_the_beginning_stays_marked() -> None:
    assert errors_of_a_read(DOCUMENT, "00B0000005", "61035F1FFF")
