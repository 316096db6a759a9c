# SPDX-License-Identifier: MIT
"""ATR, ATS, ATQB and PPS as trees: damage first, then down to the single byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from test_core_atr import BAD, LIKE

from cardlib.core.activation import (
    activation_node,
    atqb_node,
    atr_node,
    ats_frame_size,
    ats_node,
    compact,
    pps_node,
)
from cardlib.core.atr import DI, FI
from cardlib.core.layout.summary import text_of
from cardlib.core.model import FrameKind, Node
from cardlib.core.registers import register
from cardlib.core.tlv import Row


@pytest.mark.parametrize(("raw", "errors"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_damaged_atr(raw: str, errors: list[str]) -> None:
    assert atr_node(bytes.fromhex(raw)).error == "; ".join(errors)


def texts(node: Node) -> list[tuple[str, str]]:
    return [(child.name, text_of(child)) for child in node.children]


def test_an_atr_down_to_its_bytes() -> None:
    #                 TS T0 A1 B1 C1 D1 C2 D2 A3 B3 C3 D3 A4 hist.. TCK
    raw = bytes.fromhex("3BF29600FFC00AF1FE45011FC74142")
    total = 0
    for byte in raw[1:]:
        total ^= byte
    node = atr_node(raw + bytes([total]))
    assert node.error == ""
    assert node.note == "contact microprocessor card, T=0 and T=1"
    assert texts(node) == [
        ("TS", "direct convention"),
        ("T0", "interface bytes TA1, TB1, TC1, TD1; historical bytes 2"),
        ("TA1", "Fi 512; Di 32"),
        ("TB1", ""),
        ("TC1", "extra guard time minimum of the protocol"),
        ("TD1", "next interface bytes TC, TD; protocol T=0"),
        ("TC2", "waiting time integer 10"),
        ("TD2", "next interface bytes TA, TB, TC, TD; protocol T=1"),
        ("TA3", "longest block to the card 254"),
        ("TB3", "block waiting time 4; character waiting time 5"),
        ("TC3", "error detection CRC"),
        ("TD3", "next interface bytes TA; protocol T=15"),
        ("TA4", "clock stop no preference; classes A (5 V), B (3 V), C (1.8 V)"),
        ("historical bytes", '"AB"'),
        ("TCK", ""),
    ]


FIELDS = [
    ("3F00", "TS", "inverse convention"),
    ("3B1070", "TA1", "Fi reserved; Di reserved"),
    ("3B90110010", "TD1", "protocol T=0"),
    (
        "3B801081",
        "TA2",
        "change of mode not possible; parameters of the interface bytes; specific mode T=1",
    ),
    ("3B800001", "more bytes", ""),
    ("3B80800F", "TD2", "protocol T=15"),
    ("3B80801F00", "TA3", "clock stop not supported"),
    ("3B80802F00", "TB3", ""),
    ("3B80801100", "TA3", "longest block to the card 0"),
    ("3B80804100", "TC3", "error detection LRC"),
    ("3B80801000", "TA3", ""),
]


@pytest.mark.parametrize(("raw", "name", "text"), FIELDS, ids=[row[0] for row in FIELDS])
def test_field(raw: str, name: str, text: str) -> None:
    assert (name, text) in texts(atr_node(bytes.fromhex(raw)))


COMPACT = [
    ("over the end", "73C0", [("47", 0, 0, 1, 2, "3 bytes declared, 1 here")]),
    ("nothing", "", []),
    (
        "three",
        "3180" + "40" + "6201AA",
        [("43", 0, 0, 1, 2, ""), ("44", 0, 2, 3, 3, ""), ("46", 0, 3, 4, 6, "")],
    ),
]


@pytest.mark.parametrize(
    ("buf", "rows"), [row[1:] for row in COMPACT], ids=[row[0] for row in COMPACT]
)
def test_compact(buf: str, rows: list[Row]) -> None:
    assert compact(bytes.fromhex(buf)) == rows


STORAGE = ["category indicator", "tag 4F, length", "RID of PC/SC"]
HISTORY = [
    ("no category that is known", "3B02C141", [], "C141"),
    ("text", "3B03414243", [], '"ABC"'),
    ("storage card cut off", "3B09804F0CA00000030603", [*STORAGE, "standard"], ""),
    ("00 too short for its status", "3B03009000", [], "009000"),
    ("over the end", "3B028073", ["category indicator", "Card capabilities"], ""),
    ("only the category", "3B0180", ["category indicator"], ""),
    (
        "status behind",
        "3B06003180079000",
        ["category indicator", "Card service data", "status indicator"],
        "",
    ),
    ("status only", "3B0400079000", ["category indicator", "status indicator"], ""),
]


@pytest.mark.parametrize(
    ("raw", "names", "text"), [row[1:] for row in HISTORY], ids=[row[0] for row in HISTORY]
)
def test_historical_bytes(raw: str, names: list[str], text: str) -> None:
    node = atr_node(bytes.fromhex(raw)).children[-1]
    assert [child.name for child in node.children] == names
    assert node.text == text


ATS = [
    ("", "TL says 0 bytes, 0 here", []),
    ("02", "TL says 2 bytes, 1 here", [("TL", "length 2")]),
    ("0578", "TA1 is missing", None),
    ("06788070", "TC1 is missing", None),
    ("04783302", "TC1 is missing", None),
    ("01", "", [("TL", "length 1")]),
    ("020F", "", [("TL", "length 2"), ("T0", "longest frame 4096 bytes")]),
    (
        "0578807002",
        "",
        [
            ("TL", "length 5"),
            ("T0", "interface bytes TA1, TB1, TC1; longest frame 256 bytes"),
            ("TA1", "directions the same"),
            ("TB1", "frame waiting integer 7; guard integer 0"),
            ("TC1", "supported CID"),
        ],
    ),
    (
        "0675337001C1",
        "",
        [
            ("TL", "length 6"),
            ("T0", "interface bytes TA1, TB1, TC1; longest frame 64 bytes"),
            (
                "TA1",
                "directions apart; faster from the card 212 kbit/s, 424 kbit/s; "
                "faster to the card 212 kbit/s, 424 kbit/s",
            ),
            ("TB1", "frame waiting integer 7; guard integer 0"),
            ("TC1", "supported NAD"),
            ("historical bytes", "C1"),
        ],
    ),
    (
        "03405A",
        "",
        [
            ("TL", "length 3"),
            ("T0", "interface bytes TC1; longest frame 16 bytes"),
            ("TC1", "reserved 16; supported CID"),
        ],
    ),
    (
        "034000",
        "",
        [
            ("TL", "length 3"),
            ("T0", "interface bytes TC1; longest frame 16 bytes"),
            ("TC1", "none set"),
        ],
    ),
    (
        "0278A546",
        "TA1 is missing",
        [
            ("TL", "length 2"),
            ("T0", "interface bytes TA1, TB1, TC1; longest frame 256 bytes"),
            ("CRC", "A546"),
        ],
    ),
    (
        "0340025AA546",
        "TL says 3 bytes, 6 here",
        [
            ("TL", "length 3"),
            ("T0", "interface bytes TC1; longest frame 16 bytes"),
            ("TC1", "supported CID"),
            ("historical bytes", "5AA546"),
        ],
    ),
    (
        "034002A546",
        "",
        [
            ("TL", "length 3"),
            ("T0", "interface bytes TC1; longest frame 16 bytes"),
            ("TC1", "supported CID"),
            ("CRC", "A546"),
        ],
    ),
]


@pytest.mark.parametrize(("raw", "error", "fields"), ATS, ids=[row[0] for row in ATS])
def test_ats(raw: str, error: str, fields: list[tuple[str, str]] | None) -> None:
    node = ats_node(bytes.fromhex(raw))
    assert node.error == error
    if fields is not None:
        assert texts(node) == fields


def test_frame_size() -> None:
    sizes = [ats_frame_size(bytes.fromhex(raw)) for raw in ("", "01", "0200", "0578807002", "020F")]
    assert sizes == [32, 32, 16, 256, 4096]


def test_an_ats_of_300_bytes_is_not_taken_for_one_of_44() -> None:
    assert ats_node(bytes([44]) + bytes(299)).error == "TL says 44 bytes, 300 here"


ATQB = [
    ("", "0 bytes, 12 or 13 expected", []),
    ("50112233", "4 bytes, 12 or 13 expected", ["50", "PUPI"]),
    ("511122334400000000000000", "12 bytes, 12 or 13 expected", None),
    ("501122334400000000008171", "", ["50", "PUPI", "application data", "protocol info"]),
    ("50112233440000000000817100", "", ["50", "PUPI", "application data", "protocol info"]),
]


@pytest.mark.parametrize(("raw", "error", "names"), ATQB, ids=[row[0] for row in ATQB])
def test_atqb(raw: str, error: str, names: list[str] | None) -> None:
    node = atqb_node(bytes.fromhex(raw))
    assert node.error == error
    assert names is None or [child.name for child in node.children] == names


PPS = [
    ("", "0 bytes, 3 announced", []),
    ("FF", "1 bytes, 3 announced", ["PPSS"]),
    ("FF109600", "PCK does not match", ["PPSS", "PPS0", "PPS1", "PCK"]),
    ("FE00FE", "PPSS is not FF", ["PPSS", "PPS0", "PCK"]),
    ("FF00FF00", "4 bytes, 3 announced", ["PPSS", "PPS0", "PCK", "more bytes"]),
    ("FF00FF", "", ["PPSS", "PPS0", "PCK"]),
    ("FF119678", "", ["PPSS", "PPS0", "PPS1", "PCK"]),
    ("FF710102038E", "", ["PPSS", "PPS0", "PPS1", "PPS2", "PPS3", "PCK"]),
]


@pytest.mark.parametrize(("raw", "error", "names"), PPS, ids=[row[0] for row in PPS])
def test_pps(raw: str, error: str, names: list[str]) -> None:
    node = pps_node(bytes.fromhex(raw))
    assert node.error == error
    assert [child.name for child in node.children] == names


ACTIVATION = [
    ("nothing", "atr", "", "ATR", "TS is neither 3B nor 3F; T0 is missing"),
    ("no ATS at all", "ats", "", "ATS", "TL says 0 bytes, 0 here"),
    ("an ATQB cut off", "ats", "5011", "ATQB", "2 bytes, 12 or 13 expected"),
    ("an ATR that begins as an ATQB", "atr", "5000", "ATR", "TS is neither 3B nor 3F"),
    ("an ATQB", "ats", "501122334400000000008171", "ATQB", ""),
    ("an ATS and its CRC", "ats", "0578807002A546", "ATS", ""),
    ("an ATR", "atr", "3B024142", "ATR", ""),
    ("a PPS", "pps", "FF00FF", "PPS", ""),
    ("a PPS cut off", "pps", "FF10", "PPS", "2 bytes, 4 announced"),
    ("half a synchronous card's answer", "atr", "A200", "ATR", "TS is neither 3B nor 3F"),
    ("a synchronous card's answer", "atr", "A2131091", "ATR", ""),
]


@pytest.mark.parametrize(
    ("kind", "raw", "name", "error"),
    [row[1:] for row in ACTIVATION],
    ids=[row[0] for row in ACTIVATION],
)
def test_activation(kind: FrameKind, raw: str, name: str, error: str) -> None:
    node = activation_node(kind, bytes.fromhex(raw))
    assert (node.name, node.error) == (name, error)


def test_a_storage_card_has_its_own_layout() -> None:
    """What readers make up for a MIFARE Classic 1K (PC/SC part 3, 3.1.3.2.3)."""
    node = atr_node(bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"))
    assert (node.note, node.error) == ("contactless memory card", "")
    parts = [(child.name, child.value.hex().upper()) for child in node.children[-2].children]
    assert parts[2:] == [
        ("RID of PC/SC", "A000000306"),
        ("standard", "03"),
        ("card name", "0001"),
        ("reserved", "00000000"),
    ]


def test_the_four_bytes_of_a_synchronous_card() -> None:
    node = atr_node(bytes.fromhex("A2131091"))
    assert (node.note, node.ref) == ("contact memory card", "ISO/IEC 7816-10")
    assert texts(node) == [("H1", "A2"), ("H2", "13"), ("H3", "10"), ("H4", "91")]


def check_tiling(node: Node) -> None:
    for parent in (node, *(inner for _, inner in node.walk())):
        if parent.children and parent.children[0].bits is not None:
            continue
        at = parent.body
        for child in parent.children:
            assert child.start == at
            at = child.stop
            assert isinstance(child.text, str)
        assert at == parent.stop or not parent.children


@given(LIKE)
def test_any_bytes(raw: bytes) -> None:
    for decode in (atr_node, ats_node, atqb_node, pps_node):
        node = decode(raw)
        assert node == decode(raw)
        assert (node.start, node.stop, node.raw) == (0, len(raw), raw)
        check_tiling(node)
        assert node.children or not raw


CONTACTLESS_PPS = [
    ("D0", [("PPSS", "start PPS; CID 0")]),
    ("D15273", [("PPSS", "start PPS; CID 1"), ("CRC", "5273")]),
    (
        "D11108",
        [
            ("PPSS", "start PPS; CID 1"),
            ("PPS0", "with PPS1"),
            ("PPS1", "from the card 424 kbit/s; to the card 106 kbit/s"),
        ],
    ),
    (
        "D0110A",
        [
            ("PPSS", "start PPS; CID 0"),
            ("PPS0", "with PPS1"),
            ("PPS1", "from the card 424 kbit/s; to the card 424 kbit/s"),
        ],
    ),
]


@pytest.mark.parametrize(("raw", "fields"), CONTACTLESS_PPS)
def test_pps_of_a_contactless_card(raw: str, fields: list[tuple[str, str]]) -> None:
    """ISO/IEC 14443-4, 5.3: PPS0 is 01 or 11, PPS1 holds DSI in bits 4 and 3, DRI in bits 2 and 1."""
    node = pps_node(bytes.fromhex(raw))
    assert (node.error, texts(node)) == ("", fields)


def test_the_tables_of_names_are_those_of_the_code() -> None:
    names = register("activation")["names"]
    for table, values in (("Fi", FI), ("Di", DI)):
        rows = [line.split(" ") for line in names[table].strip().split("\n")]
        assert [code for code, _ in rows] == [f"{number:X}" for number in range(16)]
        assert [0 if text == "reserved" else int(text) for _, text in rows][2:] == list(values)[2:]


def test_the_crc_behind_an_ats_without_a_format_byte_is_no_frame_size() -> None:
    assert ats_frame_size(bytes.fromhex("01A8BB")) == 32  # ISO/IEC 14443-4, 5.2.3: FSCI of 2
