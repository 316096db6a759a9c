# SPDX-License-Identifier: MIT
"""Pieces on the wire to pairs: what is missing, doubled or foreign first, then chaining, waiting and T=0 bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_core_transport import check_pair, shown
from test_formats_radio import crc_a

from cardlib.core import blocks
from cardlib.core.blocks import NO_CRC, Item, Pair, joined
from cardlib.core.model import Frame, FrameKind, Problem, Sender, Session

SENDERS: dict[str, Sender] = {">": "reader", "<": "card", "?": "card", "=": "both"}
KINDS: dict[str, FrameKind] = {"?": "rf"}
GAP = Problem("damaged frame", "", 1, 0, 0)
ATS = Frame(0, None, "card", "ats", b"\x02\x70", 1, 0, 2)
ATR_T0 = Frame(0, None, "card", "atr", bytes.fromhex("3B6500002063CB6F00"), 1, 0, 9)
ATR_T1 = Frame(0, None, "card", "atr", bytes.fromhex("3B800181"), 1, 0, 5)


def block(index: int, text: str) -> Frame:
    data, kind, end = bytes.fromhex(text[1:]), KINDS.get(text[0], "block"), index * 1000 + 300
    return Frame(
        index, index * 1000, SENDERS[text[0]], kind, data, index + 1, 0, len(data), NO_CRC, end
    )


def items(lines: str, first: Item) -> list[Item]:
    return [
        first,
        *(GAP if line == "!" else block(index, line) for index, line in enumerate(lines.split())),
    ]


def check(lines: str, wanted: str, first: Item = ATS) -> list[Pair]:
    """The pairs of some blocks, shown as in the tests of transport; every frame comes out once, pieces add up."""
    given = items(lines, first)
    found = list(joined(given))[1:]
    assert " ".join(shown(item) for item in found) == wanted
    frames = [item for item in given[1:] if isinstance(item, Frame)]
    held = [
        frame for item in found for frame in (item.frames if isinstance(item, Pair) else [item])
    ]
    assert sorted(f.index for f in held if isinstance(f, Frame)) == [
        frame.index for frame in frames
    ]
    pairs = [item for item in found if isinstance(item, Pair)]
    for pair in pairs:
        check_pair(pair, frames)
    return pairs


RADIO = [
    ("nothing", "", ""),
    ("no block at all", ">40 <99", "Frame Frame"),
    ("an empty frame", "> <", "Frame Frame"),
    ("an answer alone", "<029000", "-/9000"),
    ("a command alone", ">0200A40400", "00A40400/-"),
    (
        "two commands, the answer of the first is missing",
        ">0200A40400 >0300B20100 <036A82",
        "00A40400/- 00B20100/6A82",
    ),
    ("an acknowledgement alone", "<A2", "Frame"),
    ("one pair", ">0200A40400 <029000", "00A40400/9000"),
    (
        "the same command again is another one",
        ">0200A40400 <029000 >0300A40400 <039000",
        "00A40400/9000 00A40400/9000",
    ),
    ("CID", ">0A0100A40400 <0A019000", "00A40400/9000"),
    ("NAD", ">060000A40400 <06009000", "00A40400/9000"),
    ("CID and NAD", ">0E010000A40400 <0E01009000", "00A40400/9000"),
    ("chained by the card", ">0200B0000000 <12AABB >A3 <03CC9000", "00B0000000/AABBCC9000"),
    ("chained by the reader", ">1200A40400 <A2 >0302A000 <039000", "00A4040002A000/9000"),
    (
        "acknowledgements that the sniffer lost",
        ">1200A40400 >0302A000 <13AA <02BB9000",
        "00A4040002A000/AABB9000",
    ),
    ("more time", ">0200A40400 <F201 >F201 <029000", "00A40400/9000"),
    ("repeated by the reader", ">0200A40400 >B2 >0200A40400 <029000", "00A40400/9000"),
    (
        "repeated in a chain",
        ">1200A40400 >1200A40400 <A2 >0302A000 >0302A000 <039000",
        "00A4040002A000/9000",
    ),
    ("repeated by the card", ">0200A40400 <029000 >B2 <029000", "00A40400/9000"),
    (
        "repeated by the card in a chain",
        ">0200B0000000 <12AA >B3 <12AA >A3 <039000",
        "00B0000000/AA9000",
    ),
    ("deselected", ">0200A40400 <029000 >C2 <C2", "00A40400/9000 Frame Frame"),
    ("deselected before the answer", ">0200A40400 >C2", "00A40400/- Frame"),
    ("presence checks", ">0200A40400 <029000 >B2 <A3 >B2 <A3", "00A40400/9000"),
    ("empty blocks", ">02 <02", "Frame Frame"),
    ("a native command", ">0260 <02AF04010101 >03AF <0300", "60/AF04010101 AF/00"),
    ("one byte of status", ">025A010203 <0200", "5A010203/00"),
    (
        "native data, once it is known to be native",
        ">025A010203 <0200 >03BD0100000000 <0300AABB",
        "5A010203/00 BD0100000000/00AABB",
    ),
    ("a native code that nobody knows", ">0299 <0200", "Frame Frame"),
    ("a native code, and no status of its card", ">0260 <0255", "Frame Frame"),
    ("a command of MIFARE Plus", ">0270030000 <02900011", "70030000/900011"),
    ("a damaged frame between", ">0200A40400 ?02 >B2 <029000 ?02", "00A40400/9000 Frame"),
    ("damage between", ">0200A40400 ! <029000", "damaged frame 00A40400/9000"),
]


# By hand after the rules of ISO/IEC 14443-4, 7.5: the card's number is 1 at first and turns over with each I-block and
# with each R(ACK) that has another number; a number that is the card's own asks for its last block again.
NUMBERS = [
    ("an answer and the next command are lost", ">0200A40400 <036A82", "00A40400/- -/6A82"),
    ("the same, with CID", ">0A0100A40400 <0B016A82", "00A40400/- -/6A82"),
    (
        "and then all is well",
        ">0200A40400 <036A82 >0200B20100 <029000",
        "00A40400/- -/6A82 00B20100/9000",
    ),
    (
        "an answer repeated, then the next",
        ">0200A40400 <029000 >B2 <029000 >0300B2 <036A82",
        "00A40400/9000 Frame Frame",
    ),
    (
        "a command that the card did not get",
        ">0200A40400 >B2 <A3 >0200A40400 <029000",
        "00A40400/9000",
    ),
    (
        "a lost acknowledgement in a command",
        ">1200A40400 >B2 <A2 >0302A000 <039000",
        "00A4040002A000/9000",
    ),
    (
        "an end of a command that the card did not get",
        ">1200A40400 <A2 >0302A000 >B3 <A2 >0302A000 <039000",
        "00A4040002A000/9000",
    ),
    (
        "a lost acknowledgement in an answer",
        ">0200B0000000 <12AA >A3 >A3 <03CC9000",
        "00B0000000/AACC9000",
    ),
    (
        "a part of an answer that the reader did not get",
        ">0200B0000000 <12AA >A3 <03CC >A3 <03CC",
        "00B0000000/AACC",
    ),
    (
        "an acknowledgement, lost with the end of its command",
        ">1200A40400 <039000",
        "00A40400/9000",
    ),
]


@pytest.mark.parametrize(
    ("lines", "wanted"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS]
)
def test_numbers_of_blocks_tell_what_belongs_together(lines: str, wanted: str) -> None:
    check(lines, wanted)


@pytest.mark.parametrize(
    ("lines", "wanted"), [row[1:] for row in RADIO], ids=[row[0] for row in RADIO]
)
def test_blocks_of_iso_14443(lines: str, wanted: str) -> None:
    check(lines, wanted)


MISSING = [
    ("answer: a block is lost", ">0200B0000000 <12AA <12BB <039000", "", "a block is missing"),
    (
        "answer: damage hides whether it is a repetition",
        ">0200B0000000 <12AA ! <12AA <039000",
        "",
        "a block is missing",
    ),
    ("answer: the end is lost", ">0200B0000000 <12AA >A3", "", "its last block is missing"),
    ("command: a block is lost", ">1200A40400 >1202A000 <029000", "a block is missing", ""),
    ("command: the end is lost", ">1200A40400 <A2 <039000", "its last block is missing", ""),
]


@pytest.mark.parametrize("row", MISSING, ids=[row[0] for row in MISSING])
def test_missing_block_is_said(row: tuple[str, str, str, str]) -> None:
    (pair,) = (item for item in joined(items(row[1], ATS)) if isinstance(item, Pair))
    assert (pair.command and pair.response is None) or pair.response
    found = [half.error if half else "" for half in (pair.command, pair.response)]
    assert [wanted in said for wanted, said in zip(row[2:], found, strict=True)] == [True, True], (
        found
    )


def test_native_blocks_are_named_once() -> None:
    first = list(joined(items(">0299 <02AF0401", ATS)))[1:]
    assert [frame.note for frame in first if isinstance(frame, Frame)] == [
        f"{NO_CRC}; native command 99",
        f"{NO_CRC}; native answer, status AF",
    ]
    assert list(joined([ATS, *first]))[1:] == first  # type: ignore[list-item]


def test_last_two_bytes_are_the_crc_unless_it_was_left_out() -> None:
    asked, told = (crc_a(bytes.fromhex(text)).hex() for text in ("0200A40400", "029000"))
    given = [
        replace(one, note="") for one in items(f">{asked} <{told}", ATS) if isinstance(one, Frame)
    ]
    assert [shown(item) for item in joined(given)][1:] == ["00A40400/9000"]
    given[2] = replace(given[2], data=b"\2\x91" + given[2].data[2:])
    assert [shown(item) for item in joined(given)][1:] == [blocks.WRONG_CHECK, "00A40400/-"]


def test_time_of_an_answer_is_from_the_end_of_the_command_on_the_air() -> None:
    lines = ">1200A40400 <A2 >0302A000 <F201 >F201 <13AA >A2 <029000"
    head = Session(0, None, "contactless", "rf")
    (on_air,) = (item for item in joined([head, *items(lines, ATS)]) if isinstance(item, Pair))
    assert (on_air.start_ns, on_air.end_ns) == (2300, 5000)
    (pair,) = check(lines, "00A4040002A000/AA9000")
    assert (pair.start_ns, pair.end_ns) == (2000, 5000)


def t1(lines: str) -> str:
    """Blocks of T=1 with their LRC behind."""
    rows = [(line[0], bytes.fromhex(line[1:])) for line in lines.split()]
    return " ".join(f"{mark}{data.hex()}{reduce(xor, data):02x}" for mark, data in rows)


CONTACT = [
    ("one pair", ">00000400A40400 <0000029000", "00A40400/9000"),
    (
        "size of the field",
        ">00C101FE <00E101FE >00000400A40400 <0000029000",
        "Frame Frame 00A40400/9000",
    ),
    ("chained by the card", ">00000500B0000000 <002001AA >009000 <0040029000", "00B0000000/AA9000"),
    (
        "chained by the reader",
        ">00200400A40400 <009000 >00400302A000 <0000029000",
        "00A4040002A000/9000",
    ),
    ("more time", ">00000400A40400 <00C30101 >00E30101 <0000029000", "00A40400/9000"),
    ("repeated", ">00000400A40400 <008200 >00000400A40400 <0000029000", "00A40400/9000"),
    (
        "next one",
        ">00000400A40400 <0000029000 >00400400B20100 <0040026A82",
        "00A40400/9000 00B20100/6A82",
    ),
    ("lengths that lie", ">0000FF00A40400 <0000000000009000", "Frame Frame"),
]


@pytest.mark.parametrize(
    ("lines", "wanted"), [row[1:] for row in CONTACT], ids=[row[0] for row in CONTACT]
)
def test_blocks_of_t1(lines: str, wanted: str) -> None:
    check(t1(lines), wanted, ATR_T1)


def crc(data: bytes) -> int:
    """ISO/IEC 13239, bit by bit, not complemented."""
    value = 0xFFFF
    for byte in data:
        for bit in range(8):
            odd = (value ^ byte >> bit) & 1
            value = value >> 1 ^ 0x8408 * odd
    return value


CRCS = {
    "complemented": lambda data: data + (crc(data) ^ 0xFFFF).to_bytes(2, "little"),
    "plain": lambda data: data + crc(data).to_bytes(2, "big"),
}


@pytest.mark.parametrize("name", CRCS)
def test_blocks_of_t1_may_end_in_a_crc(name: str) -> None:
    assert (crc(b"123456789"), crc(b"123456789") ^ 0xFFFF) == (
        0x6F91,
        0x906E,
    )  # MCRF4XX and X-25 in public catalogues
    asked, told = (CRCS[name](bytes.fromhex(text)) for text in ("00000500B2010C00", "0000026A83"))
    frames = [block(0, f">{asked.hex()}"), block(1, f"<{told.hex()}")]
    for first in ([ATR_T1], []):
        [pair] = [item for item in joined([*first, *frames]) if isinstance(item, Pair)]
        assert pair.command and pair.response
        assert (pair.command.raw.hex(), pair.response.raw.hex()) == ("00b2010c00", "6a83")
    for at in range(3, len(asked)):
        changed = asked[:at] + bytes([asked[at] ^ 4]) + asked[at + 1 :]
        found = list(joined([ATR_T1, block(0, f">{changed.hex()}"), frames[1]]))
        assert [item.kind for item in found if isinstance(item, Problem)] == [blocks.WRONG_CHECK], (
            at
        )


def test_wrong_check_byte_of_t1_is_a_problem_and_the_block_is_not_believed() -> None:
    lines = t1(">00000400A40400 <0000029000 >008000 <0000029000")
    for at, wanted in ((0, "wrong check sum Frame -/9000"), (1, "wrong check sum 00A40400/9000")):
        words = lines.split()
        words[at] = words[at][:-2] + f"{int(words[at][-2:], 16) ^ 0x11:02x}"
        found = list(joined(items(" ".join(words), ATR_T1)))[1:]
        assert " ".join(shown(item) for item in found).startswith(wanted), at


BYTES = [
    ("one pair", ">00A4000000 <9000", "00A4000000/9000"),
    ("command data", ">00A4000002 <A4 >3F00 <9F <17", "00A40000023F00/9F17"),
    ("command data in one piece with the header", ">00A40000023F00 <A49000", "00A40000023F00/9000"),
    ("answer data", ">00B0000002 <B0 <AABB <9000", "00B0000002/AABB9000"),
    ("all in one", ">00B0000002 <60B0AABB9000", "00B0000002/AABB9000"),
    ("byte by byte", ">00 >B0 >00 >00 >02 <4F <AA <B0 <BB <90 <00", "00B0000002/AABB9000"),
    ("one by one to the card", ">00A4000002 <5B >3F <60 <5B >00 <9000", "00A40000023F00/9000"),
    (
        "wrong length",
        ">00B0000000 <6C16 >00B0000016 <B0" + "AA" * 22 + " <9000",
        f"00B0000000/6C16 00B0000016/{'AA' * 22}9000",
    ),
    ("no answer", ">00A4000000 >00B2010C00 <6A83", "00A4000000/- 00B2010C00/6A83"),
    ("cut off", ">00B0000002 <B0AA", "00B0000002/AA"),
    (
        "damage in an answer",
        ">00B0000002 <B0 ! >00A4000000 <9000",
        "damaged frame 00B0000002/- 00A4000000/9000",
    ),
    ("a byte that is no procedure byte", ">00A4000000 <11", "00A4000000/-"),
    ("an answer alone", "<9000", "-/9000"),
]


@pytest.mark.parametrize(
    ("lines", "wanted"), [row[1:] for row in BYTES], ids=[row[0] for row in BYTES]
)
def test_bytes_of_t0(lines: str, wanted: str) -> None:
    check(lines, wanted, ATR_T0)


def test_pps_changes_the_protocol() -> None:
    pps = Frame(9, None, "card", "pps", bytes.fromhex("FF00FF"), 1, 0, 3)
    found = list(joined([ATR_T1, pps, *items(">00A4000000 <9000", pps)[1:]]))
    assert [shown(item) for item in found[2:]] == ["00A4000000/9000"]


def test_endless_chain_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_PARTS", 10)
    found = [
        item
        for item in joined(items(">0200B0000000 " + "<12AA <13AA " * 20, ATS))
        if isinstance(item, Pair)
    ]
    assert found[0].response and found[0].response.error == "still not complete after 10 blocks"
    assert all(len(pair.frames) <= 10 for pair in found)


PIECES = [
    "0200A40400",
    "0300B0",
    "12AABB",
    "13CC",
    "029000",
    "A2",
    "B3",
    "F201",
    "C2",
    "00",
    "",
    "E0",
    "60",
    "B09000",
]


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from("<>?="), st.sampled_from(PIECES) | st.binary(max_size=8).map(bytes.hex)
        )
    ),
    first=st.sampled_from([ATS, ATR_T0, ATR_T1, GAP]),
)
def test_any_pieces(lines: list[tuple[str, str]], first: Item) -> None:
    frames = [block(index, "".join(line)) for index, line in enumerate(lines)]
    found: Iterable[Pair | Item] = list(joined([first, *frames]))
    held = [
        f
        for item in found
        for f in (item.frames if isinstance(item, Pair) else [item])
        if f is not first
    ]
    assert sorted(f.index for f in held if isinstance(f, Frame)) == list(range(len(frames)))
    for item in found:
        if isinstance(item, Pair):
            check_pair(item, frames)
