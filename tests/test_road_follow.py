# SPDX-License-Identifier: MIT
"""The causal fold, by hand: what a channel knows before each command, and what is given up when one is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.apps.emv import Emv
from cardlib.core.apdu import parse_command, parse_response
from cardlib.core.model import Card, Command, Context, Frame, Response
from cardlib.core.notices import CLOSED, FILE, OPENED
from cardlib.road.follow import after, before, begin, lost, noticed, reset

ATR = bytes.fromhex("3B00")
SELECT = "00A4040007A000000003101000"
FCI = "6F138407A0000000031010A5085003414243870101" + "9000"
PDOL_FCI = "6F118407A0000000031010A5069F38039F1A029000"
OTHER = "00A4040006A00000000002"


def half(pair: str) -> tuple[Command | None, Response | None]:
    asked, _, answered = pair.partition("/")
    command = None if asked == "-" else parse_command(bytes.fromhex(asked))
    return command, None if answered == "-" else parse_response(bytes.fromhex(answered))


def run(card: Card, pairs: Iterable[str]) -> Card:
    for pair in pairs:
        card = after(card, *half(pair))
    return card


def seen(card: Card, channel: int = 0) -> tuple[str, str, str, str, str]:
    context = before(
        card,
        parse_command(
            bytes((channel, 0xB0, 0, 0)) if channel < 4 else bytes((60 + channel, 0xB0, 0, 0))
        ),
    )
    assert context.channel == channel
    return context.how, context.application, context.aid, context.df, context.ef


VISA = "A0000000031010"
NOTHING = ("iso7816", "", "", "")
IN_VISA = ("selected", "emv", VISA, "ADF", "")
UNKNOWN_VISA = ("unknown", "emv", VISA, "", "")
CHANNEL_ONE = "0070000001/019000"

FOLDS: list[tuple[str, list[str], tuple[str, ...]]] = [
    # what is missing or refused
    ("an answer alone", [f"{SELECT}/{FCI}", "-/9000"], UNKNOWN_VISA),
    ("nothing at all", [f"{SELECT}/{FCI}", "-/-"], UNKNOWN_VISA),
    ("SELECT without an answer", [f"{SELECT}/{FCI}", f"{OTHER}/-"], UNKNOWN_VISA),
    ("SELECT with half an answer", [f"{SELECT}/{FCI}", f"{OTHER}/6F"], UNKNOWN_VISA),
    ("SELECT without an answer, nothing selected", [f"{SELECT}/-"], ("unknown", *NOTHING)),
    ("SELECT refused", [f"{SELECT}/{FCI}", f"{OTHER}/6A82"], IN_VISA),
    ("SELECT refused, nothing selected", [f"{SELECT}/6A82"], ("implicit", *NOTHING)),
    (
        "SELECT of an unknown AID",
        [f"{OTHER}/9000"],
        ("selected", "iso7816", "A00000000002", "ADF", ""),
    ),
    ("READ without an answer", [f"{SELECT}/{FCI}", "00B2010C00/-"], IN_VISA),
    (
        "GPO without an answer",
        [f"{SELECT}/{FCI}", "80A80000028300/-"],
        ("unknown", "emv", VISA, "ADF", ""),
    ),
    ("GPO refused", [f"{SELECT}/{FCI}", "80A80000028300/6985"], IN_VISA),
    (
        "GPO without a status word",
        [f"{SELECT}/{FCI}", "80A80000028300/00000000"],
        ("unknown", "emv", VISA, "ADF", ""),
    ),
    (
        "the reader's own commands do not reach the card",
        [f"{SELECT}/{FCI}", "FFA4040000/9000"],
        IN_VISA,
    ),
    (
        "the reader's own commands without an answer",
        [f"{SELECT}/{FCI}", "FF82000006FFFFFFFFFFFF/-"],
        IN_VISA,
    ),
    # what is selected
    ("SELECT by AID with FCI", [f"{SELECT}/{FCI}"], IN_VISA),
    ("the name in the FCI is the whole one", ["00A4040005A000000003/" + FCI], IN_VISA),
    ("SELECT by AID without FCI", [f"{SELECT}/9000"], IN_VISA),
    ("SELECT by AID, FCI waits", [f"{SELECT}/6115"], IN_VISA),
    ("SELECT of a blocked application", [f"{SELECT}/6283"], IN_VISA),
    (
        "a card manager under Visa's RID",
        ["00A4040000/6F0A8408A0000000030000009000"],
        ("selected", "globalplatform", "A000000003000000", "ADF", ""),
    ),
    (
        "PPSE",
        ["00A404000E325041592E5359532E444446303100/9000"],
        ("selected", "emv", "325041592E5359532E4444463031", "ADF", ""),
    ),
    (
        "SELECT of the MF leaves the application",
        [f"{SELECT}/{FCI}", "00A40000023F00/9000"],
        ("selected", "iso7816", "", "MF", ""),
    ),
    (
        "SELECT without data is the MF",
        [f"{SELECT}/{FCI}", "00A40000/9000"],
        ("selected", "iso7816", "", "MF", ""),
    ),
    (
        "SELECT of a DF with a name",
        ["00A40000027FFF/62098407A0000000871002" + "9000"],
        ("selected", "telecom", "A0000000871002", "ADF.USIM", ""),
    ),
    (
        "SELECT of a DF by its descriptor",
        ["00A40000027F10/620482027821" + "9000"],
        ("implicit", "iso7816", "", "7F10", ""),
    ),
    (
        "SELECT of an EF by its descriptor",
        ["00A40000022F01/620482024121" + "9000"],
        ("implicit", "iso7816", "", "", "2F01"),
    ),
    (
        "SELECT of an EF in a DF",
        ["00A40100025000/9000", "00A40200025001/9000"],
        ("implicit", "iso7816", "", "5000", "5001"),
    ),
    (
        "SELECT of a DF forgets the EF",
        ["00A40000022F01/9000", "00A40100025000/9000"],
        ("implicit", "iso7816", "", "5000", ""),
    ),
    (
        "SELECT of the file that only a UICC has, below the MF",
        ["00A40000022FE2/9000"],
        ("assumed", "telecom", "", "MF", "2FE2"),
    ),
    ("SELECT by path", ["00A40800047F106F3A/9000"], ("implicit", "iso7816", "", "MF/7F10", "6F3A")),
    (
        "SELECT by path of an EF below the MF",
        ["00A40800022F01/9000"],
        ("implicit", "iso7816", "", "MF", "2F01"),
    ),
    (
        "SELECT by path from the DF",
        ["00A40100025000/9000", "00A40900025001/9000"],
        ("implicit", "iso7816", "", "5000", "5001"),
    ),
    (
        "a UICC tells by its PIN status template",
        ["00A40000023F00/6205C603900170" + "9000"],
        ("selected", "telecom", "", "MF", ""),
    ),
    (
        "in a UICC the application stays when the MF is selected",
        ["00A4040007A0000000871002/9000", "00A4000C023F00/9000", "00A4080C047FFF6F07/9000"],
        ("selected", "telecom", "A0000000871002", "ADF.USIM", "6F07"),
    ),
    (
        "a UICC: a first byte of 5F is a DF",
        ["00A4040007A0000000871002/9000", "00A4000C025F3B/9000", "00A4000C024F20/9000"],
        ("selected", "telecom", "A0000000871002", "ADF.USIM/5F3B", "4F20"),
    ),
    (
        "a UICC: a short EF identifier makes its file the current one",
        ["00A4040007A0000000871002/9000", "00A4000C026F07/9000", "00B0870001/009000"],
        ("selected", "telecom", "A0000000871002", "ADF.USIM", "sfi 07"),
    ),
    (
        "SELECT of the parent DF",
        [f"{SELECT}/{FCI}", "00A40300/9000"],
        ("selected", "emv", VISA, "", ""),
    ),
    ("SELECT with a P1 nobody knows", ["00A45500023F00/9000"], ("implicit", *NOTHING)),
    (
        "SELECT of an EF keeps the application",
        [f"{SELECT}/{FCI}", "00A40200020101/9000"],
        ("selected", "emv", VISA, "ADF", "0101"),
    ),
    (
        "class A0: a first byte of 7F is a DF",
        ["A0A40000023F00/9F17", "A0A40000027F20/9F17", "A0A40000026F07/9F0F"],
        ("selected", "telecom", "", "MF/7F20", "6F07"),
    ),
    # EMV without a SELECT that was seen
    (
        "GPO where nothing was selected",
        ["80A80000028300/800A5D80080101009000"],
        ("assumed", "emv", "", "", ""),
    ),
    (
        "GPO again after a lost one",
        [f"{SELECT}/{FCI}", "80A80000028300/-", "80A80000028300/80025D809000"],
        IN_VISA,
    ),
    # channels
    (
        "another channel does not matter",
        [f"{SELECT}/{FCI}", CHANNEL_ONE, f"01{OTHER[2:]}/9000"],
        IN_VISA,
    ),
    ("closing another channel", [f"{SELECT}/{FCI}", CHANNEL_ONE, "00708001/9000"], IN_VISA),
    (
        "closing channel 0 is nothing that a card does",
        [f"{SELECT}/{FCI}", "00708000/9000"],
        UNKNOWN_VISA,
    ),
    ("opening without a number", [f"{SELECT}/{FCI}", "0070000001/9000"], IN_VISA),
    ("opening refused", [f"{SELECT}/{FCI}", "0070000001/6A81"], IN_VISA),
    ("class 80 has no MANAGE CHANNEL", [f"{SELECT}/{FCI}", "80708000/9000"], IN_VISA),
]


@pytest.mark.parametrize(
    ("pairs", "expected"), [row[1:] for row in FOLDS], ids=[row[0] for row in FOLDS]
)
def test_fold(pairs: list[str], expected: tuple[str, ...]) -> None:
    assert seen(run(reset(ATR), pairs)) == expected


CHANNELS: list[tuple[str, list[str], int, tuple[str, ...]]] = [
    ("a channel that was never opened", [], 1, ("unknown", *NOTHING)),
    ("opened by the card", [CHANNEL_ONE], 1, ("implicit", *NOTHING)),
    ("opened by number", ["00700002/9000"], 2, ("implicit", *NOTHING)),
    ("opened beyond the last", ["00700015/9000"], 1, ("unknown", *NOTHING)),
    ("opened far", ["00700013/9000"], 19, ("implicit", *NOTHING)),
    ("opened without an answer", [CHANNEL_ONE, "00700001/-"], 1, ("unknown", *NOTHING)),
    (
        "opened without an answer, number not known",
        [CHANNEL_ONE, "0070000001/-"],
        1,
        ("implicit", *NOTHING),
    ),
    (
        "opened from channel 0: as after a reset",
        [f"{SELECT}/{FCI}", CHANNEL_ONE],
        1,
        ("implicit", *NOTHING),
    ),
    (
        "opened from channel 1: what that has selected",
        [CHANNEL_ONE, f"01{SELECT[2:]}/{FCI}", "0170000001/029000"],
        2,
        IN_VISA,
    ),
    ("closed", [CHANNEL_ONE, "00708001/9000"], 1, ("unknown", *NOTHING)),
    ("closed by itself", [CHANNEL_ONE, "01708000/9000"], 1, ("unknown", *NOTHING)),
    ("closed: refused", [CHANNEL_ONE, "00708001/6881"], 1, ("implicit", *NOTHING)),
    (
        "closed without an answer",
        [CHANNEL_ONE, f"01{SELECT[2:]}/{FCI}", "00708001/-"],
        1,
        UNKNOWN_VISA,
    ),
    (
        "a MANAGE CHANNEL of another kind",
        [CHANNEL_ONE, f"01{SELECT[2:]}/{FCI}", "00704001/9000"],
        1,
        UNKNOWN_VISA,
    ),
    ("SELECT on a channel that was never opened", [f"02{SELECT[2:]}/{FCI}"], 2, IN_VISA),
    ("SELECT elsewhere", [CHANNEL_ONE, f"{SELECT}/{FCI}"], 1, ("implicit", *NOTHING)),
]


@pytest.mark.parametrize(
    ("pairs", "channel", "expected"),
    [row[1:] for row in CHANNELS],
    ids=[row[0] for row in CHANNELS],
)
def test_channel(pairs: list[str], channel: int, expected: tuple[str, ...]) -> None:
    assert seen(run(reset(ATR), pairs), channel) == expected


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A file of the caller."""
    path = tmp_path / "mine.toml"
    path.write_text("[DF7E]\nname = 'x'\n")
    return str(path)


def test_how_a_capture_begins(mine: str) -> None:
    assert seen(begin()) == ("assumed", *NOTHING)
    assert seen(reset(ATR)) == ("implicit", *NOTHING)
    assert (begin().atr, reset(ATR).atr) == (None, ATR)
    assert before(begin((mine,)), None).dictionaries == (mine,)
    assert before(reset(None, (mine,)), parse_command(b"\x02\xb0\x00\x00")).dictionaries == (mine,)


def test_an_answer_alone_is_read_on_channel_0() -> None:
    assert before(run(begin(), [f"{SELECT}/{FCI}"]), None).aid == VISA


def test_in_an_assumed_context_a_command_of_emv_alone_tells_the_application() -> None:
    context = before(begin(), parse_command(bytes.fromhex("80A80000028300")))
    assert (context.application, context.how, context.aid) == ("emv", "assumed", "")
    generate = before(begin(), parse_command(bytes.fromhex("80AE800000")))
    assert (generate.application, generate.how) == ("emv", "assumed")


CLAIMS = [
    # after SELECT of an application that nobody knows, or of one that is known
    (OTHER, "80AE800000", "iso7816", "selected"),
    (OTHER, "80A8000002EA00", "iso7816", "selected"),
    (OTHER, "A0A40000023F00", "iso7816", "selected"),
    (OTHER, "80A80000028300", "emv", "selected"),  # its data field tells it
    ("00A4040007A0000000871002", "80A80000028300", "telecom", "selected"),
    (SELECT, "8010000001FF", "emv", "selected"),
]


@pytest.mark.parametrize(("select", "command", "application", "how"), CLAIMS)
def test_a_command_tells_the_application_only_where_none_is_known(
    select: str, command: str, application: str, how: str
) -> None:
    context = before(run(begin(), [f"{select}/9000"]), parse_command(bytes.fromhex(command)))
    assert (context.application, context.how) == (application, how)


def test_gpo_without_an_answer_costs_the_state_but_not_the_name() -> None:
    card = run(reset(ATR), [f"{SELECT}/{PDOL_FCI}"])
    assert before(card, None).state == Emv(pdol=(("9F1A", 2),))
    card = run(card, ["80A80000028300/-"])
    context = before(card, None)
    assert (context.application, context.how, context.state) == ("emv", "unknown", None)


def test_select_refused_keeps_the_very_same_card() -> None:
    card = run(reset(ATR), [f"{SELECT}/{PDOL_FCI}"])
    assert run(card, [f"{OTHER}/6A82", "00B0000000/9000", "00200080/63C2"]) is card


def test_lost_keeps_names_and_gives_up_what_they_had(mine: str) -> None:
    pairs = [f"{SELECT}/{PDOL_FCI}", CHANNEL_ONE, "01A40000022F01/9000"]
    card = lost(run(reset(ATR, (mine,)), pairs))
    assert card.atr == ATR
    assert card.channels == (
        Context(0, "emv", "unknown", VISA, dictionaries=(mine,)),
        Context(1, "iso7816", "unknown", dictionaries=(mine,)),
    )
    assert lost(card) == card
    assert seen(run(card, [f"{SELECT}/{FCI}"])) == IN_VISA


def test_what_came_before_is_not_changed() -> None:
    first = reset(ATR)
    second = run(first, [f"{SELECT}/{FCI}"])
    assert first == reset(ATR) and second != first


INS = st.sampled_from((0xA4, 0x70, 0xA8, 0xAE, 0xB2, 0xCA, 0x82, 0x20, 0xB0, 0x2A, 0xEA))
ASKED = st.builds(
    lambda cla, ins, rest: bytes((cla, ins)) + rest,
    st.sampled_from((0x00, 0x01, 0x41, 0x80, 0x84, 0xA0, 0xFF)) | st.integers(0, 255),
    INS | st.integers(0, 255),
    st.binary(min_size=2, max_size=24)
    | st.binary(min_size=9, max_size=9).map(lambda tail: b"\x04\x00" + tail),
)
ANSWERED = st.builds(
    lambda data, sw: data + sw,
    st.sampled_from(
        (FCI[:-4], PDOL_FCI[:-4], "80065D8008010100", "77065A009F360100", "70028C00")
    ).map(bytes.fromhex)
    | st.binary(max_size=24),
    st.sampled_from((b"\x90\x00", b"\x61\x10", b"\x62\x83", b"\x6a\x82", b"\x00", b"")),
)
PAIRS = st.lists(st.tuples(st.none() | ASKED, st.none() | ANSWERED), max_size=12)


@given(PAIRS)
def test_any_pairs(pairs: list[tuple[bytes | None, bytes | None]]) -> None:
    card = reset(ATR)
    for asked, answered in pairs:
        command = parse_command(asked) if asked else None
        response = parse_response(answered) if answered is not None else None
        assert before(card, command) == before(card, command)
        following = after(card, command, response)
        assert following == after(card, command, response)
        numbers = [context.channel for context in following.channels]
        assert numbers[0] == 0 and len(set(numbers)) == len(numbers) <= 20
        card = following
    assert {context.how for context in lost(card).channels} == {"unknown"}


USIM_AID = "A0000000871002FF49FF0589"
NOTICES = [
    ([], ("assumed", "iso7816", "", "", "")),
    ([("nothing of the kind", "3F00")], ("assumed", "iso7816", "", "", "")),
    ([(OPENED, "")], ("assumed", "iso7816", "", "", "")),
    ([(FILE, "6F")], ("assumed", "iso7816", "", "", "")),
    ([(OPENED, USIM_AID)], ("selected", "telecom", USIM_AID, "ADF.USIM", "")),
    ([(OPENED, VISA)], IN_VISA),
    ([(OPENED, VISA), (CLOSED, "")], ("unknown", *NOTHING)),
    ([(FILE, "6F07")], ("assumed", "telecom", "", "ADF.USIM", "6F07")),
    ([(FILE, "2FE2"), (FILE, "6F07")], ("assumed", "telecom", "", "ADF.USIM", "6F07")),
    ([(FILE, "2FE2")], ("assumed", "telecom", "", "MF", "2FE2")),
    ([(FILE, "3F007F206F07")], ("assumed", "telecom", "", "MF/7F20", "6F07")),
    (
        [(OPENED, USIM_AID), (FILE, "3F007FFF5F3A4F30")],
        ("selected", "telecom", USIM_AID, "ADF.USIM/5F3A", "4F30"),
    ),
]


@pytest.mark.parametrize(("events", "expected"), NOTICES)
@pytest.mark.parametrize("channel", [0, 1, 19])
def test_what_a_log_says_of_a_channel_holds_for_every_class_byte(
    events: list[tuple[str, str]], expected: tuple[str, ...], channel: int
) -> None:
    card = begin()
    for note, data in events:
        event = Frame(0, None, "none", "event", bytes.fromhex(data), 1, 0, 0, note)
        card = noticed(card, event)
    if card == begin() and channel:
        expected = ("unknown", *expected[1:])
    assert seen(card, channel) == expected
