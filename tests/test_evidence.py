# SPDX-License-Identifier: MIT
"""What is said of a card rests on evidence: for each kind a log, what its tree must show, and what it must not say.

`a|b` in shown: either will do. Case does not matter. Bytes and names are made up.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import cardlib
from cardlib.show.text import text


@dataclass(frozen=True)
class Case:
    """A log, and texts in its printed tree."""

    name: str
    log: str
    shown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


PAYMENT = """
> 00A404000E325041592E5359532E444446303100
< 6F29840E325041592E5359532E4444463031A517BF0C1461124F07{aid}50054B4152544F8701019000
> 00A4040007{aid}00
< 6F1B8407{aid}A51050054B4152544F9F38069F02069F37049000
> 80A800000C830A00000000250011223344 00
< 770A8202180094040801010090 00
> 00B2010C00
< 701A5F24033012318C069F02069F37048E0A00000000000000001F039000
> 80AE80000A0000000025001122334400
< 77229F2701809F360200079F2608A1A2A3A4A5A6A7A89F10090102030405060708099000
"""
PAID = ("GET PROCESSING OPTIONS", "GENERATE AC", "Card risk management data object list 1", "ARQC")
NOT_PAID = ("unknown command", "proprietary 80", "no payment in this capture")


def payment(aid: str) -> str:
    return PAYMENT.format(aid=aid)


CASES = [
    # recognition
    Case("a scheme that no row of ours has", payment("A0000009510001"), PAID, NOT_PAID),
    Case("a provider that nobody registered", payment("F0000000990001"), PAID, NOT_PAID),
    Case(
        "an application under the number of a scheme, without evidence of a payment",
        "> 00A4040007F0000000990002\n< 6F0B8407F0000000990002A5009000\n> 80A8000002EA01\n< 6D00\n",
        ("proprietary 80 A8",),
        ("GET PROCESSING OPTIONS", "emv"),
    ),
    Case(
        "a log that begins with a record",
        "> 00B2011400\n< 700D8C069F02069F37045F24033012319000\n> 80AE40000A000000007700AABBCCDD\n< 6985\n",
        ("Card risk management data object list 1", "9F37", "GENERATE AC"),
        ("proprietary tag", "proprietary 80"),
    ),
    Case(
        "a purse, whose numbers begin like a payment card's",
        "> 00A4040009A00000000386980701\n< 9000\n> 805C000204\n< 000009C49000\n",
        ("25.00",),
        ("GET PROCESSING OPTIONS", "proprietary 80"),
    ),
    # name
    Case(
        "80 E4 of a card that nobody knows",
        "> 00A4040006F00000000001\n< 9000\n> 80E400000A\n< 000102030405060708099000\n",
        ("proprietary 80 E4",),
        ("DELETE",),
    ),
    Case(
        "80 E4 of a card manager",
        "> 00A4040008A000000151000000\n< 9000\n> 80E40000074F05F001020304\n< 009000\n",
        ("DELETE",),
        ("proprietary 80 E4",),
    ),
    Case(
        "80 10 and 80 12 of an authenticator",
        "> 00A4040008A0000006472F0001\n< 4649444F5F325F309000\n> 80100000010400\n< 009000\n> 8012010000\n< 6D00\n",
        ("NFCCTAP|CTAP",),
        ("TERMINAL PROFILE", "FETCH"),
    ),
    Case("80 12 of a SIM", "> 8012000005\n< D0039000009000\n", ("FETCH",), ("proprietary 80",)),
    Case(
        "00 A4 of one-time passwords is no SELECT",
        "> 00A4040007A0000005272101\n< 79030405069000\n> 00A400010A74080000000003AB12CD\n< 9000\n",
        ("CALCULATE ALL", "4.5.6"),
        ("file identifier", "padding", "last occurrence"),
    ),
    Case(
        "F2 of MSE is a whole value", "> 0022F203\n< 9000\n", ("store",), ("secure messaging in",)
    ),
    # tag
    Case(
        "a text is no template",
        "> 00A4040006D27600012401\n< 9000\n> 00CA5F5000\n< 687474703A2F2F612E6F72672F6B9000\n",
        ("Uniform resource locator|URL",),
        ("declared", "template", "unknown tag"),
    ),
    Case(
        "a record that only begins like TLV",
        "> 00A4040006F00000000002\n< 9000\n> 00B2010400\n< 6F225001020304000011229000\n",
        ("data  6F22",),
        ("declared", "File control information"),
    ),
    Case(
        "84 in an access rule is no DF name",
        "> 00A40004022F05\n< 62178202412183022F05AB0D840132A406830101950108970080 0190009000\n",
        ("Instruction that the rule is about", "file identifier"),
        ("DF name", "selected:"),
    ),
    Case(
        "C1 of one application is not C1 of another",
        "> 00A4040006D27600012401\n< 9000\n> 00CA006E00\n< 6E08C1060108000020009000\n",
        ("algorithm attributes", "2048"),
        ("Sequence counter",),
    ),
    # status
    Case(
        "a status word of no standard",
        "> 00B0000000\n< 9402\n",
        ("unknown status word",),
        ("range", "counter"),
    ),
    Case(
        "94 02 of a purse",
        "> 00A4040009A00000000386980701\n< 9000\n> 805001020B0100000001001122334455\n< 9402\n",
        ("counter",),
        ("invalid address", "unknown status word"),
    ),
    Case(
        "91 7E of a transport card",
        "> 905A000003563F4000\n< 919D\n> 90BD00000701000000040000 00\n< 917E\n",
        ("permission denied", "length error"),
        ("proactive command", "normal processing"),
    ),
    Case(
        "91 0B of a SIM",
        "> 8012000005\n< D0039000 00910B\n",
        ("proactive command of 11 bytes waits",),
    ),
    Case(
        "a PIN that is only asked about",
        "> 00200001\n< 63C2\n",
        ("not verified; tries left: 2",),
        ("wrong",),
    ),
    # sm
    Case(
        "a protected SELECT",
        "> 0CA4020C15870901A1B2C3D4E5F607188E081021324354657687 00\n< 990290008E0899AABBCCDDEEFF009000\n",
        ("cryptogram", "A1B2C3D4E5F60718", "1021324354657687", "99AABBCCDDEEFF00"),
        ("file identifier", "EF."),
    ),
    Case(
        "class 94 is no secure messaging",
        "> 94B2010C1D\n< 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCC9000\n",
        ("READ RECORD",),
        ("secure messaging", "unknown command"),
    ),
]


def printed(log: str) -> str:
    """The capture with everything that is in it, as a tree, as `show --nodes` prints it."""
    lines = [line[:2] + line[2:].replace(" ", "") for line in log.strip().splitlines()]
    capture = cardlib.read_text("\n".join(lines) + "\n")
    assert capture.exchanges and not capture.problems
    trees = "\n".join(text(exchange, True) for exchange in capture.exchanges)
    return f"{text(capture, True)}\n{trees}".lower()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_evidence(case: Case) -> None:
    tree = printed(case.log)
    for wanted in case.shown:
        assert any(choice.lower() in tree for choice in wanted.split("|")), (
            f"{wanted!r} not in\n{tree}"
        )
    for unwanted in case.absent:
        assert unwanted.lower() not in tree, f"{unwanted!r} in\n{tree}"
