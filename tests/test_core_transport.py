# SPDX-License-Identifier: MIT
"""Frames to exchanges: what does not belong together first, then the joins, then where each byte came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core import transport
from cardlib.core.apdu import HIDDEN, LEFT_OUT, data_start
from cardlib.core.blocks import Item, Pair
from cardlib.core.model import Exchange, Frame, FrameKind, Problem, Sender, Session, Side
from cardlib.core.transport import locate, pair

SENDERS: dict[str, Sender] = {">": "reader", "<": "card", "=": "both", "?": "none"}


def frame(index: int, text: str, kind: FrameKind = "tpdu") -> Frame:
    """`>00A4...` is from the reader, `<9000` from the card, `=...` holds both; each lies ten bytes into its unit."""
    data = bytes.fromhex(text[1:])
    return Frame(index, index * 1000, SENDERS[text[0]], kind, data, index + 1, 10, 10 + len(data))


def paired(lines: str) -> list[Pair | Item]:
    return list(pair(frame(index, line) for index, line in enumerate(lines.split())))


def shown(item: Pair | Item) -> str:
    """`command/response` in hex, `-` where there is none; else what kind of item it is."""
    if isinstance(item, Pair):
        halves = (item.command, item.response)
        return "/".join(half.raw.hex().upper() if half else "-" for half in halves)
    return type(item).__name__ if not isinstance(item, Problem) else item.kind


GET = "00C00000"
JOINS = [
    ("nothing", "", ""),
    ("an answer alone", "<9000", "-/9000"),
    ("an empty answer alone", "<", "-/"),
    ("a command alone", ">00A40400", "00A40400/-"),
    (
        "two commands, two answers: no guess",
        ">00A40400 >00B20100 <9000 <6A82",
        "00A40400/- 00B20100/9000 -/6A82",
    ),
    ("the other way round", "<9000 >00A40400", "-/9000 00A40400/-"),
    ("doubled answers", ">00A40400 <9000 <9000", "00A40400/9000 -/9000"),
    ("a short command", ">00A404 <9000", "short command Frame -/9000"),
    ("an empty command is a mark that something is missing", "> <9000", "Frame -/9000"),
    ("an empty command between", ">00A40400 > <9000", "00A40400/- Frame -/9000"),
    ("a short unit of both", "=00A40400", "short command Frame"),
    ("nobody's frame between", ">00A40400 ?AA <9000", "00A40400/- Frame -/9000"),
    ("an empty answer", ">00A40400 <", "00A40400/"),
    ("one byte of answer", ">00A40400 <90", "00A40400/90"),
    ("61 without GET RESPONSE", ">00A40400 <6102 >00B20100 <9000", "00A40400/6102 00B20100/9000"),
    ("61 at the end", ">00A40400 <6102", "00A40400/6102"),
    (
        "GET RESPONSE without 61",
        f">00A40400 <9000 >{GET}02 <AABB9000",
        "00A40400/9000 00C0000002/AABB9000",
    ),
    (
        "GET RESPONSE of another channel",
        ">00A40400 <6102 >01C0000002 <AABB9000",
        "00A40400/6102 01C0000002/AABB9000",
    ),
    (
        "GET RESPONSE of a far channel",
        ">44A40400 <6102 >45C0000002 <AABB9000",
        "44A40400/6102 45C0000002/AABB9000",
    ),
    ("GET RESPONSE without an answer", f">00A40400 <6102 >{GET}02", "00A40400/6102"),
    ("GET RESPONSE refused", f">00A40400 <6102 >{GET}02 <6F00", "00A40400/6F00"),
    (
        "6C with another header",
        ">00B2010C00 <6C02 >00B2020C02 <AABB9000",
        "00B2010C00/6C02 00B2020C02/AABB9000",
    ),
    (
        "6C with another class",
        ">00B2010C00 <6C02 >80B2010C02 <AABB9000",
        "00B2010C00/6C02 80B2010C02/AABB9000",
    ),
    (
        "6C with other data",
        ">80A8000001AA00 <6C02 >80A8000001BB02 <9000",
        "80A8000001AA00/6C02 80A8000001BB02/9000",
    ),
    ("6C and the answer missing", ">00B2010C00 <6C02 >00B2010C02", "00B2010C02/-"),
    (
        "9F outside class A0",
        ">00A40400 <9F02 >00C0000002 <AABB9000",
        "00A40400/9F02 00C0000002/AABB9000",
    ),
    ("an answer alone ends what was open", ">00A40400 <6102 <9000", "00A40400/6102 -/9000"),
    (
        "a command alone ends what was open",
        f">00A40400 <6102 >00B20100 >{GET}02 <9000",
        "00A40400/6102 00B20100/- 00C0000002/9000",
    ),
    (
        "a chain that is not continued",
        ">10DB3FFF01AA <9000 >00A40400 <9000",
        "10DB3FFF01AA/9000 00A40400/9000",
    ),
    (
        "a chain with another header",
        ">10DB3FFF01AA <9000 >00DA3FFF01BB <9000",
        "10DB3FFF01AA/9000 00DA3FFF01BB/9000",
    ),
    (
        "a chain on another channel",
        ">10DB3FFF01AA <9000 >01DB3FFF01BB <9000",
        "10DB3FFF01AA/9000 01DB3FFF01BB/9000",
    ),
    (
        "a chain of a command without data",
        ">10DB3FFF <9000 >00DB3FFF01BB <9000",
        "10DB3FFF/9000 00DB3FFF01BB/9000",
    ),
    (
        "a chain with damage",
        ">10DB3FFF03AA <9000 >00DB3FFF01BB <9000",
        "10DB3FFF03AA/9000 00DB3FFF01BB/9000",
    ),
    (
        "a chain that ends in damage",
        ">10DB3FFF01AA <9000 >00DB3FFF03BB <9000",
        "10DB3FFF01AA/9000 00DB3FFF03BB/9000",
    ),
    (
        "a chain refused",
        ">10DB3FFF01AA <6884 >00DB3FFF01BB <9000",
        "10DB3FFF01AA/6884 00DB3FFF01BB/9000",
    ),
    (
        "a chain whose last answer is missing",
        ">10DB3FFF01AA <9000 >00DB3FFF01BB",
        "10DB3FFF01AABB/-",
    ),
    ("one pair", ">00A40400 <9000", "00A40400/9000"),
    ("61", f">00A4040002A000 <6102 >{GET}02 <AABB9000", "00A4040002A000/AABB9000"),
    ("61 with data", f">00B0000000 <AA6101 >{GET}01 <BB9000", "00B0000000/AABB9000"),
    ("61 twice", f">00B0000000 <6102 >{GET}02 <AABB6101 >{GET}01 <CC9000", "00B0000000/AABBCC9000"),
    ("61 and class 80", f">80A8000002830000 <6102 >{GET}02 <AABB9000", "80A8000002830000/AABB9000"),
    ("61 on channel 2", ">02A40400 <6102 >02C0000002 <AABB9000", "02A40400/AABB9000"),
    (
        "6C to GET RESPONSE",
        f">00A40400 <6100 >{GET}00 <6C02 >{GET}02 <AABB9000",
        "00A40400/AABB9000",
    ),
    ("6C", ">00B2010C00 <6C02 >00B2010C02 <AABB9000", "00B2010C02/AABB9000"),
    (
        "6C twice",
        ">00B2010C00 <6C02 >00B2010C02 <6C03 >00B2010C03 <AABBCC9000",
        "00B2010C03/AABBCC9000",
    ),
    (
        "6C, then 61",
        f">00B2010C00 <6C02 >00B2010C02 <AA6101 >{GET}01 <BB9000",
        "00B2010C02/AABB9000",
    ),
    ("9F in class A0", ">A0A40000023F00 <9F02 >A0C0000002 <AABB9000", "A0A40000023F00/AABB9000"),
    (
        "an answer of fewer than two bytes at the end",
        f">00A40400 <AA906101 >{GET}01 <00",
        "00A40400/AA9000",
    ),
    (
        "a chain",
        ">10DB3FFF01AA <9000 >10DB3FFF01BB <9000 >00DB3FFF01CC00 <DD9000",
        "10DB3FFF01AABBCC00/DD9000",
    ),
    (
        "a chain with Le in the middle",
        ">10DB3FFF01AA00 <9000 >00DB3FFF01BB <9000",
        "10DB3FFF01AABB/9000",
    ),
    (
        "a chain whose last command has no data",
        ">10DB3FFF01AA <9000 >00DB3FFF00 <9000",
        "10DB3FFF01AA00/9000",
    ),
    (
        "a chain whose last command has nothing",
        ">10DB3FFF01AA <9000 >00DB3FFF <9000",
        "10DB3FFF01AA/9000",
    ),
    (
        "a chain, extended",
        ">10DB3FFF000001AA <9000 >00DB3FFF000001BB <9000",
        "10DB3FFF000001AABB/9000",
    ),
    (
        "a chain, then 61",
        f">10DB3FFF01AA <9000 >00DB3FFF01BB <6101 >{GET}01 <CC9000",
        "10DB3FFF01AABB/CC9000",
    ),
    (
        "a chain, then 6C",
        ">10DB3FFF01AA <9000 >00DB3FFF01BB00 <6C01 >00DB3FFF01BB01 <CC9000",
        "10DB3FFF01AABB01/CC9000",
    ),
    ("a chain on channel 1", ">11DB3FFF01AA <9000 >01DB3FFF01BB <9000", "11DB3FFF01AABB/9000"),
]


def check_pair(item: Pair, frames: list[Frame]) -> None:
    """The pieces add up to the halves, and `locate` finds every byte where it is."""
    assert [f for f in frames if f in item.frames] == list(item.frames)
    exchange = Exchange(0, 0, item.command, item.response, frames=item.frames)
    sides: tuple[Side, ...] = ("command", "response")
    for side in sides:
        half = item.command if side == "command" else item.response
        raw = half.raw if half else b""
        found = locate(exchange, side, 0, len(raw))
        assert b"".join(part.data[a:b] for part, a, b in found) == raw
        for at in range(len(raw)):
            ((where, start, stop),) = locate(exchange, side, at, at + 1)
            assert where.data[start:stop] == raw[at : at + 1]


@pytest.mark.parametrize(
    ("lines", "expected"), [row[1:] for row in JOINS], ids=[row[0] for row in JOINS]
)
def test_pair(lines: str, expected: str) -> None:
    frames = [frame(index, line) for index, line in enumerate(lines.split())]
    items = list(pair(frames))
    assert " ".join(map(shown, items)) == expected
    kept = [
        f
        for item in items
        for f in (item.frames if isinstance(item, Pair) else [item])
        if isinstance(f, Frame)
    ]
    assert kept == frames
    for item in items:
        if isinstance(item, Pair):
            check_pair(item, frames)


def test_a_joined_exchange_has_the_times_of_its_ends() -> None:
    (item,) = paired(f">00A40400 <6102 >{GET}02 <AABB9000")
    assert isinstance(item, Pair)
    assert (item.start_ns, item.end_ns, len(item.frames)) == (0, 3000, 4)
    (item,) = paired(f">00A40400 <6102 >{GET}02")
    assert isinstance(item, Pair)
    assert (item.start_ns, item.end_ns, len(item.frames)) == (0, None, 3)


def test_a_status_word_is_never_put_together_from_two_answers() -> None:
    (item,) = paired(f">00A40400 <AA906101 >{GET}01 <00")
    assert isinstance(item, Pair) and item.response
    assert (item.response.data, item.response.sw) == (b"\xaa\x90\x00", None)
    assert item.response.error == "an answer of fewer than two bytes"


def test_a_chain_keeps_its_data_and_the_last_le() -> None:
    (item,) = paired(">10DB3FFF02AABB <9000 >00DB3FFF01CC05 <DD9000")
    assert isinstance(item, Pair) and item.command
    assert (item.command.data, item.command.le, item.command.cla) == (b"\xaa\xbb\xcc", 5, 0x10)
    assert item.command.pieces == ((0, 0, 7), (2, 5, 7))
    assert item.response and item.response.pieces == ((3, 0, 3),)


def test_pieces_of_the_same_shape_are_the_same_object() -> None:
    one, two = paired(">00A40400 <9000 >00A40401 <6A82")
    assert isinstance(one, Pair) and isinstance(two, Pair) and one.response and two.response
    assert one.response.pieces is two.response.pieces


GAP = Problem("damage", "", 2, 0, 1)
REMARK = Problem("remark", "", 2, 0, 1, gap=False)
EVENT = frame(1, "?", "event")
BETWEEN: list[tuple[str, Item, str]] = [
    ("a gap", GAP, "00A40400/- damage -/9000"),
    ("a remark", REMARK, "remark 00A40400/9000"),
    ("an event", EVENT, "00A40400/- Frame -/9000"),
    ("a session", Session(1), "00A40400/- Session -/9000"),
]


def test_what_is_complete_stands_before_a_remark_behind_it() -> None:
    assert [shown(item) for item in pair([frame(0, ">00A404"), REMARK])] == [
        "short command",
        "Frame",
        "remark",
    ]
    parts = [
        frame(at, text) for at, text in enumerate((">00A40400", "<6102", f">{GET}02", "<AABB9000"))
    ]
    assert [shown(item) for item in pair([*parts, REMARK])] == ["00A40400/AABB9000", "remark"]
    assert [shown(item) for item in pair([*parts[:2], REMARK, *parts[2:]])] == [
        "remark",
        "00A40400/AABB9000",
    ]


@pytest.mark.parametrize(
    ("item", "expected"), [row[1:] for row in BETWEEN], ids=[row[0] for row in BETWEEN]
)
def test_what_stands_between_command_and_answer(item: Item, expected: str) -> None:
    items = pair([frame(0, ">00A40400"), item, frame(2, "<9000")])
    assert " ".join(map(shown, items)) == expected


@pytest.mark.parametrize("item", [GAP, EVENT, Session(1)], ids=["gap", "event", "session"])
def test_what_stands_between_61_and_get_response(item: Item) -> None:
    items = pair(
        [frame(0, ">00A40400"), frame(1, "<6101"), item, frame(2, f">{GET}01"), frame(3, "<AA9000")]
    )
    assert " ".join(map(shown, items)) == f"00A40400/6101 {shown(item)} 00C0000001/AA9000"


def test_a_remark_that_hides_nothing_parts_nothing() -> None:
    items = pair(
        [
            frame(0, ">00A40400"),
            frame(1, "<6101"),
            REMARK,
            frame(2, f">{GET}01"),
            frame(3, "<AA9000"),
        ]
    )
    assert [shown(item) for item in items] == [REMARK.kind, "00A40400/AA9000"]


BOTH = [
    ("short: 5 bytes", "00B2010C10", "00B2010C10/-", ""),
    ("short: 6 bytes", "00A4040002A0", "00A4040002A0/-", "Lc says 2 bytes, 1 follow"),
    ("P3 over the data", "00A4040005A0009000", "00A4040005A000/9000", "Lc says 5 bytes, 2 follow"),
    ("P3 under the data", "00A4040001A0009000", "00A4040001A0/009000", ""),
    ("P3 of 0 before data", "00A4040000A0009000", "00A4040000/A0009000", ""),
    ("refused at the header", "00A40400026E00", "00A4040002/6E00", "Lc says 2 bytes, 0 follow"),
    ("unknown, only a status word", "B0560000026D00", "B056000002/6D00", ""),
    ("unknown, data and 9000: from the card", "B056000002AABB9000", "B056000002/AABB9000", ""),
    ("unknown, data and 61: to the card", "B056000002AABB6110", "B056000002AABB/6110", ""),
    ("unknown, data and 9F, P3 lies", "B056000005AABB9F10", "B056000005/AABB9F10", ""),
    ("case 1", "00440000009000", "00440000/9000", ""),
    ("case 2", "00B2010C02AABB9000", "00B2010C02/AABB9000", ""),
    ("case 2 without data", "00B2010C026A83", "00B2010C02/6A83", ""),
    ("case 2, fewer than asked for", "00B2010C05AABB9000", "00B2010C05/AABB9000", ""),
    ("case 3", "00200001081122334455667788" + "9000", "00200001081122334455667788/9000", ""),
    ("case 4", "00A4040002A0006102", "00A4040002A000/6102", ""),
    ("class A0", "A0A40000023F009F17", "A0A40000023F00/9F17", ""),
]


@pytest.mark.parametrize(
    ("data", "expected", "error"), [row[1:] for row in BOTH], ids=[row[0] for row in BOTH]
)
def test_a_unit_of_both(data: str, expected: str, error: str) -> None:
    unit = frame(0, "=" + data)
    (item,) = pair([unit])
    assert shown(item) == expected
    assert isinstance(item, Pair) and item.command
    assert (item.command.error, item.start_ns, item.end_ns) == (error, None, 0)
    check_pair(item, [unit])


def test_units_of_both_are_joined() -> None:
    (item,) = paired("=00A4040002A0006102 =00C0000002AABB9000")
    assert shown(item) == "00A4040002A000/AABB9000"
    (item,) = paired("=00B2010C006C02 =00B2010C02AABB9000")
    assert shown(item) == "00B2010C02/AABB9000"


def endless(parts: int) -> Iterable[Frame]:
    yield frame(0, ">00A40400")
    yield frame(1, "<AA61FF")
    for part in range(1, parts):
        yield frame(2 * part, f">{GET}FF")
        yield frame(2 * part + 1, "<AA61FF")


def test_an_endless_chain_ends_with_an_error() -> None:
    items = list(pair(endless(10_000)))
    pairs = [item for item in items if isinstance(item, Pair)]
    assert len(pairs) == len(items) == 3
    assert [len(item.frames) for item in pairs] == [8192, 8192, 3616]
    assert [f.index for item in pairs for f in item.frames] == list(range(20_000))
    errors = [item.response.error for item in pairs if item.response]
    assert errors == ["still asks for more after 4096 parts"] * 2 + [""]
    assert [len(item.response.data) for item in pairs if item.response] == [4096, 4096, 1808]


def test_a_chain_of_exactly_the_limit_is_no_error() -> None:
    frames = [*endless(transport.MAX_PARTS - 1), frame(0, f">{GET}01"), frame(1, "<BB9000")]
    (item,) = pair(frames)
    assert isinstance(item, Pair) and item.response
    assert (item.response.error, item.response.sw, len(item.response.data)) == (
        "",
        0x9000,
        transport.MAX_PARTS,
    )


def test_reassembly_stops_at_a_mebibyte() -> None:
    big = Frame(1, None, "card", "apdu", bytes(300_000) + b"\x61\x00", 1, 0, 300_002)
    ask = frame(0, f">{GET}00")
    pairs = [item for item in pair([ask, big] * 6) if isinstance(item, Pair)]
    assert [len(item.frames) for item in pairs] == [8, 4]
    assert [item.response.error for item in pairs if item.response] == [
        "still asks for more after 4 parts",
        "",
    ]


def test_an_endless_command_chain_is_cut_and_kept() -> None:
    lines = [frame(0, ">10DB3FFF01AA"), frame(1, "<9000")] * 5000
    pairs = [item for item in pair(lines) if isinstance(item, Pair)]
    assert [len(item.command.data) for item in pairs if item.command] == [4096, 904]
    assert [len(item.frames) for item in pairs] == [8192, 1808]
    assert [item.response.error for item in pairs if item.response] == [
        "still asks for more after 4096 parts",
        "",
    ]


def test_an_endless_6c_is_cut_and_kept() -> None:
    lines = [frame(0, ">00B2010C00"), frame(1, "<6C00")] * 5000
    pairs = [item for item in pair(lines) if isinstance(item, Pair)]
    assert [len(item.frames) for item in pairs] == [8192, 1808]
    assert {shown(item) for item in pairs} == {"00B2010C00/6C00"}


def test_locate_of_a_half_that_is_not_there() -> None:
    exchange = Exchange(0, 0, None, None)
    assert locate(exchange, "command", 0, 4) == locate(exchange, "response", 0, 2) == []


PIECES = [
    "00A40400",
    "00B2010C00",
    "00B2010C02",
    "00C0000002",
    "01C0000001",
    "10DB3FFF01AA",
    "00DB3FFF01BB00",
]
PIECES += [
    "A0A40000023F00",
    "A0C0000002",
    "9000",
    "6102",
    "6C02",
    "9F02",
    "AABB9000",
    "AA6101",
    "AA",
    "",
    "00000000",
]
FRAMES = st.lists(
    st.builds(
        lambda data, sender, kind: (data, sender, kind),
        st.sampled_from(PIECES).map(bytes.fromhex) | st.binary(max_size=12),
        st.sampled_from(("reader", "card", "reader", "card", "both", "none")),
        st.sampled_from(("tpdu", "apdu", "tpdu", "apdu", "event", "atr")),
    ),
    max_size=24,
)


LEFT_OUTS = {
    "command": (">00A4040002A0 <9000", {0}, (LEFT_OUT, None), ""),
    "Le is not known": (">00A4040002 <9000", {0}, (LEFT_OUT, None), ""),
    "answer": (">00B2010C00 <70109000", {1}, ("", 256), LEFT_OUT),
    "answer that goes on": (
        ">00B2010C00 <70106102 >00C0000002 <AABB9000",
        {1},
        ("", 256),
        LEFT_OUT,
    ),
}


@pytest.mark.parametrize("name", LEFT_OUTS)
def test_half_of_which_a_part_is_shown_is_not_complete(name: str) -> None:
    lines, cut, command, error = LEFT_OUTS[name]
    frames = [
        replace(frame(index, line), note=LEFT_OUT if index in cut else "")
        for index, line in enumerate(lines.split())
    ]
    [found] = pair(frames)
    assert isinstance(found, Pair) and found.command and found.response
    assert (found.command.error, found.command.le) == command
    assert found.response.error == error and found.response.sw == 0x9000


@given(FRAMES)
def test_any_frames(rows: list[tuple[bytes, Sender, FrameKind]]) -> None:
    frames = [
        Frame(i, i, sender, kind, data, i, 0, len(data))
        for i, (data, sender, kind) in enumerate(rows)
    ]
    items = list(pair(frames))
    kept = [
        f
        for item in items
        for f in (item.frames if isinstance(item, Pair) else [item])
        if isinstance(f, Frame)
    ]
    assert kept == frames
    for item in items:
        if isinstance(item, Pair):
            assert item.command is not None or item.response is not None
            check_pair(item, frames)


EARLIER = [
    (">A0B000000A <9F0A >A0C000000A <AABB9000", (0x9F0A,)),
    (">00A40400 <6102 >00C0000002 <AA6101 >00C0000001 <BB9000", (0x6102, 0x6101)),
    (">00B2010C00 <6C02 >00B2010C02 <AABB9000", (0x6C02,)),
    (">10D6000001AA <9000 >00D6000001BB <9000", ()),
    (">00A40400 <9000", ()),
]


@pytest.mark.parametrize(("lines", "expected"), EARLIER)
def test_status_words_that_asked_for_more_are_kept(lines: str, expected: tuple[int, ...]) -> None:
    [item] = paired(lines)
    assert isinstance(item, Pair) and item.response
    assert item.response.earlier == expected


PACE = (
    ">10860000027C0000 <7C0480021122{} >1086000002AABB00 <7C0282009000 >0086000002CCDD00 <7C009000"
)


def test_steps_of_an_authentication_that_each_answer_are_no_chain() -> None:
    found = paired(PACE.format("9000"))
    assert [shown(item) for item in found] == [
        "10860000027C0000/7C04800211229000",
        "1086000002AABB00/7C0282009000",
        "0086000002CCDD00/7C009000",
    ]
    fetched = paired(PACE.format("6102 >00C0000002 <33449000"))
    assert shown(fetched[0]) == "10860000027C0000/7C048002112233449000" and len(fetched) == 3


def hidden(index: int, text: str, note: str) -> Frame:
    return replace(frame(index, text), note=LEFT_OUT + note)


def test_how_many_bytes_a_log_left_out_stands_in_the_error() -> None:
    asked, told = hidden(0, ">00D60000", ""), hidden(1, "<9000", " (7 bytes)")
    [item] = pair([asked, told])
    assert isinstance(item, Pair) and item.command and item.response
    assert (item.command.error, item.command.data) == (LEFT_OUT, b"")
    assert (item.response.error, item.response.sw) == (f"{LEFT_OUT} (7 bytes)", 0x9000)


def test_an_answer_whose_data_were_left_out_continues_no_chain() -> None:
    asked, more = frame(0, ">1086000001AA"), [frame(2, ">0086000001BB"), frame(3, "<9000")]
    assert len(list(pair([asked, hidden(1, "<9000", " (5 bytes)"), *more]))) == 2
    assert len(list(pair([asked, frame(1, "<9000"), *more]))) == 1


def blanked(index: int, text: str) -> Frame:
    return replace(frame(index, text), note=f"{HIDDEN}: 1 bytes were blanked")


def test_hidden_bytes_break_no_chain_and_stay_marked() -> None:
    ends = [frame(2, ">0086000001BB"), frame(3, "<9000")]
    [item] = pair([blanked(0, ">1086000001AA"), frame(1, "<9000"), *ends])
    assert isinstance(item, Pair) and item.command
    assert (item.command.data, item.command.error[:6]) == (b"\xaa\xbb", HIDDEN)
    [item] = pair(
        [frame(0, ">1086000001AA"), frame(1, "<9000"), blanked(2, ">0086000001BB"), ends[1]]
    )
    assert isinstance(item, Pair) and item.command
    assert (item.command.data, item.command.error[:6]) == (b"\xaa\xbb", HIDDEN)
    damaged = replace(blanked(0, ">1086000002AA"), note="")
    assert len(list(pair([damaged, frame(1, "<9000"), *ends]))) == 2


def test_hidden_bytes_leave_an_extended_command_its_data() -> None:
    [item] = pair([blanked(0, ">00D60000000002AABB"), frame(1, "<9000")])
    assert isinstance(item, Pair) and item.command
    assert (item.command.data, data_start(item.command)) == (b"\xaa\xbb", 7)


def test_hidden_bytes_of_a_first_answer_stay_marked_in_the_joined_one() -> None:
    asked = [frame(0, ">00B0000000"), blanked(1, "<AA6101")]
    [item] = pair([*asked, frame(2, ">00C0000001"), frame(3, "<BB9000")])
    assert isinstance(item, Pair) and item.response
    assert (item.response.data, item.response.error[:6]) == (b"\xaa\xbb", HIDDEN)
