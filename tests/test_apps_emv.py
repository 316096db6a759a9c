# SPDX-License-Identifier: MIT
"""EMV: one exchange down the whole road first, then data that does not fit its list, then what each command carries."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.apps import facts_of
from cardlib.apps.emv import Afl, Emv, decode, follow, parse_afl
from cardlib.core.apdu import command_nodes, parse_command, parse_response, response_nodes
from cardlib.core.blocks import Pair
from cardlib.core.model import Card, Context, Exchange, Frame, Node, Sender
from cardlib.core.transport import locate, pair
from cardlib.road.follow import after, before, reset
from cardlib.road.pipeline import read

AMEX = "A000000025010403"
LINES = [
    "00A404000E325041592E5359532E444446303100",
    "6F3B840E325041592E5359532E4444463031A529BF0C2661244F08A000000025010403"
    "5010416D65726963616E20457870726573738701019F280240049000",
    "00A4040008A00000002501040300",
    "6F2C8408A000000025010403A5205010416D65726963616E20457870726573739F38039F35018701015F2D02656E9000",
    "80A80000038301EA00",
    "80165D8008010100080202010804050010020300180303009000",
]


def exchanges(lines: Iterable[str]) -> list[Exchange]:
    """Alternating lines as exchanges, each with the context before it; frames and their units count from 0 and 1."""
    senders: itertools.cycle[Sender] = itertools.cycle(("reader", "card"))
    frames, at = [], 0
    for index, (line, sender) in enumerate(zip(lines, senders, strict=False)):
        frames.append(
            Frame(index, None, sender, "apdu", bytes.fromhex(line), index + 1, at, at + len(line))
        )
        at += len(line) + 1
    found: list[Exchange] = []
    card = reset(None)
    for item in pair(frames):
        assert isinstance(item, Pair)
        context = before(card, item.command)
        found.append(
            Exchange(
                len(found), 0, item.command, item.response, None, None, None, item.frames, context
            )
        )
        card = after(card, item.command, item.response)
    return found


def opened(exchange: Exchange) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The nodes of both halves, checked to tile them."""
    facts = facts_of(exchange.context)
    first, second = decode(exchange.context, exchange.command, exchange.response, facts)
    asked: tuple[Node, ...] = ()
    if exchange.command:
        asked = command_nodes(exchange.command, facts, first)
        check_tiling(asked, 0, len(exchange.command.raw))
    answered: tuple[Node, ...] = ()
    if exchange.response:
        answered = response_nodes(exchange.response, exchange.command, facts, second)
        check_tiling(answered, 0, len(exchange.response.raw))
    return asked, answered


def check_tiling(nodes: tuple[Node, ...], start: int, stop: int) -> None:
    at = start
    for node in nodes:
        assert node.start == at and isinstance(node.text, str)
        at = node.stop
        if node.children and node.children[0].bits is None:
            check_tiling(node.children, node.body, node.stop)
    assert at == stop


def test_one_exchange_down_the_road() -> None:
    """The table of the design, "One exchange on the road"."""
    last = exchanges(LINES)[-1]
    command, response, context = last.command, last.response, last.context
    assert command and response
    # transport
    assert (command.cla, command.ins, command.p1, command.p2) == (0x80, 0xA8, 0, 0)
    assert (command.data, command.le, command.pieces) == (
        bytes.fromhex("8301EA"),
        256,
        ((0, 0, 9),),
    )
    assert (response.sw, response.pieces, len(response.raw)) == (0x9000, ((1, 0, 26),), 26)
    assert [(f.unit, f.sender, f.data.hex().upper()) for f in last.frames] == [
        (5, "reader", "80A80000038301EA00"),
        (6, "card", "80165D8008010100080202010804050010020300180303009000"),
    ]
    # follow.before: the PDOL stood in the answer to SELECT
    assert context == Context(0, "emv", "selected", AMEX, "ADF", state=Emv(pdol=(("9F35", 1),)))
    # decode
    asked, answered = opened(last)
    (template,) = [node for node in asked if node.tag == "83"]
    assert (template.start, template.stop) == (5, 8)
    (terminal,) = template.children
    assert (terminal.tag, terminal.name, terminal.start, terminal.stop) == (
        "9F35",
        "Terminal type",
        7,
        8,
    )
    assert terminal.value == b"\xea"
    assert [(node.tag or node.name, node.start, node.stop) for node in answered] == [
        ("80", 0, 24),
        ("SW", 24, 26),
    ]
    aip, afl = answered[0].children
    assert (aip.tag, aip.start, aip.stop, aip.value) == ("82", 2, 4, b"\x5d\x80")
    assert (afl.tag, afl.start, afl.stop, len(afl.children)) == ("94", 4, 24, 5)
    # follow.after
    card = after(Card(None, (context,)), command, response)
    entries = (Afl(1, 1, 1, 0), Afl(1, 2, 2, 1), Afl(1, 4, 5, 0), Afl(2, 2, 3, 0), Afl(3, 3, 3, 0))
    state = Emv(pdol=(("9F35", 1),), aip=b"\x5d\x80", afl=entries)
    assert card.channels == (Context(0, "emv", "selected", AMEX, "ADF", state=state),)
    # locate
    assert locate(last, "response", 2, 4) == [(last.frames[1], 2, 4)]
    assert (last.frames[1].unit, last.frames[1].data[2:4]) == (6, b"\x5d\x80")


def test_the_directory_before_it() -> None:
    first, second, _ = exchanges(LINES)
    assert (first.context.how, second.context.application) == ("implicit", "emv")
    _, answered = opened(first)
    entry = ["A5/BF0C/61/4F", "A5/BF0C/61/50", "A5/BF0C/61/87", "A5/BF0C/61/9F28"]
    assert [path for path, _ in answered[0].walk()] == ["84", "A5", "A5/BF0C", "A5/BF0C/61", *entry]


VISA = "A0000000031010"
SELECTED = Context(0, "emv", "selected", VISA, "ADF")
ASSUMED = Context(0, "emv", "assumed")


def once(
    context: Context, asked: str, answered: str = "9000"
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """What the data fields of one exchange hold in that context."""
    command = parse_command(bytes.fromhex(asked)) if asked else None
    opened(Exchange(0, 0, command, parse_response(bytes.fromhex(answered)), context=context))
    return decode(context, command, parse_response(bytes.fromhex(answered)), facts_of(context))


def inside(context: Context, **state: object) -> Context:
    return Context(0, context.application, context.how, context.aid, context.df, state=Emv(**state))  # type: ignore[arg-type]


PDOL, CDOL1, CDOL2 = (("9F02", 6), ("9F1A", 2)), (("9C", 1), ("9A", 3)), (("8A", 2),)
AMOUNT = "000000001234"
LISTED: list[tuple[str, Context, str, list[tuple[str, str, str]]]] = [
    # GPO
    ("no template", inside(SELECTED, pdol=PDOL), "80A8000002EA0000", []),
    ("nothing in the template", inside(SELECTED, pdol=PDOL), "80A80000028300", []),
    (
        "too short for the PDOL",
        inside(SELECTED, pdol=PDOL),
        "80A80000098307" + AMOUNT + "07",
        [("9F02", AMOUNT, ""), ("9F1A", "07", "2 bytes asked for, 1 here")],
    ),
    (
        "too long for the PDOL",
        inside(SELECTED, pdol=PDOL),
        "80A800000B8309" + AMOUNT + "0756FF",
        [
            ("9F02", AMOUNT, ""),
            ("9F1A", "0756", ""),
            ("", "FF", "more bytes than the list asked for"),
        ],
    ),
    (
        "values where the FCI asked for none",
        inside(SELECTED, pdol=()),
        "80A80000038301EA",
        [("", "EA", "more bytes than the list asked for")],
    ),
    ("the PDOL is not known", ASSUMED, "80A80000038301EA", []),
    (
        "as the PDOL asks",
        inside(SELECTED, pdol=PDOL),
        "80A800000A8308" + AMOUNT + "0756",
        [("9F02", AMOUNT, ""), ("9F1A", "0756", "")],
    ),
    # GENERATE AC, INTERNAL AUTHENTICATE, COMPUTE CRYPTOGRAPHIC CHECKSUM
    ("CDOL1 is not known", SELECTED, "80AE80000401230101", []),
    (
        "too short for CDOL1",
        inside(SELECTED, cdol1=CDOL1, cdol2=CDOL2),
        "80AE8000020123",
        [("9C", "01", ""), ("9A", "23", "3 bytes asked for, 1 here")],
    ),
    (
        "CDOL1",
        inside(SELECTED, cdol1=CDOL1, cdol2=CDOL2),
        "80AE80000401230101",
        [("9C", "01", ""), ("9A", "230101", "")],
    ),
    (
        "CDOL2",
        inside(SELECTED, cdol1=CDOL1, cdol2=CDOL2, cryptograms=1),
        "80AE4000025933",
        [("8A", "5933", "")],
    ),
    (
        "the second GENERATE AC where the first is missing",
        inside(SELECTED, cdol1=CDOL1, cdol2=CDOL2),
        "80AE4000025933",
        [("8A", "5933", "")],
    ),
    (
        "neither list fits the second GENERATE AC",
        inside(SELECTED, cdol1=CDOL1, cdol2=CDOL2, cryptograms=1),
        "80AE400003593301",
        [("8A", "5933", ""), ("", "01", "more bytes than the list asked for")],
    ),
    ("DDOL is not known", SELECTED, "008800000411223344", []),
    (
        "DDOL",
        inside(SELECTED, ddol=(("9F37", 4),)),
        "008800000411223344",
        [("9F37", "11223344", "")],
    ),
    ("the default UDOL", SELECTED, "802A8E800411223344", [("9F6A", "11223344", "")]),
    (
        "UDOL",
        inside(SELECTED, udol=(("9F6A", 2), ("9F1A", 2))),
        "802A8E800411220756",
        [("9F6A", "1122", ""), ("9F1A", "0756", "")],
    ),
    # the others
    (
        "EXTERNAL AUTHENTICATE",
        SELECTED,
        "008200000A11223344556677883030",
        [("91", "11223344556677883030", "")],
    ),
    (
        "that of GlobalPlatform is another one",
        SELECTED,
        "848200001011223344556677881122334455667788",
        [],
    ),
    (
        "EXCHANGE RELAY RESISTANCE DATA",
        SELECTED,
        "80EA000004AABBCCDD",
        [("DF8301", "AABBCCDD", "")],
    ),
    ("a script command under secure messaging", SELECTED, "84DA9F5806010203AABBCC", []),
    ("class 81 is a channel: a value", SELECTED, "81DA9F58035A01AA", [("9F58", "5A01AA", "")]),
    ("class 81 is a channel: an object", SELECTED, "81DA9F58049F5801AA", [("9F58", "AA", "")]),
]


@pytest.mark.parametrize(
    ("context", "asked", "expected"), [row[1:] for row in LISTED], ids=[row[0] for row in LISTED]
)
def test_values_are_named_by_the_list_that_asked_for_them(
    context: Context, asked: str, expected: list[tuple[str, str, str]]
) -> None:
    nodes, _ = once(context, asked)
    if nodes and nodes[0].tag == "83":
        nodes = nodes[0].children
    assert [(node.tag, node.value.hex().upper(), node.error) for node in nodes] == expected


SECRETS = [
    ("0020008008241234FFFFFFFFFF", "99"),
    ("0020008108241234FFFFFFFFFF", "99"),
    ("0420008008241234FFFFFFFFFF", "99"),
    ("0020008808AABBCCDDAABBCCDD", ""),
    ("8424000208AABBCCDDAABBCCDD", ""),
    ("0024000208AABBCCDDAABBCCDD", ""),
]


@pytest.mark.parametrize(("asked", "tag"), SECRETS)
def test_a_pin_is_marked(asked: str, tag: str) -> None:
    (node,), _ = once(SELECTED, asked)
    assert (node.tag, node.fact.sensitive, node.start, node.stop) == (tag, "pin", 5, 13)


MACS = [
    # command of the issuer, what its data field is
    ("8416000003AABBCC", []),
    ("841600000A8E08112233445566AABB"[:30], []),
    ("8416000008AABBCCDDAABBCCDD", ["MAC"]),
    ("841E000004AABBCCDD", ["MAC"]),
    ("8C18000008AABBCCDDAABBCCDD", ["MAC"]),
    ("8424000008AABBCCDDAABBCCDD", ["MAC"]),
    ("8424000218" + "AA" * 24, ["enciphered PIN data, MAC"]),
]


@pytest.mark.parametrize(("asked", "names"), MACS)
def test_a_script_command_carries_a_mac(asked: str, names: list[str]) -> None:
    assert [node.name for node in once(SELECTED, asked)[0]] == names


AC = "8012" + "80" + "0001" + "1122334455667788" + "06010A03A00000"
LOG = inside(SELECTED, log_sfi=11, log_format=(("9A", 3), ("9F02", 6)))
ANSWERS: list[tuple[str, Context, str, str, list[str]]] = [
    # command, answer, paths below the answer
    ("format 1 cut off", SELECTED, "80A80000028300", "80", []),
    ("format 1 without a length", SELECTED, "80A80000028300", "8081", []),
    ("format 1, too long", SELECTED, "80A80000028300", "80045D80", ["80", "80/82"]),
    ("format 1, AIP cut off", SELECTED, "80A80000028300", "80015D", ["80", "80/82"]),
    (
        "format 1, rubbish behind",
        SELECTED,
        "80A80000028300",
        "80025D8070025A00",
        ["80", "80/82", "70", "70/5A"],
    ),
    ("an answer without a status word", SELECTED, "80AE800000", "00000000", []),
    ("no template", SELECTED, "80A80000028300", "DE0101", []),
    ("GPO format 1", SELECTED, "80A80000028300", "80065D8008010100", ["80", "80/82", "80/94"]),
    ("GPO format 1 without AFL", SELECTED, "80A80000028300", "80025D80", ["80", "80/82"]),
    (
        "GPO format 2",
        SELECTED,
        "80A80000028300",
        "770A82025D80940408010100",
        ["77", "77/82", "77/94"],
    ),
    (
        "GENERATE AC format 1",
        SELECTED,
        "80AE800000",
        AC,
        ["80", "80/9F27", "80/9F36", "80/9F26", "80/9F10"],
    ),
    (
        "GENERATE AC format 2",
        SELECTED,
        "80AE800000",
        "77089F2701809F360101",
        ["77", "77/9F27", "77/9F36"],
    ),
    (
        "INTERNAL AUTHENTICATE format 1",
        SELECTED,
        "008800000411223344",
        "8002AABB",
        ["80", "80/9F4B"],
    ),
    ("READ RECORD", SELECTED, "00B2010C00", "70045A021234", ["70", "70/5A"]),
    ("READ RECORD, damaged", SELECTED, "00B2010C00", "70065A021234", ["70", "70/5A"]),
    ("an answer alone", SELECTED, "", "70045A021234", ["70", "70/5A"]),
    ("log record", LOG, "00B2015C00", "230101000000001234", ["9A", "9F02"]),
    ("log record, too short", LOG, "00B2015C00", "2301010000", ["9A", "9F02"]),
    ("another file than the log", LOG, "00B2010C00", "230101000000001234", []),
    (
        "log record, file by convention",
        inside(SELECTED, log_format=(("9A", 3),)),
        "00B2015C00",
        "230101",
        ["9A"],
    ),
    (
        "a log without its format",
        inside(SELECTED, log_sfi=11),
        "00B2015C00",
        "230101000000001234",
        [],
    ),
    ("GET DATA", SELECTED, "80CA9F3600", "9F36020001", ["9F36"]),
    (
        "relay resistance",
        SELECTED,
        "80EA000004AABBCCDD",
        "800AAABBCCDD000100020003",
        ["80", "80/DF8302", "80/DF8303", "80/DF8304", "80/DF8305"],
    ),
    ("checksum", SELECTED, "802A8E800411223344", "77059F61020102", ["77", "77/9F61"]),
]


@pytest.mark.parametrize(
    ("context", "asked", "answered", "paths"),
    [row[1:] for row in ANSWERS],
    ids=[row[0] for row in ANSWERS],
)
def test_answers(context: Context, asked: str, answered: str, paths: list[str]) -> None:
    _, nodes = once(context, asked, answered if answered == "00000000" else answered + "9000")
    found = []
    for node in nodes:
        found += [node.tag, *(f"{node.tag}/{child.tag}" for child in node.children)]
    assert found == paths


def state_after(pairs: list[tuple[str, str]], context: Context = SELECTED) -> Context:
    for asked, answered in pairs:
        response = parse_response(bytes.fromhex(answered)) if answered != "-" else None
        context = follow(context, parse_command(bytes.fromhex(asked)), response)
    return context


SELECT = "00A4040007" + VISA
GPO, RECORD, GENERATE = "80A80000028300", "00B2010C00", "80AE800000"
STATES: list[tuple[str, list[tuple[str, str]], Emv | None]] = [
    ("SELECT refused", [(SELECT, "6A82")], None),
    ("FCI waits", [(SELECT, "6110")], Emv()),
    ("FCI without PDOL", [(SELECT, "6F028400" + "9000")], Emv(pdol=())),
    ("FCI damaged", [(SELECT, "6F1084009F38039F" + "9000")], Emv(pdol=())),
    ("PDOL", [(SELECT, "6F08A5069F38039F1A02" + "9000")], Emv(pdol=(("9F1A", 2),))),
    ("log file", [(SELECT, "6F0AA508BF0C059F4D020B0A" + "9000")], Emv(pdol=(), log_sfi=11)),
    ("log file of no length", [(SELECT, "6F05A5039F4D00" + "9000")], Emv(pdol=())),
    ("log format", [("80CA9F4F00", "9F4F029A03" + "9000")], Emv(log_format=(("9A", 3),))),
    ("log format not there", [("80CA9F4F00", "6A88")], None),
    ("another data object", [("80CA9F3600", "9F36020001" + "9000")], None),
    ("GPO refused", [(GPO, "6985")], None),
    ("GPO without an answer", [(SELECT, "6F0284009000"), (GPO, "-")], None),
    ("GENERATE AC without an answer", [(SELECT, "6F0284009000"), (GENERATE, "-")], None),
    ("GENERATE AC with half an answer", [(SELECT, "6F0284009000"), (GENERATE, "00000000")], None),
    ("READ RECORD without an answer", [(SELECT, "6F0284009000"), (RECORD, "-")], Emv(pdol=())),
    (
        "GPO format 1",
        [(GPO, "80065D8008010100" + "9000")],
        Emv(aip=b"\x5d\x80", afl=(Afl(1, 1, 1, 0),)),
    ),
    ("GPO format 1 cut off", [(GPO, "80065D80" + "9000")], Emv()),
    (
        "GPO format 2",
        [(GPO, "770A82025D80940410010301" + "9000")],
        Emv(aip=b"\x5d\x80", afl=(Afl(2, 1, 3, 1),)),
    ),
    (
        "record with lists",
        [(RECORD, "70128C029C018D028A029F49039F37049F69009000")],
        Emv(cdol1=(("9C", 1),), cdol2=(("8A", 2),), ddol=(("9F37", 4),), udol=()),
    ),
    ("record without lists", [(RECORD, "70045A0212349000")], None),
    ("no record template", [(RECORD, "8C029C019000")], None),
    ("two cryptograms", [(GENERATE, "77009000"), (GENERATE, "77009000")], Emv(cryptograms=2)),
    (
        "a refused cryptogram does not count",
        [(GENERATE, "77009000"), (GENERATE, "6985")],
        Emv(cryptograms=1),
    ),
    ("GPO begins again", [(GENERATE, "77009000"), (GPO, "80009000")], Emv()),
    ("SELECT begins again", [(GENERATE, "77009000"), (SELECT, "6A82")], Emv(cryptograms=1)),
    (
        "a file inside keeps what is known",
        [(SELECT, "6F0284009000"), ("00A40200020101", "9000")],
        Emv(pdol=()),
    ),
]


@pytest.mark.parametrize(
    ("pairs", "state"), [row[1:] for row in STATES], ids=[row[0] for row in STATES]
)
def test_state(pairs: list[tuple[str, str]], state: Emv | None) -> None:
    context = state_after(pairs)
    assert context.state == state
    assert (context.application, context.aid) == ("emv", VISA)


def test_gpo_after_a_lost_one_is_selected_again() -> None:
    lost = state_after([(GPO, "-")])
    assert (lost.how, lost.state) == ("unknown", None)
    assert state_after([(GPO, "80009000")], lost).how == "selected"
    assert state_after([(GPO, "80009000")], ASSUMED).how == "assumed"


AFLS = [
    ("", ()),
    ("080101", ()),
    ("08010100", (Afl(1, 1, 1, 0),)),
    ("0801010010020501FF", (Afl(1, 1, 1, 0), Afl(2, 2, 5, 1))),
]


@pytest.mark.parametrize(("value", "entries"), AFLS)
def test_parse_afl(value: str, entries: tuple[Afl, ...]) -> None:
    assert parse_afl(bytes.fromhex(value)) == entries


INS = st.sampled_from((0xA4, 0xA8, 0xAE, 0x82, 0x88, 0xB2, 0xCA, 0x20, 0x24, 0x2A, 0xEA, 0xDA))
BYTES = st.lists(
    st.sampled_from(bytes.fromhex("0001020470778082838494 9F385A8C8DA5FF")), max_size=40
).map(bytes)
DATA = BYTES | st.binary(max_size=40)
DOLS = st.none() | st.lists(
    st.tuples(st.sampled_from(("9F02", "9A", "70", "95")), st.integers(0, 8))
).map(tuple)
STATE = st.builds(Emv, DOLS, DOLS, DOLS, DOLS, DOLS, log_sfi=st.integers(0, 12), log_format=DOLS)


@given(
    st.sampled_from((0, 0x80, 0x84, 0x01)), INS, st.integers(0, 255), DATA, DATA, st.none() | STATE
)
def test_any_bytes(
    cla: int, ins: int, p2: int, asked: bytes, answered: bytes, state: Emv | None
) -> None:
    context = Context(0, "emv", "selected", VISA, VISA, state=state)
    command = parse_command(bytes((cla, ins, 0, p2, len(asked))) + asked)
    response = parse_response(answered + b"\x90\x00")
    exchange = Exchange(0, 0, command, response, context=context)
    assert opened(exchange) == opened(exchange)
    assert follow(context, command, response) == follow(context, command, response)
    opened(Exchange(0, 0, None, response, context=context))


# Facts of real captures, counted by hand


def values_named(exchange: Exchange, ins: int) -> int:
    """How many values of the data field a DOL has named."""
    if exchange.command is None or exchange.command.ins != ins:
        return 0
    nodes = decode(exchange.context, exchange.command, None, facts_of(exchange.context))[0]
    inner = nodes[0].children if ins == 0xA8 and nodes else nodes
    return sum(bool(node.tag) and not node.error for node in inner)


REAL = [
    # file, exchanges, values named in GPO and in the GENERATE ACs, what is known at the end
    ("amex-cda-in.txt", 11, [1, 8], "selected"),
    ("amex-msd-mobile.txt", 11, None, "selected"),
    ("contact-mastercard-in.txt", 16, [12, 5], None),
    ("contact-visa-in.txt", 16, [8, 9], None),
]


@pytest.mark.parametrize(("name", "count", "named", "how"), REAL, ids=[row[0] for row in REAL])
def test_real(
    real_captures: Path, name: str, count: int, named: list[int] | None, how: str | None
) -> None:
    found = read(real_captures / "emv-bertlv" / name).exchanges
    assert len(found) == count
    for exchange in found:
        opened(exchange)
    counts = [values_named(exchange, ins) for exchange in found for ins in (0xA8, 0xAE)]
    assert named is None or [number for number in counts if number] == named
    assert how is None or found[-1].context.how == how
