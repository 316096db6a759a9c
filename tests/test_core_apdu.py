# SPDX-License-Identifier: MIT
"""C-APDU and R-APDU: lengths that lie first, then the cases of ISO/IEC 7816-3, then the bits of the class byte."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core import apdu
from cardlib.core.facts import facts
from cardlib.core.model import Command, Node

FACTS = facts("iso7816", "emv")
AA = "AA" * 256

COMMANDS = [
    ("Lc over the rest", "00A4040003A000", "A000", None, "Lc says 3 bytes, 2 follow"),
    ("Lc under the rest", "00A4040001A0000000", "A0000000", None, "Lc says 1 bytes, 4 follow"),
    ("Lc of 0 with one byte", "00A404000005", "05", None, "Lc says 0 bytes, 1 follow"),
    (
        "extended Lc over the rest",
        "00D60000000100AA",
        "0100AA",
        None,
        "Lc says 256 bytes, 1 follow",
    ),
    ("extended Lc of 0", "00D600000000000000", "00000000", None, "Lc says 0 bytes, 2 follow"),
    ("extended, Le of 1 byte", "00D60000000001AA00", "0001AA00", None, "Lc says 1 bytes, 2 follow"),
    ("case 1", "00A40400", "", None, ""),
    ("case 2", "00B2010C10", "", 16, ""),
    ("case 2, Le 00", "00B2010C00", "", 256, ""),
    ("case 3", "00A40400023F00", "3F00", None, ""),
    ("case 4", "80A80000038301EA00", "8301EA", 256, ""),
    ("case 4, Le 5", "80A80000038301EA05", "8301EA", 5, ""),
    ("case 2 extended", "00B0000000FFFF", "", 65535, ""),
    ("case 2 extended, Le 0000", "00B00000000000", "", 65536, ""),
    ("case 3 extended", "00D60000000100" + AA, AA, None, ""),
    ("case 3 extended and short", "00D60000000001AA", "AA", None, ""),
    ("case 4 extended", "00CB3FFF000002AABB0102", "AABB", 258, ""),
    ("case 4 extended, Le 0000", "00CB3FFF000002AABB0000", "AABB", 65536, ""),
]


def check_command(command: Command) -> tuple[Node, ...]:
    """The nodes of a command tile its bytes, and its data is where `data_start` says."""
    start = apdu.data_start(command)
    assert command.raw[start : start + len(command.data)] == command.data
    nodes = apdu.command_nodes(command, FACTS)
    assert b"".join(node.raw for node in nodes) == command.raw
    assert all(a.stop == b.start for a, b in pairwise(nodes))
    assert all(isinstance(node.text, str) for node in nodes)
    return nodes


@pytest.mark.parametrize(
    ("raw", "data", "le", "error"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS]
)
def test_parse_command(raw: str, data: str, le: int | None, error: str) -> None:
    command = apdu.parse_command(bytes.fromhex(raw), ((0, 0, len(raw) // 2),))
    assert (command.data.hex().upper(), command.le, command.error) == (data, le, error)
    assert bytes((command.cla, command.ins, command.p1, command.p2)) == command.raw[:4]
    assert command.raw == bytes.fromhex(raw) and command.pieces == ((0, 0, len(raw) // 2),)
    check_command(command)


@pytest.mark.parametrize("raw", ["", "00", "00A404"])
def test_fewer_than_four_bytes_are_the_callers_mistake(raw: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        apdu.parse_command(bytes.fromhex(raw))


SELECT = apdu.parse_command(bytes.fromhex("00A40000"))
NO_SW = "no legal status word at the end"
SHORT = "an answer of fewer than two bytes"
RESPONSES = [
    ("nothing", "", "", None, "", SHORT),
    ("one byte", "90", "90", None, "", SHORT),
    ("zeros", "00000000", "00000000", None, "", NO_SW),
    ("60 is no status word", "AA6000", "AA6000", None, "", NO_SW),
    ("60FF is no status word", "60FF", "60FF", None, "", NO_SW),
    ("8FFF", "8FFF", "8FFF", None, "", NO_SW),
    ("A000", "A000", "A000", None, "", NO_SW),
    ("a byte after 9000", "AABB900000", "AABB", 0x9000, "00", ""),
    ("a byte after 9000, no data", "9000FE", "", 0x9000, "FE", ""),
    ("two bytes after 9000", "90000000", "90000000", None, "", NO_SW),
    ("only a status word", "9000", "", 0x9000, "", ""),
    ("data that looks like one", "90006A82", "9000", 0x6A82, "", ""),
    ("61", "6110", "", 0x6110, "", ""),
    ("6FFF", "6FFF", "", 0x6FFF, "", ""),
    ("9FFF", "AA9FFF", "AA", 0x9FFF, "", ""),
]


@pytest.mark.parametrize(
    ("raw", "data", "sw", "extra", "error"),
    [row[1:] for row in RESPONSES],
    ids=[row[0] for row in RESPONSES],
)
def test_parse_response(raw: str, data: str, sw: int | None, extra: str, error: str) -> None:
    response = apdu.parse_response(bytes.fromhex(raw), ((1, 0, len(raw) // 2),))
    assert (response.data.hex().upper(), response.sw, response.extra.hex().upper()) == (
        data,
        sw,
        extra,
    )
    assert (response.error, response.raw, response.pieces) == (
        error,
        bytes.fromhex(raw),
        ((1, 0, len(raw) // 2),),
    )
    nodes = apdu.response_nodes(response, SELECT, FACTS)
    assert b"".join(node.raw for node in nodes) == response.raw


def test_a_response_of_65538_bytes_is_legal() -> None:
    response = apdu.parse_response(bytes(65536) + b"\x90\x00")
    assert (len(response.data), response.sw, response.error) == (65536, 0x9000, "")


@given(st.binary(min_size=4, max_size=300))
def test_any_command(raw: bytes) -> None:
    command = apdu.parse_command(raw)
    nodes = check_command(command)
    assert command == apdu.parse_command(raw) and nodes == apdu.command_nodes(command, FACTS)
    assert bool(command.error) <= (len(raw) > 5)


@given(st.binary(max_size=300), st.none() | st.binary(min_size=4, max_size=9))
def test_any_response(raw: bytes, asked: bytes | None) -> None:
    response = apdu.parse_response(raw)
    command = apdu.parse_command(asked) if asked else None
    nodes = apdu.response_nodes(response, command, FACTS)
    assert b"".join(node.raw for node in nodes) == raw
    assert all(isinstance(node.text, str) for node in nodes)
    assert (response.sw is None) == bool(response.error)
    assert nodes == apdu.response_nodes(apdu.parse_response(raw), command, FACTS)


CLASSES = [
    (0x00, 0, False, False, "interindustry, channel 0"),
    (0x03, 3, False, False, "interindustry, channel 3"),
    (0x04, 0, True, False, "interindustry, channel 0, secure messaging"),
    (0x0C, 0, True, False, "interindustry, channel 0, secure messaging"),
    (0x10, 0, False, True, "interindustry, channel 0, more to come"),
    (0x1F, 3, True, True, "interindustry, channel 3, secure messaging, more to come"),
    (0x20, 0, False, False, "reserved class"),
    (0x3F, 0, False, False, "reserved class"),
    (0x40, 4, False, False, "interindustry, channel 4"),
    (0x4F, 19, False, False, "interindustry, channel 19"),
    (0x60, 4, True, False, "interindustry, channel 4, secure messaging"),
    (0x7F, 19, True, True, "interindustry, channel 19, secure messaging, more to come"),
    (0x80, 0, False, False, "proprietary, channel 0"),
    (0x82, 2, False, False, "proprietary, channel 2"),
    (0x84, 0, True, False, "proprietary, channel 0, secure messaging"),
    (0x90, 0, False, True, "proprietary, channel 0"),
    (0xA0, 0, False, False, "proprietary, channel 0"),
    (0xA3, 0, False, False, "proprietary, channel 0"),
    (0xC1, 0, False, False, "proprietary, channel 0"),
    (0xFF, 0, False, False, "for the reader (PC/SC) or PPS"),
]


@pytest.mark.parametrize(
    ("cla", "channel", "secure", "chained", "text"),
    CLASSES,
    ids=[f"{row[0]:02X}" for row in CLASSES],
)
def test_class(cla: int, channel: int, secure: bool, chained: bool, text: str) -> None:
    assert (apdu.channel_of(cla), apdu.is_secure(cla), apdu.is_chained(cla)) == (
        channel,
        secure,
        chained,
    )
    assert apdu.describe_cla(bytes([cla])) == text


def test_class_of_any_byte() -> None:
    for cla in range(256):
        assert 0 <= apdu.channel_of(cla) < 20
        assert apdu.describe_cla(bytes([cla]))
    assert (apdu.describe_cla(b""), apdu.describe_cla(b"\x00\xa4")) == ("", "00A4")


def test_nodes_say_what_they_are() -> None:
    nodes = check_command(apdu.parse_command(bytes.fromhex("00A4040002A00000")))
    assert [(n.name, n.text) for n in nodes] == [
        ("CLA", "interindustry, channel 0"),
        ("INS", "SELECT"),
        ("P1", nodes[2].text),
        ("P2", nodes[3].text),
        ("Lc", "2"),
        ("data", "A000"),
        ("Le", "up to 256 bytes"),
    ]
    assert nodes[2].text and nodes[1].ref.startswith("ISO/IEC 7816-4")
    assert (
        check_command(apdu.parse_command(bytes.fromhex("00B0000000000A")))[-1].text
        == "up to 10 bytes"
    )
    assert (
        check_command(apdu.parse_command(bytes.fromhex("00B00000000000")))[-1].text
        == "up to 65536 bytes"
    )
    assert (
        check_command(apdu.parse_command(bytes.fromhex("00A4040003A000")))[4].error
        == "Lc says 3 bytes, 2 follow"
    )


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("00010102", "unknown command 00 01"),
        ("B0FE0102", "proprietary B0 FE"),
        ("80E40102", "proprietary 80 E4"),
        ("FF010102", "proprietary FF 01"),
    ],
)
def test_an_unknown_command_is_shown_as_such(raw: str, name: str) -> None:
    command = apdu.parse_command(bytes.fromhex(raw))
    nodes = check_command(command)
    assert apdu.name_of(command, FACTS) == name == nodes[1].text
    assert [node.text for node in nodes[2:]] == ["", ""]


def test_a_response_says_its_status_word_after_the_instruction() -> None:
    texts = {
        asked: apdu.response_nodes(
            apdu.parse_response(b"\x63\xc2"), apdu.parse_command(bytes.fromhex(asked)), FACTS
        )[0].text
        for asked in ("00200001", "0020000102AABB", "00D6000001AA", "00B0000000")
    }
    assert texts == {
        "00200001": "not verified; tries left: 2",  # without data: a question, no try
        "0020000102AABB": "wrong; tries left: 2",
        "00D6000001AA": "written after 2 retries",
        "00B0000000": "counter is 2",
    }
    extra = apdu.response_nodes(apdu.parse_response(bytes.fromhex("AA900000")), None, FACTS)
    assert [(n.name, n.raw.hex()) for n in extra] == [
        ("data", "aa"),
        ("SW", "9000"),
        ("extra", "00"),
    ]


def test_a_chain_says_whose_lc_it_shows() -> None:
    raw = bytes.fromhex("10DB3FFF02AABBCC")
    joined = Command(raw, 0x10, 0xDB, 0x3F, 0xFF, raw[5:], None, "", ((0, 0, 7), (2, 5, 6)))
    assert check_command(joined)[4].note == "of the first command of a chain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00B0000000", ("", "offset 0")),
        ("00B0010200", ("", "offset 258")),
        ("00B0950500", ("SFI 21", "offset 5")),
    ],
)
def test_p1_and_p2_as_an_offset(text: str, expected: tuple[str, str]) -> None:
    nodes = apdu.command_nodes(apdu.parse_command(bytes.fromhex(text)), facts("iso7816"))
    assert (nodes[2].text, nodes[3].text) == expected
