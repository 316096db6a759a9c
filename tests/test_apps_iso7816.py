# SPDX-License-Identifier: MIT
"""Any card: what is not sure stays bytes, secrets are marked, the rest has names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.apps import facts_of
from cardlib.apps.instructions import accepted
from cardlib.apps.iso7816 import decode, follow, is_directory
from cardlib.core.apdu import command_nodes, parse_command, parse_response, response_nodes
from cardlib.core.model import Context, Node

CONTEXT = Context(how="implicit")
FACTS = facts_of(CONTEXT)


def decoded(
    asked: str, answered: str = "9000", context: Context = CONTEXT
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    command = parse_command(bytes.fromhex(asked)) if asked else None
    return decode(context, command, parse_response(bytes.fromhex(answered)), FACTS)


COMMANDS = [
    # command, (name, text, sensitive) of the only node of its data field, None: bytes
    ("no data", "00B2010C00", None),
    ("unknown instruction", "00FE0000025A01", None),
    ("a reader's command", "FFA4040002A000", None),
    ("TLV cut off", "00DA0000025A05", None),
    ("TLV of unknown tags", "00DA000003DE01AA", None),
    ("SELECT of nobody", "00A4040002A0FF", ("DF name (AID)", "unknown application", "")),
    ("SELECT by a text", "00A404000341424300", ("DF name (AID)", "ABC", "")),
    ("SELECT of an EF", "00A40000022FE2", ("file identifier", "2FE2", "")),
    ("SELECT of the MF", "00A40000023F00", ("file identifier", "MF", "")),
    ("SELECT by path", "00A40800047F106F3A", ("path", "7F106F3A", "")),
    ("SELECT by path from here", "00A409000450015031", ("path", "50015031", "")),
    ("VERIFY", "0020000108313233340000FFFF", ("verification data", "313233340000FFFF", "pin")),
    (
        "VERIFY, data objects",
        "0021000006530431323334",
        ("verification data", "530431323334", "pin"),
    ),
    ("VERIFY that lies", "00200001083132", ("verification data", "3132", "pin")),
    ("CHANGE", "0024000104AABBCCDD", ("old and new verification data", "AABBCCDD", "pin")),
    ("DISABLE", "0026000102AABB", ("verification data", "AABB", "pin")),
    ("ENABLE", "0028000102AABB", ("verification data", "AABB", "pin")),
    ("ENABLE, class A0", "A028000102AABB", ("verification data", "AABB", "pin")),
    ("VERIFY under secure messaging", "0C20000102AABB", ("verification data", "AABB", "pin")),
    (
        "RESET RETRY COUNTER",
        "002C000102AABB",
        ("unblocking data and new verification data", "AABB", "pin"),
    ),
    ("LOAD KEYS", "FF82000006FFFFFFFFFFFF", ("key for the reader", "FFFFFFFFFFFF", "key")),
]


@pytest.mark.parametrize(
    ("raw", "expected"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS]
)
def test_command_data(raw: str, expected: tuple[str, str, str] | None) -> None:
    nodes, _ = decoded(raw)
    assert [(node.name, node.text, node.fact.sensitive) for node in nodes] == (
        [expected] if expected else []
    )


def test_an_aid_that_is_known_has_its_name() -> None:
    ((node,), _) = decoded("00A4040007A0000000031010")
    assert "Visa" in node.text


def test_written_tlv_is_opened() -> None:
    (node,), _ = decoded("00DA000006620483022FE2")
    assert [(path, child.text) for path, child in node.walk()] == [
        ("83", FACTS.find("83", "62").describe(b"\x2f\xe2"))
    ]
    (tags,), _ = decoded("00CB3FFF055C037F4946")
    assert [(child.start, child.stop) for child in tags.children] == [(7, 9), (9, 10)]


RESPONSES = [
    # command, answer, tags of the nodes; none: bytes
    ("empty", "00B0000000", "9000", []),
    ("not TLV", "00B0000000", "313233349000", []),
    ("TLV of unknown tags", "00B0000000", "DE01AA9000", []),
    ("TLV with rubbish behind", "00B0000000", "820121AABBCC9000", []),
    ("a challenge", "0084000008", "62068202412183009000", [""]),
    ("GET RESPONSE alone", "00C0000008", "62068202412183009000", []),
    ("a reader's answer", "FFCA000000", "62068202412183009000", [""]),
    ("padding only", "00B0000000", "FFFFFFFF9000", []),
    ("FCP cut off", "00A40000023F00", "620A8202782183022F9000", ["62"]),
    ("FCP", "00A40000023F00", "62088202782183023F009000", ["62"]),
    ("FCP and padding", "00A40000023F00", "62088202782183023F00FFFF9000", ["62", ""]),
    ("an answer alone", "", "62088202782183023F009000", ["62"]),
    ("two bytes from MANAGE CHANNEL", "0070000002", "01029000", []),
]


@pytest.mark.parametrize(
    ("asked", "answered", "tags"), [row[1:] for row in RESPONSES], ids=[row[0] for row in RESPONSES]
)
def test_response_data(asked: str, answered: str, tags: list[str]) -> None:
    _, nodes = decoded(asked, answered)
    assert [node.tag for node in nodes] == tags


def test_a_damaged_template_keeps_the_children_that_are_there() -> None:
    _, (node,) = decoded("00A40000023F00", "620A8202782183022F9000")
    assert node.error == "10 bytes declared, 7 here"
    assert [(child.tag, child.error) for child in node.children] == [
        ("82", ""),
        ("83", "2 bytes declared, 1 here"),
    ]


def test_the_channel_that_was_opened() -> None:
    _, (node,) = decoded("0070000001", "029000")
    assert (node.name, node.text) == ("logical channel opened", "2")


STATUS = [
    (0x9000, True),
    (0x9100, True),
    (0x6110, True),
    (0x6283, True),
    (0x63C1, True),
    (0x9F17, True),
]
STATUS += [
    (0x6400, False),
    (0x6700, False),
    (0x6A82, False),
    (0x6C10, False),
    (0x6F00, False),
    (0x9804, False),
]


@pytest.mark.parametrize(("sw", "yes"), STATUS, ids=[f"{sw:04X}" for sw, _ in STATUS])
def test_accepted(sw: int, yes: bool) -> None:
    assert accepted(parse_response(sw.to_bytes(2, "big"))) is yes


def test_accepted_without_a_status_word() -> None:
    assert not accepted(parse_response(b"\x00\x00"))


DIRECTORIES = [
    ("", False),
    ("8202", False),
    ("6200", False),
    ("62028200", False),
    ("620482024121", False),
    ("620482027821", True),
    ("62038201B8", True),
    ("6F038401AA", True),
    ("6F0483023F00", False),
]


@pytest.mark.parametrize(("data", "yes"), DIRECTORIES)
def test_is_directory(data: str, yes: bool) -> None:
    assert is_directory(bytes.fromhex(data)) is yes


FILES = [
    # command, answer, (DF, EF) after MF/5000 and 5001
    ("unknown P1", "00A45500023F00", "", ("MF/5000", "5001")),
    ("EF", "00A40000022FE2", "", ("MF/5000", "2FE2")),
    ("EF by a long identifier", "00A40000032FE2AA", "", ("MF/5000/2FE2", "AA")),
    ("DF by P1", "00A40100025100", "", ("MF/5000/5100", "")),
    ("DF by its answer", "00A40000025100", "620482027821", ("MF/5000/5100", "")),
    ("the same DF again", "00A40000025000", "620482027821", ("MF/5000", "")),
    ("DF of class A0", "A0A40000027F20", "", ("MF/5000/7F20", "")),
    ("parent DF", "00A40300", "", ("MF", "")),
    ("MF", "00A40000023F00", "", ("MF", "")),
    ("MF without data", "00A40000", "", ("MF", "")),
    ("path", "00A40800047F106F3A", "", ("MF/7F10", "6F3A")),
    ("path from here", "00A40900047F106F3A", "", ("MF/5000/7F10", "6F3A")),
    ("path to a DF", "00A40800047F105F3A", "", ("MF/7F10/5F3A", "")),
]


@pytest.mark.parametrize(
    ("asked", "answered", "files"), [row[1:] for row in FILES], ids=[row[0] for row in FILES]
)
def test_select_a_file(asked: str, answered: str, files: tuple[str, str]) -> None:
    inside = Context(df="MF/5000", ef="5001")
    context = follow(
        inside,
        parse_command(bytes.fromhex(asked)),
        parse_response(bytes.fromhex(answered + "9000")),
    )
    assert (context.df, context.ef) == files


def test_follow_changes_nothing_but_the_file() -> None:
    for asked in ("00B0000000", "00200001023132", "00D60000020102"):
        command = parse_command(bytes.fromhex(asked))
        assert follow(CONTEXT, command, parse_response(b"\x90\x00")) is CONTEXT
    select = parse_command(bytes.fromhex("00A40000022FE2"))
    assert follow(CONTEXT, select, None) is CONTEXT
    assert follow(CONTEXT, select, parse_response(b"\x6a\x82")) is CONTEXT
    assert follow(CONTEXT, select, parse_response(b"\x90\x00")).ef == "2FE2"


def check_tiling(nodes: tuple[Node, ...], start: int, stop: int) -> None:
    at = start
    for node in nodes:
        assert node.start == at and isinstance(node.text, str)
        at = node.stop
        if node.children and node.children[0].bits is None:
            check_tiling(node.children, node.body, node.stop)
    assert at == stop


INS = st.sampled_from(
    (0x20, 0x21, 0x24, 0x2C, 0x70, 0x84, 0xA4, 0xB0, 0xB2, 0xCA, 0xCB, 0xD6, 0xDA, 0xE2)
)
DATA = st.binary(max_size=40) | st.lists(
    st.sampled_from(b"\x62\x6f\x82\x83\x84\x01\x02\x00\xff\x5a"), max_size=40
).map(bytes)


@given(st.integers(0, 255), INS, st.integers(0, 15), DATA, DATA, st.booleans())
def test_any_bytes(cla: int, ins: int, p1: int, asked: bytes, answered: bytes, alone: bool) -> None:
    command = parse_command(bytes((cla, ins, p1, 0, len(asked))) + asked)
    response = parse_response(answered + b"\x90\x00")
    first, second = decode(CONTEXT, None if alone else command, response, FACTS)
    assert (first, second) == decode(CONTEXT, None if alone else command, response, FACTS)
    check_tiling(command_nodes(command, FACTS, first), 0, len(command.raw))
    check_tiling(response_nodes(response, command, FACTS, second), 0, len(response.raw))
