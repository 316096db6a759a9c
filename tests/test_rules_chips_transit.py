# SPDX-License-Identifier: MIT
"""Transport cards: blocks written without a key, a history that does not add up, sessions of Calypso."""

from __future__ import annotations

import pytest
from chip_captures import capture
from dialogue import judged

from cardlib import Capture, read_text

IDM = "0101020304050607"
POLLED = (">060000030100", f"<1401{IDM}100B4B428485D0FF0003")
RIDE, LOAD, DRINK = (
    "160100023464030A0301",
    "080200003462000000000000"[:20],
    "C746000034636340 2C3D".replace(" ", ""),
)


BLOCK = RIDE + "9A0600001800"


def felica(*halves: str) -> Capture:
    return capture("felica", *POLLED, *halves)


def write(answer: str) -> Capture:
    return felica(f">2008{IDM}010F09018000{BLOCK}", f"<0C09{IDM}{answer}")


def entry(what: str, balance: int, serial: int) -> str:
    return what + balance.to_bytes(2, "little").hex() + "00" + serial.to_bytes(2).hex() + "00"


def history(*entries: str) -> Capture:
    """Records that are read together, the newest first."""
    count = len(entries)
    blocks = "".join(f"80{number:02X}" for number in range(count))
    command = f"06{IDM}010F09{count:02X}{blocks}"
    answer = f"07{IDM}0000{count:02X}{''.join(entries)}"
    return felica(f">{len(command) // 2 + 1:02X}{command}", f"<{len(answer) // 2 + 1:02X}{answer}")


SELECTED = (
    "00A4040009315449432E49434131",
    "6F238409315449432E49434131A516BF0C13C708000000001122334453070A3C20051410019000",
)
ADDED = ("00E200400122", "9000")
CLOSED = ("008E8000041234567800", "9ABCDEF09000")
ABORTED = ("008E000000", "9000")
EVENT = ("00B201441D", "22" * 29 + "9000")


def opened(challenge: str = "C1C2C3C4", answer: str = "03049098003079009000") -> tuple[str, str]:
    return f"008A030104{challenge}00", answer


def calypso(*halves: str) -> Capture:
    """A dialogue with a Calypso card, commands and answers in turn."""
    lines = [f"{'><'[place % 2]} {half}" for place, half in enumerate(halves)]
    return read_text("\n".join(lines) + "\n")


CASES = {
    "M31": (write("0000"), write("FFA6"), f"2008{IDM}010F09018000{BLOCK}"),
    "M32": (
        history(entry(RIDE, 9690, 24), entry(DRINK, 1880, 23)),
        history(entry(RIDE, 1690, 24), entry(DRINK, 1880, 23)),
        f"{RIDE}DA2500001800",
    ),
    "M33": (
        calypso(*SELECTED, *ADDED),
        calypso(*SELECTED, *opened(), *ADDED, *CLOSED),
        ADDED[0],
    ),
    "M34": (
        calypso(*SELECTED, *opened(), *CLOSED, *opened(), *CLOSED),
        calypso(*SELECTED, *opened(), *CLOSED, *opened("C1C2C3C5"), *CLOSED),
        "C1C2C3C4",
    ),
    "M13": (
        calypso(*SELECTED, *EVENT),
        calypso(*SELECTED, *opened(), *EVENT, *CLOSED),
        EVENT[1],
    ),
}
# The honest capture that looks most like the fault.
NEAR = {
    "M32": (
        "the balance rises by a load",
        (history(entry(RIDE, 1690, 25), entry(LOAD, 1880, 24), entry(DRINK, 880, 23)),),
    ),
    "M34": (
        "a challenge that differs in one bit",
        (calypso(*SELECTED, *opened(), *CLOSED, *opened("C1C2C3C5"), *CLOSED),),
    ),
}


@pytest.mark.parametrize(
    ("rule", "half", "verdict"),
    [
        ("M31", felica(f">0608{IDM[:6]}"), "not-applicable"),
        (
            "M31",
            felica(
                f">2008{IDM}010F09018000{RIDE}",
            ),
            "not-applicable",
        ),
        ("M32", history(entry(RIDE, 9690, 24)), "not-applicable"),
        ("M32", history(entry(RIDE, 9690, 26), entry(DRINK, 1880, 23)), "not-applicable"),
        ("M32", history(entry(LOAD, 9690, 24), entry(DRINK, 1880, 23)), "not-applicable"),
        ("M33", calypso(*SELECTED, ADDED[0], "6982"), "not-applicable"),
        ("M33", calypso("94DC01440122", "9000"), "not-enough-data"),
        ("M33", calypso(*SELECTED, *opened(), *ABORTED, *ADDED), "fail"),
        ("M34", calypso(*SELECTED, *opened(), *CLOSED), "not-enough-data"),
        ("M34", calypso(*SELECTED, *opened(), *opened(answer="6985")), "not-enough-data"),
        ("M34", calypso(*SELECTED, *opened("C1"), *opened("C1")), "not-applicable"),
        ("M13", calypso(*SELECTED, "00B2013C1D", "22" * 29 + "9000"), "not-applicable"),
        ("M13", calypso(*SELECTED, *EVENT[:1], "6A83"), "not-applicable"),
        ("M13", calypso(EVENT[0].replace("00B2", "94B2"), EVENT[1]), "not-enough-data"),
    ],
)
def test_what_is_no_proof(rule: str, half: Capture, verdict: str) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == [verdict]
